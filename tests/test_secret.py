"""A value that does not show itself."""

import copy
import json
import pickle
from typing import Any

import pytest

from powens_flow.secret import Secret

PLAIN = "t0k3n-of-camille"


def test_it_shows_itself_only_to_who_asks() -> None:
    assert Secret(PLAIN).reveal() == PLAIN


@pytest.mark.parametrize(
    "shown",
    [
        str(Secret(PLAIN)),
        repr(Secret(PLAIN)),
        f"{Secret(PLAIN)}",
        f"{Secret(PLAIN):>40}",
        f"{Secret(PLAIN)!r}",
        "%s" % Secret(PLAIN),  # noqa: UP031 - the old way shows nothing either
        repr([Secret(PLAIN)]),
        repr({"token": Secret(PLAIN)}),
        str(dir(Secret(PLAIN))),
    ],
)
def test_it_shows_itself_in_no_text(shown: str) -> None:
    assert PLAIN not in shown


def test_it_cannot_be_pickled_and_is_no_json() -> None:
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        with pytest.raises(TypeError, match="cannot be pickled"):
            pickle.dumps(Secret(PLAIN), protocol)
    with pytest.raises(TypeError):
        json.dumps({"token": Secret(PLAIN)})
    with pytest.raises(TypeError):
        copy.copy(Secret(PLAIN))


def test_it_has_no_dict_to_look_into() -> None:
    assert not hasattr(Secret(PLAIN), "__dict__")
    with pytest.raises(TypeError):
        vars(Secret(PLAIN))


def test_equal_texts_are_equal_secrets_and_no_texts() -> None:
    assert Secret(PLAIN) == Secret(PLAIN)
    assert hash(Secret(PLAIN)) == hash(Secret(PLAIN))
    assert Secret(PLAIN) != Secret("other")
    assert Secret(PLAIN) != PLAIN
    assert len({Secret(PLAIN), Secret(PLAIN)}) == 1


@pytest.mark.parametrize("nothing", [None, 3, b"t0k3n", Secret(PLAIN)])
def test_what_is_no_text_is_none(nothing: Any) -> None:
    kind = type(nothing).__name__
    with pytest.raises(TypeError, match=f"^a secret is a text, not {kind}$"):
        Secret(nothing)


def test_an_empty_one_is_false() -> None:
    assert not Secret("")
    assert Secret("x")


def test_an_error_that_holds_it_does_not_show_it() -> None:
    with pytest.raises(ValueError, match="Secret") as failed:
        raise ValueError(Secret(PLAIN))
    assert PLAIN not in f"{failed.value}{failed.value!r}"
