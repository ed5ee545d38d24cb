"""A machine that is ready: stepping, replaying, what it accepts, its hash, its former names."""

from collections.abc import Iterator, Mapping
from itertools import chain, combinations
from pathlib import Path
from typing import Any

import pytest
from transitions import Event, Machine

from powens_flow.attempt import Attempt
from powens_flow.handlers import default_registry
from powens_flow.machine import Definition, MachineError, NotAccepted, Step, load_machines
from powens_flow.machine.definition import GuardNotRecorded
from powens_flow.machine.registry import Guard
from powens_flow.outcomes import Outcome
from powens_flow.testing.clock import BEGINNING
from tests.machine.small import FINISHED, PIECE, SMALL, changed, load


@pytest.fixture
def small(tmp_path: Path) -> Definition:
    return load(tmp_path)["small"]


# --- stepping -----------------------------------------------------------------------------------


def test_a_trigger_leads_from_state_to_state(small: Definition) -> None:
    assert small.initial == "asking"
    assert small.step("asking", "try_again") == Step("working", {})
    assert small.step("working", "done") == Step("part.looking", {})
    assert small.step("part.looking", "done") == Step("part.pausing", {})
    assert small.step("part.pausing", "acted") == Step("finished", {})


def test_guards_see_attempt_and_outcome_and_what_they_said_is_kept(small: Definition) -> None:
    assert small.step("asking", "acted", "ready") == Step("working", {"is_ready": True})
    assert small.step("asking", "acted", "not yet") == Step("asking", {"is_ready": False})


def test_an_exit_leads_on_by_the_guards_of_who_includes_the_part(small: Definition) -> None:
    assert small.step("part.pausing", "try_again", "ready").to == "finished"
    assert small.step("part.pausing", "try_again", "not yet").to == "asking"


def test_a_state_refuses_what_it_does_not_take_and_says_what_it_takes(small: Definition) -> None:
    with pytest.raises(NotAccepted) as refused:
        small.step("asking", "done")
    assert refused.value.state == "asking"
    assert refused.value.trigger == "done"
    assert set(refused.value.accepts) == {"try_again", "acted", "cancel", "expire", "warn"}
    assert "state 'asking' does not take 'done'; it takes: try_again, acted" in str(refused.value)


def test_an_end_takes_nothing(small: Definition) -> None:
    assert small.accepts("finished") == ()
    with pytest.raises(NotAccepted, match="it takes: nothing: it is an end"):
        small.step("finished", "cancel")


def test_a_state_that_is_not_there_takes_nothing(small: Definition) -> None:
    assert small.accepts("nowhere") == ()
    with pytest.raises(NotAccepted):
        small.step("nowhere", "cancel")


def test_a_trigger_that_is_not_there_is_not_taken(small: Definition) -> None:
    for trigger in ("to_finished", "trigger", "", "__init__"):
        with pytest.raises(NotAccepted):
            small.step("asking", trigger)


def test_common_edges_are_everywhere_and_give_way_to_a_states_own(small: Definition) -> None:
    assert small.step("asking", "cancel").to == "ending.cleaning_up"
    assert small.step("part.pausing", "expire").to == "ending.cleaning_up"
    assert small.step("working", "gone").to == "asking"
    assert small.step("working", "unauthorised").to == "ending.cleaning_up"


def test_an_interrupted_state_waits_and_can_be_tried_again(small: Definition) -> None:
    assert small.step("working", "temporary").to == "working.interrupted"
    assert small.state("working.interrupted").kind == "waiting"
    assert small.state("working.interrupted").table.message == "interrupted.working"
    assert small.step("working.interrupted", "try_again").to == "working"
    assert small.step("working.interrupted", "cancel").to == "ending.cleaning_up"


def test_only_a_state_with_a_retry_rule_takes_a_retry(small: Definition) -> None:
    assert small.step("working", "retry").to == "working"
    rule = small.state("working").retry
    assert rule is not None
    assert rule.name == "read"
    assert "retry" not in small.accepts("part.looking")


def test_a_files_own_retry_rule_hides_the_common_one(tmp_path: Path) -> None:
    rule = '[retry.read]\non = ["locked"]\ntries = 2\nfirst = 1\nmost = 1\nwithin = 9\n'
    small = load(tmp_path, changed(SMALL, FINISHED, rule + FINISHED))["small"]
    own = small.state("working").retry
    assert own is not None
    assert (own.on, own.tries, own.within) == (("locked",), 2, 9)


