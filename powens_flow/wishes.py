"""What a listener is registered for: refused where it could never be heard."""

from collections.abc import Collection, Iterator, Mapping
from difflib import get_close_matches
from typing import Any

from powens_flow.functions import is_async, name_of, parameters_of, takes
from powens_flow.machine import Definition


def check_listener(listener: object) -> None:
    """Raises TypeError for what is not async: it would be told again for ever; ValueError for an
    `at_once` with which it would be told nothing."""
    if not is_async(listener):
        raise TypeError(
            f"{name_of(listener)!r} is no listener: that is an async function, an object with an "
            "async __call__, or a functools.partial of one"
        )
    if not takes(listener, 1):
        own = f"{name_of(listener)} takes {parameters_of(listener)}"
        raise TypeError(f"a listener is called with one argument, the Change, but {own}")
    at_once = getattr(listener, "at_once", 1)
    if isinstance(at_once, int) and at_once < 1:
        raise ValueError(f"a listener's at_once is a whole number from 1, not {at_once}")


def check_watcher(watcher: Any) -> None:
    """Raises TypeError unless what it does is done when it has been called."""
    if not callable(watcher) or is_async(watcher) or not takes(watcher, 1):
        what = "a watcher is a plain function of an attempt's id"
        raise TypeError(f"{what}, which {name_of(watcher)} is not")


def check_wish(machines: Mapping[str, Definition], state: str | None, machine: str | None) -> None:
    """Raises ValueError for a machine that is not loaded, or a state that it, or none, has;
    TypeError for what is no name, such as a list of them."""
    for what, given in (("state", state), ("machine", machine)):
        if not isinstance(given, str | None):
            kind = type(given).__name__
            raise TypeError(f"{what} must be one name, not {kind}: register once for each")
    if machine is not None and machine not in machines:
        known = ", ".join(sorted(machines))
        meant = _meant(machine, machines)
        raise ValueError(f"no machine {machine!r} is loaded, only {known}{meant}")
    asked = list(machines.values()) if machine is None else [machines[machine]]
    if state is not None and not any(state in one.states for one in asked):
        whose = "no loaded machine has a" if machine is None else f"machine {machine!r} has no"
        raise ValueError(f"{whose} state {state!r}{_state_meant(state, asked)}")


def former_names(
    machines: Mapping[str, Definition], state: str | None
) -> frozenset[tuple[str, str]]:
    """By machine, what the state was called when older transitions were saved."""
    return frozenset(
        (name, old)
        for name, machine in machines.items()
        if state is not None and state in machine.states
        for old in machine.states[state].formerly
    )


def _state_meant(state: str, machines: Collection[Definition]) -> str:
    today = {name for one in machines if (name := one.today(state)) is not None}
    if today:
        return f"; today it is called {_either(sorted(today))}"
    states = {name: None for one in machines for name in one.states}
    return _meant(state, states) or "; the names are those of engine.machines[...].states"


def _meant(name: str, names: Collection[str]) -> str:
    close = list(dict.fromkeys([*_ending(name, names), *get_close_matches(name, names)]))
    return f"; did you mean {_either(close[:3])}?" if close else ""


def _ending(name: str, names: Collection[str]) -> Iterator[str]:
    """Of a part's state, people may know the last part of the name only."""
    return (one for one in names if one.endswith(f".{name}"))


def _either(names: list[str]) -> str:
    return " or ".join(map(repr, names))
