"""What the machines say, taken through the engine: each state wherever it stands, each way out.

With the recorder of `tests/taken.py` this is what keeps `make transitions-check` true: every
transition of every machine is taken by a test, by a drive, and its row saved by a store.
"""

from contextlib import suppress
from pathlib import Path

import pytest

from powens_flow import events as e
from powens_flow import vocabulary as v
from powens_flow.attempt import Attempt, JournalRow
from powens_flow.engine import Engine
from powens_flow.keyring import Keyring
from powens_flow.listeners import Change
from powens_flow.machine import Definition, Machines, load_machines
from powens_flow.machine.compose import INTERRUPTED
from powens_flow.store.sqlite import SQLiteStore
from powens_flow.testing import ManualClock, World, counted_ids, world
from powens_flow.vault import MemoryVault
from powens_flow.view import View
from tests.e2e.exploring import (
    CLOCK,
    PLAIN_EVENTS,
    Album,
    Bench,
    Taken,
    Told,
    Try,
    keeping,
    key,
    tries,
)
from tests.e2e.places import FURTHER, LOGINS, PLACES
from tests.e2e.story import OWNER, OpenWorld, policy, shown

PROMPTS = {
    "SCARequired": None,
    "webauthRequired": ("open_url", "webauth.open"),
    "additionalInformationNeeded": ("fill_in_fields", "state.additionalInformationNeeded"),
    "decoupled": ("approve_on_device", "state.decoupled"),
    "validating": ("wait", "state.validating"),
    "wrongpass": ("fill_in_fields", "state.wrongpass"),
    "passwordExpired": ("fill_in_fields", "state.passwordExpired"),
    "actionNeeded": ("act_at_bank", "state.actionNeeded"),
    "rateLimiting": ("wait", "state.temporary"),
    "solarEclipse": ("try_again", "state.unknown"),
}

MINUTE = 60.0
KEYRING = Keyring.generate()
"""What stories sealed, their forks open."""

OURS = {"add_connection", "reconnect"}
ELSEWHERE = {
    ("fetching_connector", "done"),  # with a connection of the bank: `test_reconnect.py`
    ("listing_new_accounts", "done"),  # with accounts: `test_reconnect.py`
    ("listing_accounts", "done"),
    ("activating_accounts", "done"),  # with accounts and subscriptions: `test_consent.py`
}
"""What needs more of an outcome than its class: taken by other tests, over the simulator."""

TRIGGERS = {*v.OUTCOMES, *(event.trigger for event in PLAIN_EVENTS), *CLOCK}


@pytest.mark.parametrize("state", PROMPTS)
@pytest.mark.parametrize("place", PLACES)
async def test_a_connection_state_asks_for_the_same_wherever_it_stands(
    open_world: OpenWorld, place: str, state: str
) -> None:
    w = await open_world()
    driver, view = await PLACES[place].begin(w, state, OWNER)

    prompt = PROMPTS[state]
    if prompt is None:
        await driver.run(view)
    else:
        view = await driver.until(prompt[1], view=view)
        assert shown(view) == prompt
        await driver.run(view)

    states = [row.source for row in await w.engine.history(view.attempt_id)]
    assert any(one.startswith(f"{PLACES[place].part}.") for one in states)
    assert driver.steps[-1].view.prompt.kind == "done"


# --- each way out of each state -----------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(OURS))
async def test_whatever_comes_in_any_state_the_attempt_goes_on_or_can_be_ended(
    name: str, tmp_path: Path
) -> None:
    told = Told(await _stories(name))
    machines = load_machines(told.registry())
    async with world(keyring=KEYRING) as w, SQLiteStore(tmp_path / "forks.sqlite") as store:
        engines = [_engine(w, store, machines, process) for process in ("a", "b")]
        async with engines[0], engines[1]:
            bench = Bench(engines[0], store, w.clock, told)
            untaken = {key(t) for t in machines[name].transitions if t.trigger in TRIGGERS}
            while taken := await _a_round(bench, engines[1], machines[name], untaken):
                untaken -= taken

    assert {one[:2] for one in untaken} <= ELSEWHERE


