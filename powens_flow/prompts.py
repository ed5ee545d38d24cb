"""What the user is to do now: a JSON-ready description for a UI, of a closed set of kinds.

A prompt is derived from the snapshot whenever it is asked for, and stored nowhere.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from attrs import field, frozen

from powens_flow.attempt import AskedField, Attempt, Problem, Source
from powens_flow.decisions import planning
from powens_flow.machine.compose import State
from powens_flow.machine.definition import Definition
from powens_flow.secret import Secret
from powens_flow.vocabulary import EVENT_TRIGGERS

WORKING = "working"


@frozen
class Prompt:
    """One prompt.

    `kind` is one of `vocabulary.PROMPT_KINDS`. `message_key` is stable, for an integrator's own
    texts; `bank_message` is the bank's own text, to be shown as it is. `error` says what went
    wrong with the last try: `key`, `message` (the bank's words), `code`, and `fields` (a message
    key for each wrong field). `accepts` lists the types of event that may be sent now. `until`
    is when this stops waiting. `content` depends on the kind:

    - `choose_connector`: nothing; the list comes from `Owner.connectors`.
    - `already_connected`: `connections`, the ids of those that the user has of this bank.
    - `choose_source`: `sources` (`name`, `mechanism`, `account_types`).
    - `fill_in_fields`: `fields` (`name`, `type`, `label`, `description`, `required`, `regex`,
      `values`, `error`), `sealed`: whether values have to be sealed.
    - `open_url`: `url`.
    - `wait`, `approve_on_device`, `working`: `next_look`.
    - `choose_accounts`: `accounts`, `subscriptions`, `offered` sources, `at_least_one`,
      `consent_wording` (the key of the text that is approved).
    - `done`, `failed`: nothing; see the result.
    """

    kind: str
    message_key: str
    accepts: tuple[str, ...] = ()
    until: datetime | None = None
    bank_message: str | None = field(default=None, repr=False)
    error: Problem | None = None
    connection_state: str | None = None
    connector: str | None = None
    source: str | None = None
    content: Mapping[str, Any] = field(factory=dict, repr=False)

    def to_json(self) -> dict[str, Any]:
        """The prompt as JSON values; keys that say nothing are left out."""
        plain: dict[str, Any] = {
            "kind": self.kind,
            "message_key": self.message_key,
            "accepts": list(self.accepts),
            "until": _iso(self.until),
            "bank_message": self.bank_message,
            "error": _error(self.error),
            "connection_state": self.connection_state,
            "connector": self.connector,
            "source": self.source,
            **self.content,
        }
        return {key: value for key, value in plain.items() if value is not None}


def prompt_of(attempt: Attempt, definition: Definition, opened: Callable[[str], Secret]) -> Prompt:
    """The prompt of the attempt's present state. `opened` opens a sealed address."""
    name = definition.today(attempt.state)
    if name is None:
        return Prompt("try_again", "attempt.outdated", ("cancel",), attempt.deadline_at)
    state = definition.state(name)
    takes = definition.accepts(name)
    if state.kind == "calling":
        return Prompt(
            WORKING,
            WORKING,
            fitting(attempt, takes),
            error=attempt.problem,
            content=_next_look(attempt),
        )
    kind = state.table.prompt or "failed"
    return Prompt(
        kind=kind,
        message_key=state.table.message or kind,
        accepts=fitting(attempt, takes),
        until=attempt.deadline_at if state.kind == "waiting" else None,
        bank_message=_bank_message(attempt, state),
        error=attempt.problem,
        connection_state=attempt.reading.state,
        connector=attempt.connector.name if attempt.connector else None,
        source=attempt.source or None,
        content=_content(kind, attempt, opened, takes),
    )


def fitting(attempt: Attempt, takes: tuple[str, ...]) -> tuple[str, ...]:
    """The events among these triggers, but for those that this attempt would refuse."""
    impossible = set()
    if not planning.added_sources(attempt):
        impossible.add("skip_source")
    if planning.connector_is_settled(attempt):
        impossible.add("choose_another_connector")
    if not planning.offered_sources(attempt):
        impossible.add("add_source")
    return tuple(one for one in takes if one in EVENT_TRIGGERS and one not in impossible)


