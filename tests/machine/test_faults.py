"""What the loader refuses, and that it names file, state and trigger."""

from pathlib import Path

import pytest

from powens_flow.machine import MachineError
from tests.machine.small import FINISHED, SMALL, changed, load

EXITS = 'left = "finished"\n'

SMALL_FAULTS = {
    # --- words ---------------------------------------------------------------------------------
    "not TOML": ('name = "small"', "name = ", "small.toml: not TOML"),
    "unknown word of a file": (
        'title = "Small"',
        'titel = "Small"',
        "small.toml: unknown word 'titel' in a file",
    ),
    "unknown word of a state": (
        'handler = "work"',
        'handlr = "work"',
        "small.toml, state 'working': unknown word 'handlr' in a state",
    ),
    "unknown word of a branch": (
        '{ when = "is_ready", to = "working" }',
        '{ if = "is_ready", to = "working" }',
        "small.toml, state 'asking', trigger 'acted': unknown word 'if' in a branch",
    ),
    "unknown word of a part": (
        'machine = "piece"',
        'machine = "piece"\nwith = "x"',
        "small.toml, part 'part': unknown word 'with' in a part",
    ),
    "unknown word of a retry rule": (
        FINISHED,
        '[retry.slow]\non = ["locked"]\ntries = 2\nfirst = 1\nmost = 1\nwithin = 1\nmax = 2\n'
        + FINISHED,
        "small.toml, retry rule 'slow': unknown word 'max' in a retry rule; known: first, most,",
    ),
    "unknown word of common": (
        FINISHED,
        '[common.final]\ncancel = "asking"\n' + FINISHED,
        "small.toml, table 'common': unknown word 'final' in common; known: calling, waiting",
    ),
    "no name": ('name = "small"', "", "small.toml: name must be given, as text"),
    "unknown kind": (
        'kind = "calling"',
        'kind = "asking"',
        "small.toml, state 'working': kind must be one of waiting, calling, final, not 'asking'",
    ),
    "a word of the wrong type": (
        'handler = "work"',
        "handler = 3",
        "small.toml, state 'working': handler must be text, not 3",
    ),
    "a trigger that leads nowhere": (
        'gone = "asking"',
        "gone = []",
        "small.toml, state 'working', trigger 'gone': must be a target, or a list",
    ),
    "a branch without a target": (
        '{ when = "is_ready", to = "working" }',
        '{ when = "is_ready" }',
        "small.toml, state 'asking', trigger 'acted': each branch is",
    ),
    "a guard that is no name": (
        '{ when = "is_ready", to = "working" }',
        '{ when = 3, to = "working" }',
        "small.toml, state 'asking', trigger 'acted': when must be a list of names, not 3",
    ),
    # --- names ---------------------------------------------------------------------------------
    "unknown initial state": (
        'initial = "asking"',
        'initial = "askin"',
        "small.toml: no target 'askin'",
    ),
    "unknown target": (
        'gone = "asking"',
        'gone = "nowhere"',
        "small.toml, state 'working', trigger 'gone': no target 'nowhere'; there are: failed,",
    ),
    "unknown handler": (
        'handler = "work"',
        'handler = "os.system"',
        "small.toml, state 'working': unknown handler 'os.system'",
    ),
    "unknown guard": (
        '{ when = "is_ready", to = "working" }',
        '{ when = "is_redy", to = "working" }',
        "small.toml, state 'asking', trigger 'acted': unknown guard 'is_redy'",
    ),
    "unknown trigger": (
        'try_again = "working"',
        'try_agian = "working"',
        "small.toml, state 'asking', trigger 'try_agian': unknown trigger 'try_agian'",
    ),
    "unknown prompt": (
        'prompt = "try_again"',
        'prompt = "sing"',
        "small.toml, state 'asking': unknown prompt 'sing'",
    ),
    "unknown deadline": (
        'deadline = "user"',
        'deadline = "tomorrow"',
        "small.toml, state 'asking': unknown deadline 'tomorrow'",
    ),
    "unknown retry rule": (
        'retry = "read"',
        'retry = "often"',
        "small.toml, state 'working': no retry rule 'often'; there are: clean_up,",
    ),
    "unknown outcome in a retry rule": (
        FINISHED,
        '[retry.read]\non = ["sometimes"]\ntries = 2\nfirst = 1\nmost = 1\nwithin = 1\n' + FINISHED,
        "small.toml, retry rule 'read': no outcome to try again: 'sometimes'; known: bad_answer,",
    ),
    "unknown part": (
        'machine = "piece"',
        'machine = "peace"',
        "small.toml, part 'part': no machine 'peace'; there are:",
    ),
    "unknown entry": (
        'gone = "asking"',
        'gone = "part.looking"',
        "small.toml, state 'working', trigger 'gone': no target 'part.looking'",
    ),
    "unknown place to try again": (
        'handler = "work"',
        'handler = "work"\nagain = "nowhere"',
        "small.toml, state 'working', trigger 'try_again': no target 'nowhere'",
    ),
    "an exit of a machine that is no part": (
        'gone = "asking"',
        'gone = "exit.left"',
        "small.toml, state 'working', trigger 'gone': no exit 'left'; declared: none",
    ),
    "an exit that is not mapped": (
        EXITS,
        "",
        "small.toml, part 'part': exit 'left' of part 'piece' is not mapped",
    ),
    "an exit that the part does not have": (
        EXITS,
        EXITS + 'middle = "finished"\n',
        "small.toml, part 'part': part 'piece' has no exit 'middle'; it has: left, right",
    ),
    "an exit mapped to nothing there": (
        EXITS,
        'left = "finish"\n',
        "small.toml, part 'part', exit 'left': no target 'finish'",
    ),
    # --- waiting -------------------------------------------------------------------------------
    "waiting without a prompt": (
        'prompt = "try_again"',
        "",
        "small.toml, state 'asking': a waiting state needs a prompt",
    ),
    "waiting without a deadline": (
        'deadline = "user"',
        "",
        "small.toml, state 'asking': a waiting state needs a deadline",
    ),
    "waiting without cancel and expire": (
        'deadline = "user"',
        'deadline = "user"\ncommon = false',
        "small.toml, state 'asking': a waiting state needs the trigger 'cancel'",
        "small.toml, state 'asking': a waiting state needs the trigger 'expire'",
    ),
    "a poll without its trigger": (
        'deadline = "user"',
        'deadline = "user"\npoll = { first = 1 }',
        "small.toml, state 'asking': poll and the trigger 'poll' go together",
    ),
    "a poll trigger without a poll": (
        'try_again = "working"',
        'try_again = "working"\npoll = "working"',
        "small.toml, state 'asking': poll and the trigger 'poll' go together",
    ),
    "waiting with an outcome": (
        'try_again = "working"',
        'try_again = "working"\ndone = "working"',
        "small.toml, state 'asking': a waiting state calls nothing",
    ),
    "waiting with a handler": (
        'deadline = "user"',
        'deadline = "user"\nhandler = "work"\nretry = "read"\nagain = "working"',
        "small.toml, state 'asking': a waiting state has no handler",
        "small.toml, state 'asking': a waiting state has no retry",
        "small.toml, state 'asking': a waiting state has no again",
    ),
    "waiting with the prompt of an end": (
        'prompt = "try_again"',
        'prompt = "failed"',
        "small.toml, state 'asking': the prompt 'failed' is that of a final state",
    ),
    # --- calling -------------------------------------------------------------------------------
    "calling without a handler": (
        'handler = "work"',
        "",
        "small.toml, state 'working': a calling state needs a handler",
    ),
    "calling with an event": (
        'gone = "asking"',
        'gone = "asking"\nacted = "asking"',
        "small.toml, state 'working': a calling state takes no event, so it cannot have 'acted'",
    ),
    "calling with a poll": (
        'gone = "asking"',
        'gone = "asking"\npoll = "asking"',
        "small.toml, state 'working': a calling state takes no event, so it cannot have 'poll'",
    ),
    "calling with a deadline": (
        'handler = "work"',
        'handler = "work"\ndeadline = "user"\nprompt = "wait"\npoll = { first = 1 }',
        "small.toml, state 'working': a calling state has no deadline",
        "small.toml, state 'working': a calling state has no prompt",
        "small.toml, state 'working': a calling state has no poll",
    ),
    # --- final ---------------------------------------------------------------------------------
    "final with a transition": (
        'message = "small.done"',
        'message = "small.done"\n[states.finished.on]\nacted = "asking"',
        "small.toml, state 'finished', trigger 'acted': a final state has none",
    ),
    "final with a deadline": (
        'message = "small.done"',
        'message = "small.done"\ndeadline = "user"\nhandler = "work"',
        "small.toml, state 'finished': a final state has no deadline",
        "small.toml, state 'finished': a final state has no handler",
    ),
    "final without a prompt": (
        'prompt = "done"\n',
        "",
        "small.toml, state 'finished': a final state needs the prompt 'done' or 'failed'",
    ),
    "final with the prompt of a wait": (
        'prompt = "done"',
        'prompt = "wait"',
        "small.toml, state 'finished': a final state needs the prompt 'done' or 'failed'",
    ),
    # --- branches ------------------------------------------------------------------------------
    "the last branch guarded": (
        'gone = "asking"',
        'gone = [{ when = "is_ready", to = "asking" }]',
        "small.toml, state 'working', trigger 'gone': the last branch must have no guard",
    ),
    "a branch behind one that is always taken": (
        'gone = "asking"',
        'gone = [{ to = "asking" }, { to = "finished" }]',
        "small.toml, state 'working', trigger 'gone': the branches after the one to 'asking'",
    ),
    # --- the graph -----------------------------------------------------------------------------
    "unreachable": (
        FINISHED,
        '[states.island]\nkind = "final"\n' + FINISHED,
        "small.toml, state 'island': 'island' cannot be reached from 'asking'",
    ),
    "formerly another state": (
        'message = "small.ask"\ndeadline = "user"',
        'message = "small.ask"\ndeadline = "user"\nformerly = ["finished"]',
        "small.toml, state 'asking': formerly 'finished' already stands for 'finished'",
    ),
    "formerly twice": (
        'message = "small.ask"\ndeadline = "user"',
        'message = "small.ask"\ndeadline = "user"\nformerly = ["old", "old"]',
        "small.toml, state 'asking': formerly 'old' already stands for 'asking'",
    ),
    "formerly that is no list": (
        'message = "small.ask"\ndeadline = "user"',
        'message = "small.ask"\ndeadline = "user"\nformerly = "old"',
        "small.toml, state 'asking': formerly must be a list of names, not 'old'",
    ),
}


@pytest.mark.parametrize("fault", SMALL_FAULTS.values(), ids=SMALL_FAULTS.keys())
def test_a_fault_is_refused_with_its_place(fault: tuple[str, ...], tmp_path: Path) -> None:
    old, new, *wanted = fault
    with pytest.raises(MachineError) as refused:
        load(tmp_path, changed(SMALL, old, new))
    for one in wanted:
        assert one in str(refused.value)


def test_the_small_machine_itself_is_sound(tmp_path: Path) -> None:
    assert {"add_connection", "small"} <= set(load(tmp_path))
