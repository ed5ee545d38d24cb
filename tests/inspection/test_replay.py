"""A recording flown again through the machine as it is, and as it became."""

from attrs import evolve

from powens_flow.attempt import JournalRow
from powens_flow.inspection import Difference, Flight, read, recorded, replayed
from powens_flow.testing import Script, World
from tests.inspection.stories import a_row, a_story, adding, at, played


def flight(*rows: JournalRow) -> Flight:
    return read(recorded(a_story(*rows), at(0)))


def told(*rows: JournalRow) -> list[str]:
    return [one.told for one in replayed(flight(*rows), adding())]


OPENED = a_row(
    1, "opening_user", "done", "choosing_connector", guards={"connector_is_given": False}
)


async def test_a_journal_goes_the_same_way(w: World) -> None:
    for login in ("sms-wrong", "decoupled-never", "error-config", "rate-limiting-30"):
        story = await played(w, Script(login=login))
        assert replayed(read(recorded(story, w.clock.now())), adding()) == ()


def test_a_trigger_that_is_taken_no_more() -> None:
    (one,) = replayed(flight(OPENED, a_row(2, "choosing_connector", "acted", "x")), adding())
    assert one == Difference(2, "choosing_connector", "acted", "x", one.told)
    assert one.told.startswith("not taken any more; the state takes: choose_connector")


def test_a_state_that_is_gone() -> None:
    rows = (a_row(1, "an_old_state", "done", "choosing_connector"),)
    assert told(*rows) == ["there is no state 'an_old_state' any more"]


def test_a_guard_that_is_asked_now() -> None:
    assert told(evolve(OPENED, guards={})) == [
        "the guard 'connector_is_given' is asked now, and was not asked then"
    ]


def test_a_way_that_leads_elsewhere() -> None:
    assert told(evolve(OPENED, guards={"connector_is_given": True})) == [
        "leads to 'fetching_connector' now"
    ]


def test_a_gap_in_the_journal() -> None:
    rows = (OPENED, a_row(2, "fetching_connector", "gone", "choosing_connector"))
    assert told(*rows) == ["the journal has a gap: it was in 'choosing_connector' before"]


def test_a_journal_that_does_not_lead_to_the_attempt() -> None:
    found = replayed(read(recorded(a_story(OPENED, state="completed"), at(0))), adding())
    assert [one.told for one in found] == [
        "the journal ends in 'choosing_connector', the attempt stands in 'completed'"
    ]


def test_an_attempt_without_a_journal_differs_in_nothing() -> None:
    assert replayed(read(recorded(a_story(), at(0))), adding()) == ()
