"""What makes a machine sound: outcomes, ends, parts without circles, one name a state."""

from pathlib import Path

import pytest

from powens_flow import vocabulary as v
from powens_flow.handlers import default_registry
from powens_flow.machine import MachineError, load_machines, our_machines
from tests.machine.small import FINISHED, PIECE, SMALL, changed, load


def refused(folder: Path, small: str = SMALL, piece: str = PIECE, **more: str) -> list[str]:
    with pytest.raises(MachineError) as error:
        load(folder, small, piece, **more)
    return str(error.value).splitlines()


@pytest.mark.parametrize("first", ["0", "-1", "true", '"2"', "[]"])
def test_a_poll_needs_positive_numbers(first: str, tmp_path: Path) -> None:
    with pytest.raises(MachineError, match=r"piece.toml, state 'pausing': first must be a number"):
        load(tmp_path, piece=changed(PIECE, "first = 2", f"first = {first}"))


def test_a_poll_looks_until_a_known_field(tmp_path: Path) -> None:
    with pytest.raises(MachineError, match=r"piece.toml, state 'pausing': unknown poll.until 'x'"):
        load(tmp_path, piece=changed(PIECE, "first = 2", 'first = 2, until = "x"'))


@pytest.mark.parametrize("missing", v.OUTCOMES)
def test_a_calling_state_says_where_each_outcome_leads(missing: str, tmp_path: Path) -> None:
    every = "".join(f'{outcome} = "pausing"\n' for outcome in v.OUTCOMES if outcome != missing)
    alone = changed(PIECE, 'done = "pausing"\ninteraction_needed = "exit.right"\n', every)
    alone = changed(alone, 'handler = "look"', 'handler = "look"\ncommon = false')
    with pytest.raises(MachineError) as refused:
        load(tmp_path, piece=alone)
    assert str(refused.value) == (
        f"piece.toml, state 'looking': a calling state must say where the outcome {missing!r} leads"
    )


def test_the_common_edges_are_what_every_state_needs(tmp_path: Path) -> None:
    common = our_machines()["common.toml"]
    with pytest.raises(MachineError) as refused:
        load(
            tmp_path,
            common=changed(common, '[common.waiting]\ncancel = "ending"', "[common.waiting]"),
        )
    assert "small.toml, state 'asking': a waiting state needs the trigger 'cancel'" in str(
        refused.value
    )


def test_only_a_calling_state_can_be_interrupted(tmp_path: Path) -> None:
    common = our_machines()["common.toml"]
    text = changed(
        common, '[common.waiting]\ncancel = "ending"', '[common.waiting]\ncancel = "interrupted"'
    )
    with pytest.raises(MachineError) as error:
        load(tmp_path, common=text)
    told = "small.toml, state 'asking', trigger 'cancel': only a calling state can be interrupted"
    assert told in str(error.value)


UNREACHED = (
    "cannot be reached from 'here' in the machine 'round': every machine has it, from common.toml"
)

LOOP = """
name = "round"
initial = "here"

[states.here]
kind = "calling"
handler = "work"
common = false
[states.here.on]
"""


def test_a_way_to_an_end_is_needed_from_everywhere(tmp_path: Path) -> None:
    loop = LOOP + "".join(f'{outcome} = "here"\n' for outcome in v.OUTCOMES)
    every = ("failed", "cancelled", "expired")
    assert set(refused(tmp_path, round=loop)) == {
        "round.toml, part 'ending': the machine 'round' never comes to a state of it",
        *(f"round.toml: {one!r} {UNREACHED}" for one in every),
        "round.toml, state 'here': no final state can be reached from 'here'",
    }


def test_a_dead_end_is_a_state_without_a_way_to_an_end(tmp_path: Path) -> None:
    trap = '[states.trap]\nkind = "waiting"\nprompt = "wait"\ndeadline = "user"\ncommon = false\n'
    small = changed(SMALL, FINISHED, trap + FINISHED)
    small = changed(small, 'gone = "asking"', 'gone = "trap"')
    with pytest.raises(MachineError) as refused:
        load(tmp_path, small)
    assert "small.toml, state 'trap': no final state can be reached from 'trap'" in str(
        refused.value
    )


