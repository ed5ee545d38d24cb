"""The calling states of `add_connection`: the user, the connector, consent, the token."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

from powens_flow import vocabulary as v
from powens_flow.api import PowensError
from powens_flow.api import models as m
from powens_flow.attempt import UNUSABLE, Attempt, Claim, Problem, User
from powens_flow.calls import user_key
from powens_flow.decisions.planning import gives, usable_sources
from powens_flow.decisions.waiting import user_ends_first
from powens_flow.evolving import evolve
from powens_flow.handlers import shapes
from powens_flow.handlers.context import Context
from powens_flow.handlers.failures import outcome_of
from powens_flow.handlers.registry import handlers
from powens_flow.outcomes import Outcome
from powens_flow.policy import REPAIR

MAKING_A_USER = timedelta(seconds=120)
"""How long the right to make the owner's user is held before another attempt may take it."""


@handlers.handler("open_user")
async def open_user(context: Context, attempt: Attempt) -> Outcome:
    """The owner's user: kept in the vault, being made by another attempt, or made here."""
    kept = await context.call("kept_user")
    if kept is not None:
        return _opened(kept)
    claim = await context.call("claim_user", until=context.now() + MAKING_A_USER)
    if claim.data:
        return _opened(_shared(claim, attempt))
    if claim.attempt_id != attempt.id:
        return Outcome(v.LOCKED, problem=Problem("user.being_made"), retry_after=1.0)
    # Another attempt gives its claim up only when the vault has its user: look once more.
    kept = await context.call("kept_user")
    if kept is not None:
        return _opened(kept, dropped_claims=(user_key(attempt),))
    if context.recovering:  # an earlier run may have made one: it cannot be found
        attempt = context.note(orphans=attempt.orphans + 1)
    try:
        # An orphan that is permanent would never die: after one, the user is temporary first.
        permanent = attempt.policy.permanent_user and not attempt.orphans
        user = await context.call("init_user", permanent=permanent)
    except PowensError as error:
        if error.may_have_acted:
            context.note(orphans=attempt.orphans + 1)
        return outcome_of(error, writing=True)
    return _opened(user, claims=(_claimed(attempt, user, context),))


def _opened(user: User, **claims: Any) -> Outcome:
    """The journal keeps its id: an attempt that ends without a result has its user no more."""
    return Outcome(v.DONE, {"user": user}, {"user": user.id}, **claims)


def _claimed(attempt: Attempt, user: User, context: Context) -> Claim:
    data = {
        "id": user.id,
        "token": user.token,
        "permanent": user.permanent,
        "expires_at": user.expires_at.isoformat() if user.expires_at else None,
    }
    until = user.expires_at or context.now() + timedelta(days=1)
    return Claim(user_key(attempt), attempt.id, until, data)


def _shared(claim: Claim, attempt: Attempt) -> User:
    """The user that the claim's attempt made: one owner has one Powens user."""
    return User(
        id=claim.data["id"],
        token=claim.data["token"],
        permanent=claim.data["permanent"],
        made_here=claim.attempt_id == attempt.id,
        expires_at=claim.until if claim.data["expires_at"] else None,
    )


@handlers.handler("fetch_connector")
async def fetch_connector(context: Context, attempt: Attempt) -> Outcome:
    """The chosen connector, if it may be used, and the connections that exist before."""
    policy = attempt.policy
    ref = attempt.connector_ref or policy.connectors[0]
    read: m.Connector = await context.call("connector", ref=ref)
    if not is_allowed(read, attempt):
        return Outcome(v.REFUSED_INPUT, problem=Problem("connector.not_allowed"))
    connector = shapes.connector(read)
    if not usable_sources(connector, policy):
        return Outcome(v.UNSUPPORTED, problem=Problem("connector.no_source"))
    changes = {"connector": connector, **await _known(context, attempt, read)}
    facts = {"connector": connector.uuid, "existing": list(changes["existing"])}
    return Outcome(v.DONE, changes, facts)


async def _known(context: Context, attempt: Attempt, connector: m.Connector) -> dict[str, Any]:
    """The ids of the connections that exist before; a user made here has none."""
    user = attempt.user
    connections: tuple[m.Connection, ...] = ()
    if user is not None and (user.permanent or not user.made_here):
        connections = await context.call("connections")
    same = [
        one.id
        for one in connections
        if one.id_connector == connector.id or one.connector_uuid == connector.uuid
    ]
    repaired = same and attempt.policy.existing == REPAIR
    return {
        "known_connections": tuple(one.id for one in connections),
        "existing": tuple(same),
        **({"id_connection": max(same)} if repaired else {}),
    }


def is_allowed(read: m.Connector, attempt: Attempt) -> bool:
    """Whether a new connection of it may be made: not hidden, not restricted, as policy says."""
    policy = attempt.policy
    countries = [country.id.casefold() for country in read.countries]
    return (
        not read.hidden
        and not read.restricted
        and (policy.beta or not read.beta)
        and (not policy.connectors or not {read.uuid, str(read.id)}.isdisjoint(policy.connectors))
        and gives(read.capabilities, policy.capabilities)
        and gives(read.account_types, policy.account_types)
        and gives(read.account_usages, policy.account_usages)
        and gives(countries, [country.casefold() for country in policy.countries])
    )


