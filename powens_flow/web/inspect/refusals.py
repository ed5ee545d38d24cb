"""What is answered instead of what was asked for: a plain page, or problem details (RFC 9457)."""

from collections.abc import Mapping
from typing import Any, Final

from aiohttp import web
from attrs import field, frozen

KINDS: Final[Mapping[str, tuple[int, str]]] = {
    "invalid": (400, "Something in the address is not what is accepted."),
    "unauthenticated": (401, "Nobody of the staff is signed in."),
    "forbidden": (403, "Whoever is signed in may not look at this."),
    "no_such_attempt": (404, "There is no such attempt."),
    "not_found": (404, "There is nothing at this address."),
    "method_not_allowed": (405, "Here one can only look: GET and HEAD."),
    "no_graphviz": (501, "Pictures need the extra `diagrams` on the server."),
    "store_unavailable": (503, "The store cannot be read at the moment."),
    "unavailable": (503, "This cannot be answered at the moment."),
}
"""Every code that is answered, with its status and its title."""


@frozen(eq=False)
class Refused(Exception):
    """One refusal. `fields` maps the name of what was wrong to what is accepted."""

    code: str
    detail: str | None = None
    fields: Mapping[str, str] = field(factory=dict)
    headers: Mapping[str, str] = field(factory=dict)

    @property
    def status(self) -> int:
        """The HTTP status."""
        return KINDS[self.code][0]

    @property
    def title(self) -> str:
        """A sentence that is the same for each refusal of its code."""
        return KINDS[self.code][1]

    def response(self) -> web.Response:
        """The problem document."""
        plain: dict[str, Any] = {
            "type": f"urn:powens-flow:problem:{self.code}",
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            "code": self.code,
            "fields": dict(self.fields) or None,
        }
        told = {name: value for name, value in plain.items() if value is not None}
        return web.json_response(
            told,
            status=self.status,
            content_type="application/problem+json",
            headers=self.headers,
        )
