"""The file of keys beside a store: made once, whole or not at all."""

import os
from pathlib import Path

import pytest

from powens_flow.config import Configuration
from powens_flow.config.keys import keyring


def names_in(folder: Path) -> list[str]:
    return sorted(one.name for one in folder.iterdir())


def test_the_file_alone_is_left(tmp_path: Path) -> None:
    store = tmp_path / "attempts.sqlite"
    made = keyring(Configuration(store=store), store)
    assert names_in(tmp_path) == ["attempts.sqlite.keys"]
    assert keyring(Configuration(store=store), store).kids == made.kids


def test_one_that_was_killed_while_it_made_them_keeps_no_later_one_from_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a container each process has the number of the one before."""
    store = tmp_path / "attempts.sqlite"

    class Killed(BaseException):
        pass

    def killed(*_: object, **__: object) -> None:
        raise Killed

    with monkeypatch.context() as dying:
        dying.setattr(os, "link", killed)
        dying.setattr(Path, "unlink", killed)
        with pytest.raises(Killed):
            keyring(Configuration(store=store), store)
    assert len(names_in(tmp_path)) == 1
    assert keyring(Configuration(store=store), store).kids
    assert "attempts.sqlite.keys" in names_in(tmp_path)