def _engine(w: World, store: SQLiteStore, machines: Machines, process: str) -> Engine:
    return Engine(
        w.api,
        store,
        MemoryVault(),
        w.keyring,
        policy=policy(),
        machines=machines,
        clock=w.clock,
        new_id=counted_ids(process),
        grace=0.0,
    )


async def _a_round(
    bench: Bench, other: Engine, machine: Definition, untaken: set[Taken]
) -> set[Taken]:
    """Take each transition that the snapshots so far let be taken; those that were."""
    done: set[Taken] = set()
    for one in machine.transitions:
        if key(one) in untaken:
            now = bench.engine.clock.now()
            found = next(tries(bench.told.album, machine, one, now), None)
            if found is not None:
                await _check(bench, other, machine, found, key(one))
                done.add(key(one))
    return done


async def _check(
    bench: Bench, other: Engine, machine: Definition, one: Try, expected: Taken
) -> None:
    attempt_id = await bench.happens(one)
    attempt = await bench.store.load(attempt_id)
    assert attempt is not None
    bench.told.album.add(attempt)
    first, *_ = await _replayed(bench, machine, attempt_id)
    assert (first.source, first.trigger, first.dest) == expected[:3]
    view = await _seen_by_another_process(other, machine, attempt, first.dest)
    if machine.state(attempt.state).kind != "final":
        await _ended(other, bench.clock, machine, attempt, view)
        await _replayed(bench, machine, attempt_id)


async def _replayed(bench: Bench, machine: Definition, attempt_id: str) -> list[JournalRow]:
    """The journal: each row leads where it led."""
    rows = await bench.store.history(attempt_id)
    for row, after in zip(rows, (*rows[1:], None), strict=True):
        assert machine.replay(row.source, row.trigger, row.guards).to == row.dest
        assert after is None or after.source == row.dest
    return list(rows)


async def _seen_by_another_process(
    other: Engine, machine: Definition, attempt: Attempt, came_to: str
) -> View:
    """It rests where somebody knows what to do: at an end, or where something is waited for."""
    view = await other.for_owner(attempt.owner).get(attempt.id)
    assert view.state == attempt.state
    assert view.prompt.kind in v.PROMPT_KINDS
    kind = machine.state(attempt.state).kind
    assert kind != "calling" or attempt.due_at is not None, "nobody would go on with it"
    if kind == "waiting":
        assert view.prompt.until is not None
        assert "cancel" in view.prompt.accepts
    if came_to.endswith(f".{INTERRUPTED}"):
        assert attempt.state == came_to
        assert "try_again" in view.prompt.accepts
        assert view.prompt.message_key.startswith("interrupted.")
    return view


async def _ended(
    other: Engine, clock: ManualClock, machine: Definition, attempt: Attempt, view: View
) -> None:
    """From wherever it is, it can be cancelled; while it is cleaned up, it ends by itself."""
    owner = other.for_owner(attempt.owner)
    if "cancel" in view.prompt.accepts:
        await owner.send(view.attempt_id, e.Cancel())
    else:
        clock.advance(MINUTE)
        await other.tick()
    ended = await owner.get(view.attempt_id)
    assert machine.state(ended.state).kind == "final"
    assert ended.state != "completed"


# --- the stories --------------------------------------------------------------------------------


async def _stories(name: str) -> Album:
    """Attempts over the simulator, by the real handlers: the states that they came to."""
    album = Album(name)
    machines = load_machines(keeping(album))
    begins = [
        (place.begin, state)
        for place in PLACES.values()
        if place.machine == name
        for state in LOGINS
    ]
    async with world(machines=machines, keyring=KEYRING) as w:

        @w.engine.on()
        async def rested(change: Change) -> None:
            album.add(change.attempt)

        for number, (begin, state) in enumerate([*begins, *((b, "") for b in FURTHER[name])]):
            driver, view = await begin(w, state, f"owner-{number}")
            with suppress(RuntimeError):  # it need not come to an end
                await driver.run(view)
        await w.engine.settled(within=1.0)
    return album