def test_handlers_are_those_of_the_registry(small: Definition) -> None:
    assert small.handler("working").__name__ == "nothing"
    assert set(small.handlers) == {"working", "part.looking", "ending.cleaning_up"}


# --- transitions does the stepping --------------------------------------------------------------


def test_transitions_does_the_stepping_and_no_model_is_registered(small: Definition) -> None:
    for trigger in small._events.values():
        event = trigger.__self__  # type: ignore[attr-defined]  # a bound method
        assert isinstance(event, Event)
        assert isinstance(event.machine, Machine)
        assert event.machine.models == []
    small.step("asking", "acted", "ready")
    assert event.machine.models == []


def test_there_is_no_way_that_the_files_do_not_say(small: Definition) -> None:
    assert not [name for name in small._events if name.startswith("to_")]
    edges = {(one.source, one.trigger) for one in small.transitions}
    assert edges == {(s, t) for s in small.states for t in small.accepts(s)}


def test_what_is_remembered_of_a_place_is_what_transitions_says_there() -> None:
    registry = default_registry()
    for name in tuple(registry.guards):
        registry.guard(name, replace=True)(_answering(name))
    for definition in load_machines(registry).values():
        first = [definition.step(*way) for way in _every_way(definition)]
        again = [definition.step(*way) for way in _every_way(definition)]
        replayed = [definition.replay(*way) for way in _every_way(definition)]
        assert first == again == replayed
        assert [list(step.guards) for step in again] == [list(step.guards) for step in replayed]


def _answering(name: str) -> Guard:
    return lambda answers, _: bool(answers[name])


def _every_way(definition: Definition) -> Iterator[tuple[str, str, dict[str, bool]]]:
    """Each state, each trigger that it takes, and what the guards there answer: few of them yes."""
    guards: dict[tuple[str, str], dict[str, None]] = {}
    for edge in definition.transitions:
        guards.setdefault((edge.source, edge.trigger), {}).update(dict.fromkeys(edge.when))
    for (source, trigger), names in guards.items():
        for true in chain(*(combinations(names, count) for count in range(3))):
            yield source, trigger, {name: name in true for name in names}


# --- replaying ----------------------------------------------------------------------------------


def test_what_was_done_is_done_again_from_what_the_guards_said_then(small: Definition) -> None:
    for attempt in ("ready", "not yet"):
        step = small.step("asking", "acted", attempt)
        assert small.replay("asking", "acted", step.guards) == step


def test_a_guard_that_was_not_asked_then_is_said_to_be_unknown(small: Definition) -> None:
    with pytest.raises(GuardNotRecorded, match="is_ready"):
        small.replay("asking", "acted", {})


def test_what_is_no_longer_taken_is_not_replayed(small: Definition) -> None:
    with pytest.raises(NotAccepted):
        small.replay("asking", "choose_accounts", {})


def bare(definition: Definition) -> Attempt:
    return Attempt("a-1", "owner", definition.name, definition.initial, BEGINNING, BEGINNING)


def test_every_edge_of_ours_can_be_stepped_and_replayed() -> None:
    definition = load_machines(default_registry())["add_connection"]
    for state in definition.states:
        for trigger in definition.accepts(state):
            step = definition.step(state, trigger, bare(definition), Outcome("done"))
            assert step.to in definition.states
            assert definition.replay(state, trigger, step.guards) == step


# --- the hash -----------------------------------------------------------------------------------

SAME = {
    "a comment": (SMALL, changed(SMALL, 'name = "small"', '# a word\nname = "small"')),
    "a title": (SMALL, changed(SMALL, 'title = "Small"', 'title = "Tiny"')),
    "what a state means": (SMALL, changed(SMALL, "Somebody is asked.", "Someone is asked.")),
    "a message": (SMALL, changed(SMALL, "small.ask", "small.please")),
    "the order of triggers": (
        SMALL,
        changed(SMALL, 'done = "part"\ngone = "asking"', 'gone = "asking"\ndone = "part"'),
    ),
    "the order of states": (
        SMALL,
        SMALL.replace(SMALL[SMALL.index("[states.asking]") : SMALL.index("[states.working]")], "")
        + SMALL[SMALL.index("[states.asking]") : SMALL.index("[states.working]")],
    ),
}
OTHER = {
    "a target": changed(SMALL, 'gone = "asking"', 'gone = "finished"'),
    "a guard": changed(
        SMALL, '{ when = "is_ready", to = "working" }', '{ when = "is_webauth", to = "working" }'
    ),
    "the order of branches": changed(
        SMALL,
        '{ when = "is_ready", to = "working" },',
        '{ when = "is_webauth", to = "asking" }, { when = "is_ready", to = "working" },',
    ),
    "a trigger": changed(SMALL, 'try_again = "working"', 'approved = "working"'),
    "a handler": changed(SMALL, 'handler = "work"', 'handler = "look"'),
    "the beginning": changed(SMALL, 'initial = "asking"', 'initial = "working"'),
    "the name of a state": SMALL.replace("finished", "over"),
    "the machine's name": changed(SMALL, 'name = "small"', 'name = "petite"'),
}


