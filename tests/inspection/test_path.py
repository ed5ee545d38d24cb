"""The path of one attempt over its machine."""

from attrs import evolve

from powens_flow.diagrams.overlay import Mark, Overlay
from powens_flow.inspection import Story, path_of
from powens_flow.testing import Script, World
from tests.inspection.stories import a_row, a_story, at, played

OPENED = a_row(1, "opening_user", "done", "choosing_connector", duration=0.4)


def test_visited_states_have_their_times_and_the_present_one_its_mark() -> None:
    rows = (OPENED, a_row(2, "choosing_connector", "choose_connector", "fetching_connector"))
    path = path_of(a_story(OPENED, evolve(rows[1], duration=72.0)), at(12))
    assert path.states == {
        "opening_user": Mark(("0.4 s",), visited=True),
        "choosing_connector": Mark(("1 m 12 s",), visited=True),
        "fetching_connector": Mark(("here for 10 s",), visited=True, present=True),
    }
    assert path.edges == {
        ("opening_user", "done", "choosing_connector"): "1x",
        ("choosing_connector", "choose_connector", "fetching_connector"): "1x",
    }


def test_loops_are_counted_and_their_times_added() -> None:
    there = a_row(2, "choosing_connector", "choose_connector", "fetching_connector", duration=5.0)
    back = a_row(3, "fetching_connector", "gone", "choosing_connector", duration=1.0)
    path = path_of(a_story(OPENED, there, back, evolve(there, seq=4), evolve(back, seq=5)), at(5))
    assert path.states["choosing_connector"].notes == ("3 times", "10 s", "here for 2 s")
    assert path.states["fetching_connector"].notes == ("2 times", "2 s")
    assert path.edges[there.source, there.trigger, there.dest] == "2x"


def test_tries_of_a_call_are_no_visits() -> None:
    tried = a_row(1, "opening_user", "retry", "opening_user", duration=1.0)
    path = path_of(a_story(tried, evolve(tried, seq=2), evolve(OPENED, seq=3)), at(1))
    assert path.states["opening_user"].notes == ("tried again 2x", "2.4 s")


def test_an_attempt_that_did_nothing_yet_is_where_it_began() -> None:
    path = path_of(a_story(state="opening_user"), at(2))
    assert path.states == {"opening_user": Mark(("here for 2 s",), visited=True, present=True)}


def test_a_state_of_another_version_is_left_out() -> None:
    path = path_of(a_story(a_row(1, "an_old_state", "done", "choosing_connector")), at(1))
    assert list(path.states) == ["choosing_connector"]


def test_without_the_machine_nothing_is_drawn() -> None:
    story = a_story(OPENED)
    assert path_of(Story(story.attempt, story.rows), at(1)) == Overlay()


async def test_an_end_is_present_and_not_waited_in(w: World) -> None:
    story = await played(w, Script(login="decoupled-2"))
    path = path_of(story, w.clock.now())
    assert path.states["completed"] == Mark((), visited=True, present=True)
    assert "2 times" in path.states["source.state.approving"].notes
    assert path.is_path
