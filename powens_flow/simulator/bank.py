"""What the bank behind a source does: it takes the source through its scenario, step by step."""

from datetime import timedelta

import attrs

from powens_flow.simulator.connectors import Connector, Source
from powens_flow.simulator.domain import Domain
from powens_flow.simulator.errors import ApiError
from powens_flow.simulator.logins import Scenario, Step
from powens_flow.simulator.views import account_view, connection_view, subscription_view
from powens_flow.simulator.world import Account, Connection, ConnectionSource, User


def add_source(
    sim: Domain, user: User, connection: Connection, source: Source, login: str
) -> ConnectionSource:
    """Adds a source with these credentials. Raises ApiError, and keeps nothing, if refused."""
    place = len(connection.sources) + 1
    scenario = admitted(sim, user, connection.connector, source, login=login, place=place)
    added = ConnectionSource(
        sim.ids.number("source"), source, sim.clock.now(), login, list(scenario.steps)
    )
    connection.sources.append(added)
    _begin(sim, connection, added, scenario)
    return added


def new_login(
    sim: Domain, user: User, connection: Connection, on: ConnectionSource, login: str
) -> None:
    """Tries other credentials on a source. Raises ApiError, and changes nothing, if refused."""
    place = connection.sources.index(on) + 1
    scenario = admitted(sim, user, connection.connector, on.source, login=login, place=place)
    on.login, on.steps = login, list(scenario.steps)
    _begin(sim, connection, on, scenario)


def admitted(
    sim: Domain, user: User, connector: Connector, source: Source, *, login: str, place: int
) -> Scenario:
    """The login's scenario without its refusals; raises ApiError while one of them is due."""
    scenario = sim.logins.scenario(login, source.name, place)
    steps = list(scenario.steps)
    while steps and steps[0].refuse is not None:
        _refuse(user, (connector.id, source.name, login, len(steps)), steps.pop(0))
    return attrs.evolve(scenario, steps=tuple(steps))


def _refuse(user: User, key: tuple[object, ...], step: Step) -> None:
    if step.times is not None and user.refusals[key] >= step.times:
        return
    user.refusals[key] += 1
    code = step.refuse or "wrongpass"
    if code == "webauthRequired":  # the values will not do: the bank's page is open instead
        user.sent_to_page.add(key[:2])
    raise ApiError(code, "The bank's answer to these values", message=step.message)


def _begin(sim: Domain, connection: Connection, on: ConnectionSource, scenario: Scenario) -> None:
    on.with_accounts, on.sync_seconds = scenario.accounts, scenario.sync
    enter(sim, connection, on)


def enter(sim: Domain, connection: Connection, on: ConnectionSource) -> None:
    """The source's next step begins, or with none left it is synced."""
    step = on.step
    if step is None:
        synced(sim, connection, on)
        return
    if step.refuse is not None:  # a refusal in mid-course shows as the state of that name
        step = on.steps[0] = sim.logins.step(step.refuse, step.message)
    on.resumed, on.polls_left, on.refusals_left = False, step.n, step.refuse_first
    on.heals_at = None
    if step.until == "seconds":
        on.heals_at = sim.later(step.n, lambda: _heal(sim, connection, on, step))
    _tell_synced(sim, connection)


def passed(sim: Domain, connection: Connection, on: ConnectionSource) -> None:
    """What the bank asked for was given: on to the next step."""
    on.steps.pop(0)
    enter(sim, connection, on)


def _heal(sim: Domain, connection: Connection, on: ConnectionSource, step: Step) -> None:
    if on.step is not step or on.disabled or not sim.keeps(connection):
        return
    if on.heals_at and on.heals_at <= sim.clock.now():  # not begun anew since this was planned
        passed(sim, connection, on)


def enable(sim: Domain, connection: Connection, on: ConnectionSource) -> None:
    """A source set aside is used again; what would have healed meanwhile heals now."""
    on.disabled = None
    if on.step and on.step.until == "seconds":
        _heal(sim, connection, on, on.step)


def polled(sim: Domain, connection: Connection) -> None:
    """A read of the connection: approvals that wait for polls come nearer."""
    for on in connection.enabled:
        if on.step and (on.step.until == "polls" or (on.step.until == "resume" and on.resumed)):
            poll(sim, connection, on)


def poll(sim: Domain, connection: Connection, on: ConnectionSource) -> None:
    on.polls_left -= 1
    if on.polls_left <= 0:
        passed(sim, connection, on)


def force_sync(sim: Domain, connection: Connection, only: str | None = None) -> None:
    """A sync of one source or all: what waits for one goes on, what is well is read again."""
    for on in connection.enabled:
        if only in (None, on.source.name):
            _sync(sim, connection, on)


def _sync(sim: Domain, connection: Connection, on: ConnectionSource) -> None:
    if on.step is None:
        synced(sim, connection, on)
    elif on.step.until == "sync":
        passed(sim, connection, on)


def synced(sim: Domain, connection: Connection, on: ConnectionSource) -> None:
    """The source is in order: its accounts are found, its consent runs, a sync may take a while."""
    now = sim.clock.now()
    on.last_update = now
    if on.source.consent_days:
        on.access_expire = now + timedelta(days=on.source.consent_days)
    if on.sync_seconds:
        connection.locked_until = now + timedelta(seconds=on.sync_seconds)
        on.sync_seconds = 0  # the first sync is the long one
    if on.with_accounts:
        _find_accounts(sim, connection, on)
    _tell_synced(sim, connection)


def _find_accounts(sim: Domain, connection: Connection, on: ConnectionSource) -> None:
    if not on.accounts:
        on.accounts = [_found(sim, connection, on, "account", one) for one in on.source.accounts]
        for account in on.accounts:
            _tell(
                sim,
                connection,
                "ACCOUNT_FOUND",
                account_view(sim.settings, account) | {"id_user": connection.id_user},
            )
    if not on.subscriptions:
        on.subscriptions = [
            _found(sim, connection, on, "subscription", one) for one in on.source.subscriptions
        ]
        for one in on.subscriptions:
            _tell(sim, connection, "SUBSCRIPTION_FOUND", subscription_view(sim.settings, one))


def _found(
    sim: Domain,
    connection: Connection,
    on: ConnectionSource,
    kind: str,
    facts: attrs.AttrsInstance,
) -> Account:
    return Account(
        sim.ids.number(kind),
        connection.id,
        on.id if on.source.name else None,
        attrs.asdict(facts),
        disabled=sim.clock.now(),
    )


def _tell_synced(sim: Domain, connection: Connection) -> None:
    if sim.settings.webhook_url is None:
        return
    expand: dict[str, dict[str, object]] = {"all_accounts": {}, "sources": {}}
    shape = connection_view(sim.settings, connection, expand)
    shape["accounts"] = shape.pop("all_accounts")
    _tell(sim, connection, "CONNECTION_SYNCED", {"connection": shape})
    if connection.state is None:
        found = {"connection": {"id": connection.id}, "accounts": shape["accounts"]}
        _tell(sim, connection, "ACCOUNTS_FETCHED", found)


def _tell(sim: Domain, connection: Connection, event: str, shape: dict[str, object]) -> None:
    sim.outbox.tell(sim.user(connection.id_user), event, shape)
