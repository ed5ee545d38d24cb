"""A small sound machine, and a folder to break it in."""

from pathlib import Path
from typing import Any

from powens_flow.handlers import default_registry
from powens_flow.machine import Machines, Registry, load_machines
from powens_flow.outcomes import Outcome

SMALL = """
name = "small"
title = "Small"
initial = "asking"

[states.asking]
kind = "waiting"
means = "Somebody is asked."
prompt = "try_again"
message = "small.ask"
deadline = "user"
[states.asking.on]
try_again = "working"
acted = [
    { when = "is_ready", to = "working" },
    { to = "asking" },
]

[states.working]
kind = "calling"
means = "Something is done."
handler = "work"
retry = "read"
[states.working.on]
done = "part"
gone = "asking"

[parts.part]
machine = "piece"
[parts.part.exits]
left = "finished"
right = [
    { when = "is_ready", to = "finished" },
    { to = "asking" },
]

[states.finished]
kind = "final"
means = "An end."
prompt = "done"
message = "small.done"
"""

PIECE = """
name = "piece"
title = "A part"
initial = "looking"
entries = ["pausing"]
exits = ["left", "right"]

[states.looking]
kind = "calling"
means = "Looks."
handler = "look"
[states.looking.on]
done = "pausing"
interaction_needed = "exit.right"

[states.pausing]
kind = "waiting"
means = "Waits and looks again."
prompt = "wait"
message = "piece.wait"
deadline = "processing"
poll = { first = 2, factor = 2, most = 10 }
[states.pausing.on]
poll = "looking"
acted = "exit.left"
try_again = "exit.right"
"""

FINISHED = '[states.finished]\nkind = "final"'
"""Where a test puts what it adds to the small machine."""


async def nothing(context: Any, attempt: Any) -> Outcome:
    """A handler that only says that it is done."""
    return Outcome("done")


def registry() -> Registry:
    """Ours, and what the small machine names."""
    made = default_registry()
    made.handler("work")(nothing)
    made.handler("look")(nothing)
    made.guard("is_ready")(lambda attempt, outcome: attempt == "ready")
    return made


def load(folder: Path, small: str = SMALL, piece: str = PIECE, **more: str) -> Machines:
    """All machines, with these in a folder; `more` are further files, by name without ending."""
    for name, text in {"small": small, "piece": piece, **more}.items():
        (folder / f"{name}.toml").write_text(text, "utf-8")
    return load_machines(registry(), folder)


def changed(text: str, old: str, new: str) -> str:
    """The text with its only `old` replaced."""
    assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times"
    return text.replace(old, new)