@pytest.mark.parametrize(
    ("part", "what"),
    [
        ("small", "small.toml, part 'again': part 'small' includes itself"),
        ("piece", "piece.toml, part 'deeper': part 'piece' includes itself"),
    ],
)
def test_parts_cannot_go_round_in_a_circle(part: str, what: str, tmp_path: Path) -> None:
    inner = '\n[parts.deeper]\nmachine = "piece"\n'
    inner += '[parts.deeper.exits]\nleft = "pausing"\nright = "pausing"\n'
    texts = {"small": SMALL, "piece": PIECE}
    texts[part] += inner if part == "piece" else '\n[parts.again]\nmachine = "small"\n'
    with pytest.raises(MachineError) as refused:
        load(tmp_path, texts["small"], texts["piece"])
    assert what in str(refused.value)


def test_a_part_cannot_begin_in_itself(tmp_path: Path) -> None:
    """Nor does each target that leads into it say so again."""
    inner = '[parts.deeper]\nmachine = "piece"\n[parts.deeper.exits]\n'
    piece = changed(PIECE, 'initial = "looking"', 'initial = "deeper"')
    piece += inner + 'left = "exit.left"\nright = "exit.right"\n'
    assert refused(tmp_path, piece=piece) == [
        "piece.toml, part 'deeper': part 'piece' includes itself"
    ]


def test_a_part_that_begins_with_its_exit_cannot_be_left_for_itself(tmp_path: Path) -> None:
    piece = 'name = "piece"\ninitial = "exit.left"\nexits = ["left", "right"]\n'
    small = changed(SMALL, 'left = "finished"\n', 'left = "part"\n')
    assert refused(tmp_path, small, piece) == [
        "small.toml, part 'part', exit 'left': 'part' leads back to itself"
    ]


def test_a_part_that_is_not_there_is_said_once(tmp_path: Path) -> None:
    sauce = changed(our_machines()["source.toml"], 'name = "source"', 'name = "sauce"')
    lines = refused(tmp_path, source=sauce)
    assert [line for line in lines if "'source'" in line] == [
        "add_connection.toml, part 'source': no machine 'source'; there are: add_connection,"
        " common, connection_state, early_exchange, ending, piece, reconnect, repair, sauce, small",
    ]


def test_a_machine_begins_in_one_state(tmp_path: Path) -> None:
    small = changed(SMALL, 'initial = "asking"', 'initial = "part"')
    piece = changed(PIECE, 'initial = "looking"', 'initial = "exit.right"')
    what = "small.toml: initial 'part' hangs on guards: it has to be one state"
    assert what in refused(tmp_path, small, piece)


def test_a_state_and_a_part_cannot_have_one_name(tmp_path: Path) -> None:
    both = SMALL + '[states.part]\nkind = "final"\nprompt = "done"\n'
    assert refused(tmp_path, both) == [
        "small.toml, part 'part': the state 'part' of small.toml has this name already"
    ]


def test_a_state_cannot_have_the_name_of_a_part_that_every_machine_has(tmp_path: Path) -> None:
    both = SMALL + '[states.ending]\nkind = "final"\nprompt = "done"\n'
    assert refused(tmp_path, both) == [
        "small.toml, state 'ending': the part 'ending' of common.toml has this name already"
    ]


def test_where_to_try_again_is_looked_up_also_where_nothing_interrupts(tmp_path: Path) -> None:
    every = "".join(f'{outcome} = "asking"\n' for outcome in v.OUTCOMES[1:])
    small = changed(SMALL, 'gone = "asking"\n', every)
    small = changed(small, 'handler = "work"', 'handler = "work"\nagain = "nowhere"')
    (line,) = refused(tmp_path, small)
    assert line.startswith("small.toml, state 'working', trigger 'try_again': no target 'nowhere'")