@handlers.handler("list_accounts")
async def list_accounts(context: Context, attempt: Attempt) -> Outcome:
    """What was found, to be approved; a connector without documents has no subscriptions.

    That a further source turned out to be unusable is said with it: it is on offer no more.
    """
    accounts = await context.call("accounts")
    capabilities = attempt.connector.capabilities if attempt.connector else ()
    subscriptions: Any = ()
    if not capabilities or "document" in capabilities:
        subscriptions = await context.call("subscriptions")
    changes = {
        "accounts": tuple(shapes.account(one) for one in accounts if not one.deleted),
        "subscriptions": tuple(shapes.subscription(one) for one in subscriptions),
        "source": None,
        "wanted_source": None,
        "asked": (),
        "asked_for": None,
    }
    facts = {
        "accounts": len(accounts),
        "subscriptions": len(subscriptions),
        "user_ends_first": user_ends_first(attempt, context.now()),
    }
    left_out = [fate.name for fate in attempt.sources if fate.fate == UNUSABLE]
    problem = attempt.problem if attempt.source in left_out else None
    return Outcome(v.DONE, changes, facts, problem)


@handlers.handler("activate_accounts")
async def activate_accounts(context: Context, attempt: Attempt) -> Outcome:
    """The user's consent, carried out for accounts. Enabling twice is enabling once."""
    assert attempt.consent is not None, "given in choosing_accounts"
    ids = attempt.consent.accounts
    if _is_again(context, attempt):  # find out first what the earlier try achieved
        ids = _still_disabled(ids, await context.call("accounts"))
    if ids:
        await context.call("activate_accounts", ids=ids)
    return Outcome(v.DONE, facts={"accounts": list(attempt.consent.accounts)})


@handlers.handler("activate_subscriptions")
async def activate_subscriptions(context: Context, attempt: Attempt) -> Outcome:
    """The user's consent, carried out for subscriptions."""
    assert attempt.consent is not None, "given in choosing_accounts"
    ids = attempt.consent.subscriptions
    if _is_again(context, attempt):
        ids = _still_disabled(ids, await context.call("subscriptions"))
    if ids:
        await context.call("activate_subscriptions", ids=ids)
    return Outcome(v.DONE, facts={"subscriptions": list(attempt.consent.subscriptions)})


def _is_again(context: Context, attempt: Attempt) -> bool:
    return context.recovering or attempt.tries > 0


def _still_disabled(
    ids: tuple[int, ...], read: tuple[m.Account | m.Subscription, ...]
) -> tuple[int, ...]:
    enabled = {one.id for one in read if not one.disabled}
    return tuple(one for one in ids if one not in enabled)


@handlers.handler("exchange_token")
async def exchange_token(context: Context, attempt: Attempt) -> Outcome:
    """The temporary user made permanent, unless it is already."""
    known = await _already_permanent(context, attempt)
    if known is not None:
        return known
    if context.recovering:
        return Outcome(v.UNKNOWN)
    context.note(exchange_tried=True)
    return _permanent(attempt, await context.call("exchange_token"))


@handlers.handler("renew_token")
async def renew_token(context: Context, attempt: Attempt) -> Outcome:
    """The documented way back when the exchange's answer was lost, or its code burnt."""
    known = await _already_permanent(context, attempt)
    return known or _permanent(attempt, await context.call("renew_token"))


async def _already_permanent(context: Context, attempt: Attempt) -> Outcome | None:
    user = attempt.user
    assert user is not None, "opened first"
    if user.permanent:
        return Outcome(v.DONE)
    if user.made_here:
        return None
    kept = await context.call("kept_user")
    return Outcome(v.DONE, {"user": kept}) if kept is not None and kept.id == user.id else None


def _permanent(attempt: Attempt, token: str) -> Outcome:
    assert attempt.user is not None, "opened first"
    user = evolve(attempt.user, token=token, permanent=True, expires_at=None)
    return Outcome(v.DONE, {"user": user})


@handlers.handler("exchange_early")
async def exchange_early(context: Context, attempt: Attempt) -> Outcome:
    """The same before a wait that the temporary user would not outlive."""
    attempt = context.note(early_tried=True)
    return await _early(context, attempt, exchange_token)


@handlers.handler("renew_early")
async def renew_early(context: Context, attempt: Attempt) -> Outcome:
    """The way back for it."""
    return await _early(context, attempt, renew_token)


async def _early(
    context: Context, attempt: Attempt, ask: Callable[[Context, Attempt], Awaitable[Outcome]]
) -> Outcome:
    """Where it fails the attempt goes on, and no form shows it as an error of the user's."""
    try:
        outcome = await _kept(context, await ask(context, attempt))
    except PowensError as error:
        outcome = outcome_of(error, writing=True)
    return evolve(outcome, problem=attempt.problem)


async def _kept(context: Context, outcome: Outcome) -> Outcome:
    user = outcome.changes.get("user")
    if user is None:
        return outcome
    context.note(user=user)
    await context.call("keep_user")
    return evolve(outcome, changes={"user": evolve(user, kept=True)})


@handlers.handler("keep_token")
async def keep_token(context: Context, attempt: Attempt) -> Outcome:
    """The permanent token in the vault, before the attempt is called completed."""
    assert attempt.user is not None, "opened first"
    if not attempt.user.kept:
        await context.call("keep_user")
    user = evolve(attempt.user, kept=True)
    return Outcome(v.DONE, {"user": user}, dropped_claims=(user_key(attempt),))
