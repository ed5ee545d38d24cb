"""From a refusing answer to the error that says what to do about it."""

import math
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final
from urllib.parse import quote, quote_plus

from powens_flow.api import errors
from powens_flow.api.constants import CONNECTION_STATES, INTERACTION_STATES
from powens_flow.api.errors import PowensError

MAX_RETRY_AFTER: Final = 900.0
"""Seconds: what `Retry-After` may ask for at most (protocol page: "cap it")."""
_LONGEST: Final = {"request_id": 128, "message": 2000, "description": 500}
_LONGEST_CODE: Final = 64

_BY_CODE: Final[dict[str, type[PowensError]]] = {
    "wrongpass": errors.InputRefused,
    "keymanager": errors.KeyRefused,
    "connectionlocked": errors.ConnectionLocked,
    "websiteunavailable": errors.TemporaryFailure,
    "bug": errors.TemporaryFailure,
    "bankmessage": errors.BankMessage,
    "toomanysync": errors.RateLimited,
    "forbidden": errors.Unauthorised,
    "notsupported": errors.Unsupported,
    "noaccount": errors.NoAccount,
    "invalidvalue": errors.Rejected,
    "missingparameter": errors.Rejected,
    "methodnotallowed": errors.Rejected,
    "config": errors.Rejected,
    "dataerror": errors.Rejected,
}
_BY_STATUS: Final[dict[int, type[PowensError]]] = {
    401: errors.Unauthorised,
    403: errors.Unauthorised,
    404: errors.Gone,
    429: errors.RateLimited,
}
_KNOWN: Final = _BY_CODE.keys() | {state.lower() for state in CONNECTION_STATES}
"""The codes that are the protocol's own words, in lower case."""
_MAY_HAVE_ACTED: Final = (errors.InteractionNeeded, errors.TemporaryFailure)


def refusal(
    status: int,
    body: Any,
    headers: Mapping[str, str],
    *,
    sent: Iterable[str],
    now: datetime,
    webauth: bool = False,
) -> PowensError:
    """The error for a status of 400 or more.

    `body` is what was parsed, anything at all; `sent` are the texts of the request that no error
    may repeat; `webauth` says that `/webauth-url` was asked.
    """
    fields, unsaid = body if isinstance(body, dict) else {}, tuple(sent)
    code = fields.get("code")
    kind = _kind(status, code.lower() if isinstance(code, str) else "", webauth)
    return kind(
        code=_shown_code(code, unsaid),
        status=status,
        retry_after=retry_after(headers.get("Retry-After"), now),
        may_have_acted=kind in _MAY_HAVE_ACTED,
        **_said(fields, headers, unsaid),
    )


def _kind(status: int, code: str, webauth: bool) -> type[PowensError]:
    if code in INTERACTION_STATES:
        return errors.InteractionNeeded
    if webauth and status == 409 and code == "invalidvalue":
        return errors.UpToDate
    by_status = errors.TemporaryFailure if status >= 500 else _BY_STATUS.get(status)
    return _BY_CODE.get(code) or by_status or errors.Rejected


def _shown_code(code: Any, sent: tuple[str, ...]) -> str | None:
    """A word of the protocol as it stands: a value as short as `a` would rewrite it."""
    is_known = isinstance(code, str) and code.lower() in _KNOWN
    return _shown(code, () if is_known else sent, _LONGEST_CODE)


def _said(
    fields: Mapping[str, Any], headers: Mapping[str, str], sent: tuple[str, ...]
) -> dict[str, Any]:
    said = {name: _shown(fields.get(name), sent, most) for name, most in _LONGEST.items()}
    if said["request_id"] is None:
        said["request_id"] = request_id(headers, sent)
    return said


def request_id(headers: Mapping[str, str], sent: tuple[str, ...] = ()) -> str | None:
    """The answer's `X-Request-Id`, for Powens' support."""
    return _shown(headers.get("X-Request-Id"), sent, _LONGEST["request_id"])


def _shown(value: Any, sent: tuple[str, ...], most: int) -> str | None:
    if not isinstance(value, str) or not value:
        return None
    shown = (redacted(value, sent) if sent else value)[:most]
    return shown if shown.isprintable() else "".join(_printable(one) for one in shown)


def _printable(character: str) -> str:
    # A line break in a code or a request id could forge a line of a log.
    return character if character.isprintable() else " "


def redacted(text: str, sent: Iterable[str]) -> str:
    """`text` with `***` for each of `sent`, as it is or percent-encoded."""
    forms = {form for value in sent for form in _forms(value)}
    for form in sorted(forms, key=len, reverse=True):
        text = text.replace(form, "***")
    return text


def _forms(value: str) -> tuple[str, ...]:
    return (value, quote(value, safe=""), quote_plus(value)) if value else ()


def retry_after(header: str | None, now: datetime) -> float | None:
    """Seconds to wait, from a number of seconds or an HTTP date, between 0 and the cap."""
    if header is None:
        return None
    try:
        seconds = float(header) if header.isascii() else math.nan
    except ValueError:
        seconds = _until(header, now)
    return None if math.isnan(seconds) else min(max(seconds, 0.0), MAX_RETRY_AFTER)


def _until(header: str, now: datetime) -> float:
    try:
        when = parsedate_to_datetime(header)
    except (ValueError, TypeError, OverflowError):
        return math.nan
    aware = when if when.tzinfo else when.replace(tzinfo=UTC)
    return (aware - now).total_seconds()