def test_a_state_of_a_part_that_is_never_reached_is_told_with_the_machine(tmp_path: Path) -> None:
    piece = PIECE + '[states.island]\nkind = "final"\nprompt = "done"\n'
    assert refused(tmp_path, piece=piece) == [
        "piece.toml, state 'island': 'part.island' cannot be reached from 'asking' in the machine"
        " 'small'"
    ]


def test_a_part_that_is_never_entered_is_told_of_the_file_that_includes_it(tmp_path: Path) -> None:
    """Once, and not of each state in it, nor of the parts in it."""
    deep = changed(PIECE, 'name = "piece"', 'name = "deep"')
    deep += '[parts.early]\nmachine = "early_exchange"\n[parts.early.exits]\ndone = "pausing"\n'
    piece = PIECE + '[parts.deeper]\nmachine = "deep"\n[parts.deeper.exits]\n'
    piece += 'left = "pausing"\nright = "pausing"\n'
    assert refused(tmp_path, piece=piece, deep=deep) == [
        "piece.toml, part 'deeper': the machine 'small' never comes to a state of it"
    ]


def test_a_part_may_have_no_state_but_an_exit(tmp_path: Path) -> None:
    piece = 'name = "piece"\ninitial = "exit.left"\nexits = ["left", "right"]\n'
    assert load(tmp_path, piece=piece)["small"].step("working", "done").to == "finished"


def test_an_entry_is_a_state_of_its_part(tmp_path: Path) -> None:
    piece = changed(PIECE, 'entries = ["pausing"]', 'entries = ["sleeping"]')
    small = changed(SMALL, 'gone = "asking"', 'gone = "part.sleeping"')
    with pytest.raises(MachineError, match=r"piece.toml: entry 'sleeping' is not one of its"):
        load(tmp_path, small, piece)


def test_two_files_cannot_have_one_name(tmp_path: Path) -> None:
    with pytest.raises(MachineError) as refused:
        load(tmp_path, zoo=changed(PIECE, 'title = "A part"', ""))
    assert str(refused.value) == "zoo.toml: the name 'piece' is taken by piece.toml"


def test_two_states_cannot_have_been_one(tmp_path: Path) -> None:
    twice = SMALL.replace('kind = "calling"', 'kind = "calling"\nformerly = ["old"]').replace(
        'kind = "waiting"', 'kind = "waiting"\nformerly = ["old"]'
    )
    with pytest.raises(MachineError) as refused:
        load(tmp_path, twice)
    assert str(refused.value) == (
        "small.toml, state 'working': formerly 'old' already stands for 'asking'"
    )


def test_the_common_file_is_needed(tmp_path: Path) -> None:
    other = changed(our_machines()["common.toml"], 'name = "common"', 'name = "uncommon"')
    with pytest.raises(MachineError, match=r"common.toml: the file of the common edges is missing"):
        load(tmp_path, common=other)


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(MachineError, match="no such folder"):
        load_machines(default_registry(), tmp_path / "nowhere")


def test_all_faults_of_all_files_are_said_at_once(tmp_path: Path) -> None:
    with pytest.raises(MachineError) as refused:
        load(
            tmp_path,
            SMALL.replace('handler = "work"', 'handlr = "work"').replace("retry =", "rtry ="),
            PIECE.replace("poll = {", "pol = {"),
        )
    lines = str(refused.value).splitlines()
    assert len(lines) == len(refused.value.faults) == 3
    assert {line.partition(",")[0] for line in lines} == {"small.toml", "piece.toml"}


@pytest.mark.parametrize("file", sorted(our_machines()))
def test_a_file_with_a_line_left_out_is_loaded_or_refused_with_a_place(
    file: str, tmp_path: Path
) -> None:
    lines = our_machines()[file].splitlines()
    places = set()
    for number in range(0, len(lines), 13):
        (tmp_path / file).write_text("\n".join(lines[:number] + lines[number + 1 :]), "utf-8")
        try:
            load_machines(default_registry(), tmp_path)
        except MachineError as error:
            places |= {place.file for place, _ in error.faults}
    assert places
    assert places <= set(our_machines())
