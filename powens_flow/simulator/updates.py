"""What a POST to an existing connection means: decided first, then done, which may take time."""

from collections.abc import Callable, Mapping
from functools import partial

import attrs

from powens_flow.simulator import bank
from powens_flow.simulator.call import Call
from powens_flow.simulator.connectors import CREDENTIALS, WEBAUTH
from powens_flow.simulator.domain import Domain
from powens_flow.simulator.errors import ApiError
from powens_flow.simulator.logins import Step
from powens_flow.simulator.values import check_values, chosen_source, sealed_values
from powens_flow.simulator.views import CODE_FIELD
from powens_flow.simulator.world import Connection, ConnectionSource


@attrs.frozen
class Work:
    """What is to be done, after so many seconds of the simulator's time."""

    act: Callable[[], None]
    takes: float = 0


async def check_takes(sim: Domain, login: str, source: str, place: int) -> None:
    """Waits as long as the bank takes to check this login."""
    if seconds := sim.logins.scenario(login, source, place).check:
        await sim.clock.sleep(seconds)
        sim.tick()


async def run(call: Call, connection: Connection, work: Work) -> None:
    """Does the work; the connection is locked while it takes time. Raises what it raises."""
    connection.checking = True
    try:
        if work.takes:
            await call.sim.clock.sleep(work.takes)
            call.sim.tick()
            call.connection()  # it may have been deleted meanwhile
        work.act()
    finally:
        connection.checking = False


async def run_quietly(call: Call, connection: Connection, work: Work) -> None:
    """As `run`, in the background: nobody hears of a refusal, which leaves all as it was."""
    try:
        await run(call, connection, work)
    except ApiError:
        return


def check_unlocked(call: Call, connection: Connection) -> None:
    """Raises ApiError 409 while a sync or a check of values runs."""
    until = connection.locked_until
    if connection.checking or (until and call.sim.clock.now() < until):
        raise ApiError("connectionLocked", "A synchronisation is running")


def planned(call: Call, connection: Connection) -> Work:
    """Tells apart: a further source, a resume, a renewed consent, values, a forced sync."""
    check_unlocked(call, connection)
    call.flag("psu_requested")
    values = sealed_values(call)
    name = call.query.get("source")
    if name and connection.named(name) is None:
        return _further_source(call, connection, name, values)
    if call.body.get("resume") is True:
        return _resume(call, connection, name)
    if call.body.get("refresh_auth") is True:
        return _refresh(call, connection, name)
    if values:
        return _values(call, connection, name, values)
    return Work(lambda: bank.force_sync(call.sim, connection, name))


def _further_source(
    call: Call, connection: Connection, name: str, values: Mapping[str, str]
) -> Work:
    sim, connector = call.sim, connection.connector
    source = chosen_source(connector, name, CREDENTIALS)
    needed = connector.fields_for(source, [one.source for one in connection.sources])
    check_values(call, values, connector.fields, needed)
    login = values.get(connector.login_field, connection.login)
    place = len(connection.sources) + 1

    def act() -> None:
        bank.add_source(sim, call.user, connection, source, login)

    return Work(act, sim.logins.scenario(login, name, place).check)


def _target(connection: Connection, name: str | None) -> ConnectionSource:
    named = connection.named(name) if name else connection.failing
    return named or connection.sources[0]


def _resume(call: Call, connection: Connection, name: str | None) -> Work:
    sim = call.sim
    on = _waiting_for_resume(connection, name)
    if on is None:
        return Work(lambda: None)
    on.resumed = True
    if call.query.get("background") == "true" or not on.step:
        return Work(lambda: None)
    if on.heals_at is not None:
        return Work(sim.tick, (on.heals_at - sim.clock.now()).total_seconds())
    if on.step.until == "resume":
        takes = sim.settings.resume_block_seconds if on.polls_left > 1 else 0
        return Work(partial(_poll, sim, connection, on, on.step), takes)
    return Work(lambda: None, sim.settings.resume_block_seconds)


def _poll(sim: Domain, connection: Connection, on: ConnectionSource, step: Step) -> None:
    if on.step is step:  # a read may have been the last poll, or the state another, meanwhile
        bank.poll(sim, connection, on)


def _waiting_for_resume(connection: Connection, name: str | None) -> ConnectionSource | None:
    waiting = [s for s in connection.enabled if s.state in ("decoupled", "validating")]
    return next((s for s in waiting if name in (None, s.source.name)), None)


def _refresh(call: Call, connection: Connection, name: str | None) -> Work:
    of_consent = [s for s in connection.enabled if s.source.consent_days]
    on = next((s for s in of_consent if name in (None, s.source.name)), None)
    if on is None:
        raise ApiError("notSupported", "No source with a consent to renew")
    state = "webauthRequired" if on.source.auth_mechanism == WEBAUTH else "decoupled"

    def act() -> None:
        on.steps.insert(0, call.sim.logins.step(state))
        bank.enter(call.sim, connection, on)

    return Work(act)


def _values(
    call: Call, connection: Connection, name: str | None, values: Mapping[str, str]
) -> Work:
    on = _target(connection, name)
    if on.state == "additionalInformationNeeded":
        return _answered(call, connection, on, values)
    check_values(call, values, connection.connector.fields, ())
    login = values.get(connection.connector.login_field, on.login)
    if login != on.login or on.step is None:
        return _other_login(call, connection, on, login)
    if on.step.until == "values":
        return Work(lambda: bank.passed(call.sim, connection, on))
    return Work(lambda: bank.force_sync(call.sim, connection, name))


def _other_login(call: Call, connection: Connection, on: ConnectionSource, login: str) -> Work:
    sim, place = call.sim, connection.sources.index(on) + 1

    def act() -> None:
        bank.new_login(sim, call.user, connection, on, login)

    return Work(act, sim.logins.scenario(login, on.source.name, place).check)


def _answered(
    call: Call, connection: Connection, on: ConnectionSource, values: Mapping[str, str]
) -> Work:
    sim, name = call.sim, str(CODE_FIELD["name"])
    for other in values.keys() - {name}:
        call.violate("unknown_key", other)
    if name not in values:
        raise ApiError("missingParameter", f"{name} is missing")

    def act() -> None:
        if on.refusals_left > 0 or values[name] != sim.logins.good_code:
            on.refusals_left -= 1
            raise ApiError("wrongpass", "The code was refused", message="Code incorrect.")
        bank.passed(sim, connection, on)

    return Work(act)
