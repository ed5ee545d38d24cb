"""What an HTTP answer comes to: a value of the models, or an error to raise.

Errors are answered, not raised: where they are raised, no frame holds the body.
"""

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final, Generic, TypeVar

from attrs import frozen

from powens_flow.api.body import Unusable, parsed
from powens_flow.api.errors import BadAnswer, Flaw, PowensError
from powens_flow.api.reading import Reader, WrongShape
from powens_flow.api.refusals import refusal, request_id

T = TypeVar("T")

REMEMBERED: Final = 64
"""How many answers that are nobody's own are remembered, of 64 KB at most."""
_LARGEST_REMEMBERED: Final = 64 * 1024


@frozen
class Answer:
    """An HTTP answer; `body` is a flaw where it could not be read."""

    status: int
    headers: Mapping[str, str]
    body: bytes | Flaw


@frozen
class Outcome(Generic[T]):
    """The value, or the error; `status` is None when no answer came."""

    value: T | None = None
    error: PowensError | None = None
    status: int | None = None
    request_id: str | None = None


def value_of(answer: Answer, read: Reader[T]) -> Outcome[T]:
    """What `read` makes of a 2xx answer; a BadAnswer for a 3xx, as none is followed."""
    status = answer.status
    if status >= 300:
        return _bad(answer, Flaw.REDIRECT)
    if isinstance(answer.body, Flaw):
        return _bad(answer, answer.body)
    try:
        return Outcome(read(parsed(answer.body)), None, status, request_id(answer.headers))
    except Unusable as unusable:
        return _bad(answer, unusable.flaw)
    except WrongShape as wrong:
        return _bad(answer, Flaw.WRONG_SHAPE, wrong.where(), wrong.wanted)


class ReadBefore:
    """What the last answers that are nobody's own were read to, found again by their bytes."""

    def __init__(self) -> None:
        self._values: OrderedDict[tuple[Reader[Any], bytes], Any] = OrderedDict()

    def value_of(self, answer: Answer, read: Reader[T]) -> Outcome[T]:
        """What `value_of` answers; the same value, frozen as it is, for the same bytes."""
        body = answer.body
        if isinstance(body, Flaw) or answer.status >= 300 or len(body) > _LARGEST_REMEMBERED:
            return value_of(answer, read)
        known = self._values.get((read, body))
        if known is not None:
            self._values.move_to_end((read, body))
            return Outcome(known, None, answer.status, request_id(answer.headers))
        outcome = value_of(answer, read)
        if outcome.error is None:
            self._values[read, body] = outcome.value
            if len(self._values) > REMEMBERED:
                self._values.popitem(last=False)
        return outcome


def _bad(
    answer: Answer, flaw: Flaw, path: str | None = None, wanted: str | None = None
) -> Outcome[Any]:
    known = request_id(answer.headers)
    error = BadAnswer(flaw, path=path, wanted=wanted, status=answer.status, request_id=known)
    return Outcome(None, error, answer.status, known)


def refusal_of(
    answer: Answer, *, sent: Iterable[str], now: datetime, webauth: bool
) -> Outcome[Any]:
    """The error of a 4xx or 5xx answer, whatever its body is."""
    error = refusal(
        answer.status, _said(answer.body), answer.headers, sent=sent, now=now, webauth=webauth
    )
    return Outcome(None, error, answer.status, error.request_id)


def _said(body: bytes | Flaw) -> Any:
    if isinstance(body, Flaw):
        return None
    try:
        return parsed(body)
    except Unusable:
        return None
