"""Which source comes next, and which fields it needs.

Sources of a connector are added separately, lowest `priority` first; a disabled one is never
touched (protocol: "Connectors, sources, fields"). A connector without sources is planned as one
source without a name.
"""

from collections.abc import Collection, Iterable

from powens_flow.attempt import ADDED, AskedField, Attempt, Connector, Source
from powens_flow.policy import OFFER, RESTRICT, Policy

CREDENTIALS, WEBAUTH = "credentials", "webauth"


def usable_sources(connector: Connector, policy: Policy) -> tuple[Source, ...]:
    """The connector's sources that the policy wants, in the order in which they are added.

    With `restrict` a source must give one of the wanted account types and usages; a source that
    names none may give any.
    """
    if not connector.sources:
        return (Source(id=0, name="", mechanism=connector.mechanism),)
    enabled = [s for s in connector.sources if not s.disabled]
    return tuple(sorted((s for s in enabled if _wanted(s, policy)), key=lambda s: s.priority))


def _wanted(source: Source, policy: Policy) -> bool:
    if not gives(source.capabilities, policy.capabilities):
        return False
    return policy.sources != RESTRICT or (
        gives(source.account_types, policy.account_types)
        and gives(source.account_usages, policy.account_usages)
    )


def gives(has: Collection[str], wanted: Collection[str]) -> bool:
    """Whether `has` holds one of `wanted`; nothing wanted, or nothing said, is no obstacle."""
    return not wanted or not has or not set(wanted).isdisjoint(has)


def connector_is_settled(attempt: Attempt) -> bool:
    """Whether no other can be chosen: there is a connection of this one, or may still come to be
    (clean-up would not know of it then), or the policy allows no other."""
    made = attempt.id_connection is not None or attempt.unsure_since is not None
    return made or len(attempt.policy.connectors) == 1


def remaining_sources(attempt: Attempt) -> tuple[Source, ...]:
    """The sources that could still be added, in order."""
    if attempt.connector is None:
        return ()
    handled = {fate.name for fate in attempt.sources}.union(attempt.present_sources)
    return tuple(
        s for s in usable_sources(attempt.connector, attempt.policy) if s.name not in handled
    )


def added_sources(attempt: Attempt) -> tuple[str, ...]:
    """The names of the sources that were added in this attempt."""
    return tuple(fate.name for fate in attempt.sources if fate.fate == ADDED)


def offered_sources(attempt: Attempt) -> tuple[Source, ...]:
    """The sources on offer beside the accounts: with the policy `offer` the remaining ones."""
    return remaining_sources(attempt) if attempt.policy.sources == OFFER else ()


def source_is_still_wanted(attempt: Attempt) -> bool:
    """Whether another source has to be added before the user is asked for consent."""
    if attempt.policy.sources == OFFER and added_sources(attempt):
        return False
    return bool(remaining_sources(attempt))


def source_named(attempt: Attempt, name: str | None) -> Source | None:
    """The usable source of that name."""
    if attempt.connector is None or name is None:
        return None
    sources = usable_sources(attempt.connector, attempt.policy)
    return next((s for s in sources if s.name == name), None)


def mechanism_of(attempt: Attempt) -> str | None:
    """The mechanism of the source at hand, whatever the policy says of it."""
    source = None if attempt.source is None else _source_at(attempt, attempt.source)
    return None if source is None else source.mechanism


def next_source(attempt: Attempt) -> Source | None:
    """The source to add now: the wanted one, else the first that remains."""
    remaining = remaining_sources(attempt)
    named = next((s for s in remaining if s.name == attempt.wanted_source), None)
    return named or next(iter(remaining), None)


def passed_over(attempt: Attempt, name: str) -> tuple[str, ...]:
    """The remaining sources before `name`: choosing it gives them up, as order must be kept."""
    names = [s.name for s in remaining_sources(attempt)]
    return tuple(names[: names.index(name)]) if name in names else ()


def fields_of(attempt: Attempt, source: Source) -> tuple[AskedField, ...]:
    """The fields to ask for `source`: its own and its mechanism's, less those answered before.

    What an added source was not asked for, being of another mechanism, was not answered.
    """
    added = [_source_at(attempt, name) for name in added_sources(attempt)]
    return tuple(
        asked
        for asked in all_fields_of(attempt, source)
        if not (asked.sources and any(one and _applies(asked, one) for one in added))
        and not (not asked.sources and asked.name in attempt.answered)
    )


def all_fields_of(attempt: Attempt, source: Source) -> tuple[AskedField, ...]:
    """The fields of `source` and its mechanism, whatever was answered before.

    Webauth values travel as plain query parameters, so a `password` is never asked for there.
    """
    fields = attempt.connector.fields if attempt.connector else ()
    return tuple(asked for asked in fields if _applies(asked, source))


def own_fields(attempt: Attempt) -> tuple[AskedField, ...]:
    """All fields of the source at hand, whatever the policy says of it: to ask for them again."""
    source = _source_at(attempt, attempt.source or "")
    return all_fields_of(attempt, source) if source is not None else ()


def _source_at(attempt: Attempt, name: str) -> Source | None:
    """The source of that name, whatever the policy says; one that is not listed has the
    connector's mechanism."""
    connector = attempt.connector
    if connector is None:
        return None
    unlisted = Source(id=0, name=name, mechanism=connector.mechanism)
    return next((s for s in connector.sources if s.name == name), unlisted)


def _applies(asked: AskedField, source: Source) -> bool:
    return (
        _names(asked.sources, source.name)
        and _names(asked.mechanisms, source.mechanism)
        and not (source.mechanism == WEBAUTH and asked.type == "password")
    )


def _names(listed: Collection[str], name: str) -> bool:
    return not listed or not name or name in listed


def password_fields(attempt: Attempt) -> tuple[AskedField, ...]:
    """The password fields of the source being added or repaired, or of the connector."""
    if attempt.connector is None:
        return ()
    fields = of_source(attempt.connector.fields, attempt.source)
    return tuple(asked for asked in fields if asked.type == "password")


def of_source(fields: Iterable[AskedField], name: str | None) -> tuple[AskedField, ...]:
    """Those of `fields` that are not another source's."""
    return tuple(asked for asked in fields if _names(asked.sources, name or ""))


def fields_named(attempt: Attempt, names: Iterable[str]) -> tuple[AskedField, ...]:
    """The connector's fields of those names."""
    wanted = set(names)
    fields = attempt.connector.fields if attempt.connector else ()
    return tuple(asked for asked in fields if asked.name in wanted)
