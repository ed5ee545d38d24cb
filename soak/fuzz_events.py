"""Fuzz: events and callbacks, as JSON that nobody checked before."""

import json
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from powens_flow import snapshot
from powens_flow.api import PowensError
from powens_flow.engine import Engine
from powens_flow.errors import (
    EventNotAccepted,
    EventRefused,
    NoSuchAttempt,
    Working,
    WrongValues,
)
from powens_flow.events import EVENTS, Event, InvalidEvent, event_from_json
from soak.bringing import brought, process
from soak.idle import Idle
from soak.junk import Junk
from soak.line import Tally
from soak.owner import OWNER
from soak.stage import stage, unhandled

UNCHANGED: Final = (InvalidEvent, EventNotAccepted, EventRefused, WrongValues, NoSuchAttempt)
"""What `Owner.send` raises instead of taking an event: the attempt is as it was."""
DOCUMENTED: Final = (*UNCHANGED, Working, PowensError)

VALID: Final[Mapping[str, Mapping[str, Any]]] = {
    "choose_connector": {"connector": "40"},
    "choose_source": {"source": "directaccess"},
    "submit_values": {"values": {"login": "camille", "password": "a.b.c.d.e", "code": "1"}},
    "returned": {"parameters": {"id_connection": "3001", "state": "pf.x", "error": "server_error"}},
    "choose_accounts": {"accounts": [4001, 4002], "subscriptions": []},
    "add_source": {"source": "openapi"},
    "repair_connection": {"connection": 3001},
}
"""An event of each type that has keys; the others have none."""

EVENT_WAITS: Final = (
    "choosing_connector",
    "choosing_accounts",
    "already_connected",
    "opening_user.interrupted",
    "source.choosing_source",
    "source.filling_in",
    "source.finding_out",
    "source.state.at_bank",
    "source.state.refused_at_bank",
    "source.state.asking_information",
    "source.state.approving",
    "source.state.acting_at_bank",
    "source.state.waiting_out",
    "source.state.stuck",
    "repair.state.renewing_password",
)
CALLBACK_WAITS: Final = ("source.state.at_bank", "repair.state.at_bank")
AT_A_TIME: Final = 150
"""Inputs that one attempt gets, if it does not end before."""


def parsed(tally: Tally, junk: Junk, count: int) -> None:
    """Events made from JSON: an event, or `InvalidEvent`."""
    for _ in range(count):
        tally.tried += 1
        data = _event(junk)
        try:
            event = event_from_json(data)
        except InvalidEvent:
            continue
        except Exception as error:
            tally.add("unhandled", f"event_from_json: {type(error).__name__}")
            continue
        if not isinstance(event, Event) or event_from_json(event.to_json()) != event:
            tally.add("lost", f"the event {event.trigger} is not the same from its own JSON")


def _event(junk: Junk) -> Any:
    if junk.random.random() < 0.2:
        return junk.value()
    name = junk.random.choice(sorted(EVENTS))
    data = {"type": name, **VALID.get(name, {})}
    return junk.spoilt(data, times=junk.random.choice((0, 1, 1, 1, 2, 3)))


def _callback(junk: Junk) -> Any:
    """What a bank's redirect might bring."""
    parameters: dict[str, Any] = dict(VALID["returned"]["parameters"])
    for _ in range(junk.random.randrange(1, 4)):
        key = junk.random.choice(("id_connection", "connection_id", "state", "error", junk.text()))
        parameters[key] = junk.text() if junk.random.random() < 0.9 else junk.value()
    if junk.random.random() < 0.5:
        parameters.pop("error", None)
    return {"type": "returned", "parameters": parameters}


async def sent(tally: Tally, junk: Junk, count: int, *, callbacks: bool = False) -> None:
    """Events, or callbacks only, sent to attempts that wait."""
    enough = tally.tried + count
    while tally.tried < enough:
        state = junk.random.choice(CALLBACK_WAITS if callbacks else EVENT_WAITS)
        with TemporaryDirectory() as folder:
            path = Path(folder) / "attempts.db"
            async with unhandled() as escaped, stage() as on, process(on, path) as (store, engine):
                idle = await brought(on, store, engine, ("add_connection", state))
                await _pelted(tally, junk, engine, idle, callbacks=callbacks)
                await loadable(tally, engine, idle.attempt_id)
        for words in escaped:
            tally.add("unhandled", f"{state}: {words}")


async def _pelted(tally: Tally, junk: Junk, engine: Engine, idle: Idle, *, callbacks: bool) -> None:
    for _ in range(AT_A_TIME):
        before = await idle.attempt()
        if before.due_at is None:
            return
        tally.tried += 1
        data = _callback(junk) if callbacks else _event(junk)
        attempt_id = idle.attempt_id if junk.random.random() < 0.97 else junk.text()
        try:
            view = await engine.for_owner(OWNER).send(attempt_id, data)
            json.dumps(view.prompt.to_json())
        except UNCHANGED as error:
            if await idle.attempt() != before:
                tally.add("lost", f"{before.state}: changed by {type(error).__name__}")
        except DOCUMENTED:
            continue
        except Exception as error:
            tally.add("unhandled", f"{before.state}: {type(error).__name__}")


async def loadable(tally: Tally, engine: Engine, attempt_id: str) -> None:
    """The stored attempt can be loaded, shown and stored again."""
    try:
        attempt = await engine.store.load(attempt_id)
        assert attempt is not None, "it was made here"
        view = await engine.for_owner(attempt.owner).get(attempt_id)
        json.dumps(view.prompt.to_json(), ensure_ascii=False).encode()
        if snapshot.load(snapshot.dump(attempt)) != attempt:
            tally.add("lost", f"{attempt.state}: not the same from its own snapshot")
    except Exception as error:
        tally.add("lost", f"not loadable: {type(error).__name__}")
