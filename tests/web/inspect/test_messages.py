"""The sequence as lanes: every line that the sequence diagrams have is read."""

import pytest

from powens_flow.attempt import CallRecord
from powens_flow.demo import SCENARIOS
from powens_flow.inspection import sequence_of
from powens_flow.testing import World
from powens_flow.web.inspect.messages import Message, read, sequence
from tests.inspection.stories import a_call, a_row, a_story, played


def test_each_form_of_line() -> None:
    row = a_row(2, "source.filling_in", "submit_values", "source.submitting", duration=5.0)
    lost = CallRecord("create_connection")
    failed = a_row(
        3, "source.submitting", "unknown", "source.looking", cause="submit_source", calls=(lost,)
    )
    staff = a_row(
        4,
        "source.looking",
        "cancel",
        "ending.cleaning_up",
        cause="staff",
        facts={"by": "nora", "reason": "asked <for>; by: phone"},
    )
    lanes, messages = read(sequence_of(a_story(row, failed, staff)))

    assert lanes == ("user", "backend", "powens", "bank", "staff")
    assert Message("user", "backend", "submit_values", "call") in messages
    assert Message("backend", "backend", "source.filling_in, 5 s", "note") in messages
    assert Message("powens", "backend", "no answer", "lost") in messages
    told = "cancel, by nora: asked <for>; by: phone"
    assert Message("staff", "backend", told, "call") in messages


def test_a_round_that_comes_again_says_how_often() -> None:
    rows = [a_row(n, "a", "poll", "a", cause="clock", calls=(a_call("get"),)) for n in range(1, 4)]
    _, messages = read(sequence_of(a_story(*rows)))

    assert {one.times for one in messages if "get" in one.text} == {3}
    assert "(3 times)" in sequence(a_story(*rows))


def test_a_line_of_no_known_form_is_an_error() -> None:
    with pytest.raises(ValueError, match="no message"):
        read("sequenceDiagram\n    activate user\n")


@pytest.mark.parametrize("name", ["sms", "app", "webauth", "failed", "cancelled", "expired"])
async def test_every_story_is_read(w: World, name: str) -> None:
    scenario = SCENARIOS[name]
    story = await played(w, scenario.script, policy=scenario.policy)
    text = sequence_of(story)
    _, messages = read(text)

    written = [line for line in text.splitlines()[1:] if ": " in line]
    assert len(messages) == len(written)