def _bank_message(attempt: Attempt, state: State) -> str | None:
    """The bank's words for a connection state; while a URL is out, they hold it: see webauth."""
    if attempt.url is not None or state.table.prompt == "choose_accounts":
        return None
    return attempt.reading.error_message


def _content(
    kind: str, attempt: Attempt, opened: Callable[[str], Secret], takes: tuple[str, ...]
) -> dict[str, Any]:
    if kind == "open_url" and attempt.url is not None:
        return {"url": opened(attempt.url).reveal()}
    if kind == "choose_accounts":
        return _accounts(attempt, "add_source" in takes)
    made = _CONTENT.get(kind)
    return made(attempt) if made is not None else {}


def _form(attempt: Attempt) -> dict[str, Any]:
    errors = attempt.problem.fields if attempt.problem else {}
    return {
        "fields": [_field(asked, errors.get(asked.name)) for asked in attempt.asked],
        "sealed": is_sealed(attempt),
    }


def is_sealed(attempt: Attempt) -> bool:
    """Whether the values asked for are credentials; those of webauth fields travel in a URL."""
    source = planning.source_named(attempt, attempt.source)
    webauth = source is not None and source.mechanism == planning.WEBAUTH
    return not (webauth and attempt.asked_for == "values")


def _field(asked: AskedField, error: str | None) -> dict[str, Any]:
    plain = {
        "name": asked.name,
        "type": asked.type,
        "label": asked.label,
        "description": asked.description,
        "required": asked.required,
        "regex": asked.regex,
        "values": [{"label": c.label, "value": c.value} for c in asked.values] or None,
        "error": error,
    }
    return {key: value for key, value in plain.items() if value is not None}


def _source(source: Source) -> dict[str, Any]:
    return {
        "name": source.name,
        "mechanism": source.mechanism,
        "account_types": list(source.account_types),
    }


def _accounts(attempt: Attempt, may_add: bool) -> dict[str, Any]:
    offered = planning.offered_sources(attempt) if may_add else ()
    return {
        "accounts": [
            {
                "id": one.id,
                "name": one.name,
                "number": one.number,
                "iban": one.iban,
                "type": one.type,
                "usage": one.usage,
                "balance": one.balance,
                "currency": one.currency,
                "active": not one.disabled,
            }
            for one in attempt.accounts
        ],
        "subscriptions": [
            {
                "id": one.id,
                "label": one.label,
                "number": one.number,
                "subscriber": one.subscriber,
                "active": not one.disabled,
            }
            for one in attempt.subscriptions
        ],
        "offered": [_source(source) for source in offered],
        "at_least_one": attempt.policy.at_least_one,
        "consent_wording": attempt.policy.consent_wording,
    }


def _sources(attempt: Attempt) -> dict[str, Any]:
    return {"sources": [_source(source) for source in planning.remaining_sources(attempt)]}


def _existing(attempt: Attempt) -> dict[str, Any]:
    return {"connections": list(attempt.existing)}


def _next_look(attempt: Attempt) -> dict[str, Any]:
    return {"next_look": _iso(attempt.due_at)}


_CONTENT: Mapping[str, Callable[[Attempt], dict[str, Any]]] = {
    "already_connected": _existing,
    "choose_source": _sources,
    "fill_in_fields": _form,
    "wait": _next_look,
    "approve_on_device": _next_look,
    WORKING: _next_look,
}


def _error(problem: Problem | None) -> dict[str, Any] | None:
    if problem is None:
        return None
    plain = {
        "key": problem.key,
        "message": problem.message,
        "code": problem.code,
        "fields": dict(problem.fields) or None,
    }
    return {key: value for key, value in plain.items() if value is not None}


def _iso(at: datetime | None) -> str | None:
    return at.isoformat() if at is not None else None
