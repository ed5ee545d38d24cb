"""A script that nobody can play is refused: a test would pass for the wrong reason."""

from typing import Any

import pytest

from powens_flow import events as e
from powens_flow.testing import Script, world


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("bank", "deny"),
        ("accounts", "some"),
        ("accounts", ("1",)),
        ("login", None),
        ("logins", {"openapi": 1}),
        ("values", ["login"]),
        ("code", 123456),
        ("further", "1"),
        ("further", -1),
        ("answers", {"choose_connector": "cancel"}),
        ("answers", [e.Cancel()]),
    ],
)
def test_what_cannot_be_played_is_refused(name: str, wrong: Any) -> None:
    with pytest.raises(ValueError, match=f"^{name} must be .+, not "):
        Script(**{name: wrong})


@pytest.mark.parametrize(
    "answers",
    [
        {"connector.choose": e.Cancel()},
        {"choose_connector": {"type": "cancel"}},
        {"choose_connector": lambda view: e.Cancel()},
        {"choose_connector": [{"type": "cancel"}]},
    ],
)
async def test_an_answer_is_an_event_or_makes_one(answers: Any) -> None:
    async with world() as w:
        assert (await w.driver(Script(answers=answers)).run()).state == "cancelled"


async def test_a_driver_plays_a_script() -> None:
    async with world() as w:
        with pytest.raises(TypeError, match=r"script must be a Script\(\.\.\.\), not str"):
            w.driver("sms")  # type: ignore[arg-type]  # that is the point
