"""Who approved which accounts and subscriptions, when, and in which wording. Pure.

Accounts and subscriptions by their ids at Powens; nothing of their holder. The journal keeps every
answer, so one that was replaced or came to nothing is told too.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

from attrs import frozen

from powens_flow.attempt import Attempt, JournalRow
from powens_flow.inspection.redaction import plain
from powens_flow.inspection.story import id_user_of
from powens_flow.vocabulary import DONE

NOT_GIVEN: Final = "not given"
DECLINED: Final = "given for nothing"
APPROVED: Final = "approved, not active"
UNSURE: Final = "approved, may be active"
PARTLY: Final = "approved, active in part"
ACTIVE: Final = "active"
UNDONE: Final = "approved, then deleted"

_ANSWER: Final = "choose_accounts"
_CARRIED_OUT: Final = ("activate_accounts", "activate_subscriptions")


@frozen
class Answer:
    """What the end user answered when they were asked; nothing approved is an answer too."""

    seq: int
    at: datetime
    accounts: tuple[int, ...] = ()
    subscriptions: tuple[int, ...] = ()


@frozen
class Activation:
    """What was made active of it, and the `request_id`s that Powens has of that, of each try."""

    seq: int
    at: datetime
    accounts: tuple[int, ...] = ()
    subscriptions: tuple[int, ...] = ()
    request_ids: tuple[str, ...] = ()


@frozen
class ConsentRecord:
    """The consent of one attempt.

    `status`: `not given` (the user was never asked, or has not answered), `given for nothing` (no
    account and no subscription approved), `approved, not active`, `approved, may be active` (a call
    was made whose answer does not say), `approved, active in part`, `active`, or `approved, then
    deleted` (the attempt did not complete, and what it had made is gone). `answers` are all, the
    last one counts. `wording` is the key of the text that was shown.
    """

    attempt: str
    owner: str
    status: str
    wording: str
    id_user: int | None
    id_connection: int | None
    connector: str | None
    state: str
    answers: tuple[Answer, ...] = ()
    activations: tuple[Activation, ...] = ()

    @property
    def history(self) -> tuple[Answer | Activation, ...]:
        """The answers and what was made active of them, as the one led to the other."""
        return tuple(sorted((*self.answers, *self.activations), key=lambda one: one.seq))

    def to_json(self) -> dict[str, Any]:
        """The record as JSON values."""
        record: dict[str, Any] = plain(self)
        return record


def consent_of(attempt: Attempt, rows: tuple[JournalRow, ...]) -> ConsentRecord:
    """The consent that the attempt and its journal hold."""
    answers = tuple(_answers(attempt, rows))
    activations = tuple(_activations(rows))
    return ConsentRecord(
        attempt=attempt.id,
        owner=attempt.owner,
        status=_status(attempt, rows, answers, activations),
        wording=attempt.consent.wording if attempt.consent else attempt.policy.consent_wording,
        id_user=id_user_of(attempt, rows),
        id_connection=attempt.id_connection,
        connector=attempt.connector.name if attempt.connector else None,
        state=attempt.state,
        answers=answers,
        activations=activations,
    )


def _answers(attempt: Attempt, rows: tuple[JournalRow, ...]) -> Iterator[Answer]:
    for row in rows:
        if row.trigger == _ANSWER:
            yield Answer(row.seq, row.at, *_ids(row))


def _activations(rows: tuple[JournalRow, ...]) -> Iterator[Activation]:
    """A try that failed may have made it active all the same: its call is one of them."""
    made: dict[str, list[str]] = {}
    for row in rows:
        if row.trigger == _ANSWER:
            made = {}
        for call in row.calls:
            if call.name in _CARRIED_OUT and call.request_id:
                made.setdefault(call.name, []).append(call.request_id)
        if row.cause in _CARRIED_OUT and row.trigger == DONE:
            yield Activation(row.seq, row.at, *_ids(row), tuple(made.pop(row.cause, ())))


def _ids(row: JournalRow) -> tuple[tuple[int, ...], tuple[int, ...]]:
    return tuple(row.facts.get("accounts", ())), tuple(row.facts.get("subscriptions", ()))


def _status(
    attempt: Attempt,
    rows: tuple[JournalRow, ...],
    answers: tuple[Answer, ...],
    activations: tuple[Activation, ...],
) -> str:
    if not answers:
        return NOT_GIVEN
    last, is_deleted = answers[-1], attempt.cleanup in ("user", "connection")
    if is_deleted and any(one.accounts or one.subscriptions for one in answers):
        return UNDONE
    if not (last.accounts or last.subscriptions):
        return DECLINED
    later = [one for one in activations if one.seq > last.seq]
    accounts = {account for one in later for account in one.accounts}
    subscriptions = {subscription for one in later for subscription in one.subscriptions}
    is_whole = accounts >= set(last.accounts) and subscriptions >= set(last.subscriptions)
    if is_whole:
        return ACTIVE
    if any(_may_have_acted(row) for row in rows if row.seq > last.seq):
        return UNSURE
    return PARTLY if accounts or subscriptions else APPROVED


def _may_have_acted(row: JournalRow) -> bool:
    """Whether a call that makes active was made, and was not refused for certain.

    A run that made none read first what an earlier one had achieved, as after a crash.
    """
    if row.cause in _CARRIED_OUT and row.trigger == DONE:
        return False
    made = [call.status for call in row.calls if call.name in _CARRIED_OUT]
    if not made:
        return row.cause in _CARRIED_OUT
    return any(status is None or not 400 <= status < 500 for status in made)
