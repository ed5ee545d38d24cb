"""What is answered instead of what was asked for: problem details (RFC 9457) with stable codes."""

from collections.abc import Mapping
from typing import Any, Final

from aiohttp import web
from attrs import field, frozen

CONTENT_TYPE: Final = "application/problem+json"
MOST_FIELDS, LONGEST_NAME, LONGEST_DETAIL = 50, 100, 300
"""What of a request's own names is repeated to it."""


@frozen
class Kind:
    """One kind of problem: its status, a title that never changes, and whether the connection
    ends with it."""

    status: int
    title: str
    closes: bool = False


KINDS: Final[Mapping[str, Kind]] = {
    "malformed": Kind(400, "The request cannot be read."),
    "invalid": Kind(400, "Something in the request is not what is accepted."),
    "unauthenticated": Kind(401, "Nobody is signed in."),
    "foreign_origin": Kind(403, "The request comes from another site."),
    "no_such_attempt": Kind(404, "There is no such attempt."),
    "not_found": Kind(404, "There is nothing at this address."),
    "method_not_allowed": Kind(405, "The address does not take this method."),
    "too_slow": Kind(408, "The request's body did not come in time.", closes=True),
    "not_accepted": Kind(409, "The attempt does not take this event now."),
    "working": Kind(409, "A call is under way."),
    "outdated": Kind(409, "The attempt was stored by another version, and can only be cancelled."),
    "too_large": Kind(413, "The request is too large."),
    "unsupported_media_type": Kind(415, "The body is of a type that is not taken."),
    "refused": Kind(422, "The event's content cannot be taken."),
    "wrong_values": Kind(422, "Some values do not fit their fields."),
    "seal_again": Kind(422, "The values have to be sealed again with the current key."),
    "idempotency_key_reused": Kind(422, "The idempotency key was used for another request."),
    "too_many_requests": Kind(429, "Too many requests."),
    "too_many_streams": Kind(429, "Too many streams are open."),
    "powens_refused": Kind(502, "Powens gave no usable answer."),
    "powens_unavailable": Kind(503, "Powens cannot be reached at the moment."),
    "store_unavailable": Kind(503, "The store cannot be reached at the moment."),
    "unavailable": Kind(503, "This cannot be answered at the moment."),
}
"""Every code that is answered."""


@frozen(eq=False)
class Problem(Exception):
    """One problem answer.

    `fields` maps the name of what was wrong to a message key, or to what is accepted; `view` is the
    attempt as it stands, where one is concerned. Neither holds a value of the request.
    """

    code: str
    detail: str | None = None
    fields: Mapping[str, str] = field(factory=dict)
    view: Mapping[str, Any] | None = field(default=None, repr=False)
    headers: Mapping[str, str] = field(factory=dict)

    @property
    def status(self) -> int:
        """The HTTP status."""
        return KINDS[self.code].status

    def to_json(self) -> dict[str, Any]:
        """The members of the problem document; those that say nothing are left out."""
        kind = KINDS[self.code]
        plain: dict[str, Any] = {
            "type": f"urn:powens-flow:problem:{self.code}",
            "title": kind.title,
            "status": kind.status,
            "detail": self.detail and self.detail[:LONGEST_DETAIL],
            "code": self.code,
            "fields": _short(self.fields) or None,
            "view": self.view,
        }
        return {name: value for name, value in plain.items() if value is not None}

    def response(self) -> web.Response:
        """The answer."""
        response = web.json_response(
            self.to_json(), status=self.status, content_type=CONTENT_TYPE, headers=self.headers
        )
        if KINDS[self.code].closes:
            response.force_close()
        return response


def _short(fields: Mapping[str, str]) -> dict[str, str]:
    names = sorted(fields)[:MOST_FIELDS]
    return {name[:LONGEST_NAME]: fields[name] for name in names}