@pytest.mark.parametrize("texts", SAME.values(), ids=SAME.keys())
def test_the_hash_stays_when_the_machine_does(texts: tuple[str, str], tmp_path: Path) -> None:
    hashes = {load(tmp_path, text)["small"].hash for text in texts}
    assert len(hashes) == 1


@pytest.mark.parametrize("other", OTHER.values(), ids=OTHER.keys())
def test_the_hash_changes_when_the_machine_does(other: str, tmp_path: Path) -> None:
    before = load(tmp_path)["small"].hash
    after = load(tmp_path, other)
    assert before != next(after[name].hash for name in ("small", "petite") if name in after)


def test_the_hash_changes_with_a_part(tmp_path: Path) -> None:
    before = load(tmp_path)["small"].hash
    piece = changed(PIECE, 'interaction_needed = "exit.right"', 'interaction_needed = "exit.left"')
    assert load(tmp_path, piece=piece)["small"].hash != before


def test_a_change_elsewhere_changes_no_hash(tmp_path: Path) -> None:
    alone = load_machines(default_registry())["add_connection"].hash
    assert load(tmp_path)["add_connection"].hash == alone


# --- former names -------------------------------------------------------------------------------


@pytest.fixture
def renamed(tmp_path: Path) -> Definition:
    text = changed(SMALL, 'handler = "work"', 'handler = "work"\nformerly = ["toiling", "at_work"]')
    return load(tmp_path, text)["small"]


def test_a_former_name_stands_for_todays(renamed: Definition) -> None:
    assert renamed.today("working") == "working"
    assert renamed.today("toiling") == "working"
    assert renamed.today("at_work") == "working"
    assert renamed.today("nowhere") is None


def test_a_former_name_is_also_that_of_what_was_interrupted(renamed: Definition) -> None:
    assert renamed.today("toiling.interrupted") == "working.interrupted"


def test_the_former_name_of_a_parts_state_is_that_of_its_file(tmp_path: Path) -> None:
    piece = changed(PIECE, 'handler = "look"', 'handler = "look"\nformerly = ["peering"]')
    small = load(tmp_path, piece=piece)["small"]
    assert small.today("part.peering") == "part.looking"
    assert small.today("part.peering.interrupted") == "part.looking.interrupted"
    assert small.today("peering") is None


def test_a_former_name_changes_no_hash(renamed: Definition, tmp_path: Path) -> None:
    assert load(tmp_path)["small"].hash == renamed.hash


def test_a_former_name_of_an_interrupted_state_may_be_given_to_another(tmp_path: Path) -> None:
    """What stood in `toiling.interrupted` may be said by hand, but by one state only."""
    text = changed(SMALL, 'handler = "work"', 'handler = "work"\nformerly = ["toiling"]')
    clash = changed(text, 'message = "small.ask"\n', 'formerly = ["toiling.interrupted"]\n')
    with pytest.raises(MachineError, match=r"formerly 'toiling.interrupted' already stands for"):
        load(tmp_path, clash)


# --- the machines as a mapping ------------------------------------------------------------------


def test_machines_are_a_mapping_and_parts_are_none_of_them(tmp_path: Path) -> None:
    machines = load(tmp_path)
    assert isinstance(machines, Mapping)
    assert len(machines) == len(list(names(machines)))
    assert "piece" not in machines
    assert machines["small"].files == ("small.toml", "ending.toml", "piece.toml", "common.toml")


def names(machines: Mapping[str, Any]) -> Iterator[str]:
    yield from machines


def test_a_machine_that_is_not_there_is_named_with_those_that_are(tmp_path: Path) -> None:
    with pytest.raises(KeyError, match="no machine 'large'; there are: add_connection"):
        load(tmp_path)["large"]
