"""The command line, called in process; and a store that the demo left behind."""

import logging
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from io import StringIO
from pathlib import Path

import pytest
import structlog

from powens_flow.cli import main
from powens_flow.cli.logs import OTHERS
from tests.cli.desk import Desk


@pytest.fixture(autouse=True)
def logs_as_before() -> Iterator[None]:
    """The command line is an application, and sets up logging: undone after each test."""
    with _logs_as_before():
        yield


@contextmanager
def _logs_as_before() -> Iterator[None]:
    before = structlog.get_config()
    others = [(one, one.handlers, one.propagate) for one in map(logging.getLogger, OTHERS)]
    yield
    structlog.configure(**before)
    for logger, handlers, propagate in others:
        logger.handlers, logger.propagate = handlers, propagate


@pytest.fixture(scope="session")
def played(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `powens-flow demo --store FILE` leaves behind; not to be written to."""
    file = tmp_path_factory.mktemp("demo") / "demo.sqlite"
    with _logs_as_before(), redirect_stdout(StringIO()):
        assert main(["demo", "--json", "--store", str(file)]) == 0
    return file


@pytest.fixture
def desk(played: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Desk:
    """Staff at a command line, on an own copy of the demo's store."""
    store = tmp_path / "demo.sqlite"
    shutil.copy(played, store)
    return Desk(store, capsys)
