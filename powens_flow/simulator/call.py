"""One call as the simulated API takes it: parsed, and checked as a strict server would."""

import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl

import attrs

from powens_flow.simulator.accepted import is_json, number_of
from powens_flow.simulator.domain import Domain
from powens_flow.simulator.errors import ApiError, not_found
from powens_flow.simulator.ledger import Received
from powens_flow.simulator.world import Connection, User

FORM = "application/x-www-form-urlencoded"
JSON = "application/json"
BOOLEANS = {"true": True, "false": False}


@attrs.frozen
class Answer:
    """What is answered; a body of None is empty, as with 204."""

    status: int
    body: Any = attrs.field(default=None, repr=False)
    headers: Mapping[str, str] = attrs.field(factory=dict, repr=False)


@attrs.define
class Call:
    """A call that arrived. `origin` is the server's address as the client sees it."""

    sim: Domain
    record: Received
    origin: str
    query: Mapping[str, str] = attrs.field(repr=False)
    path: Mapping[str, str]
    headers: Mapping[str, str] = attrs.field(repr=False)
    raw: bytes = attrs.field(repr=False)
    body: dict[str, Any] = attrs.field(factory=dict, repr=False)
    bearer: str = attrs.field(default="", repr=False)
    _user: User | None = None

    def violate(self, kind: str, detail: str) -> None:
        self.sim.ledger.violate(kind, self.record, detail)

    @property
    def user(self) -> User:
        """The token's user; 404 for one that was deleted while the call was under way."""
        if self._user is None:
            raise ApiError("unauthorized", "No user")
        if not self.sim.has(self._user):  # nor is another user it, to whom a reset gave its id
            raise not_found("user")
        return self._user

    def parse(self) -> None:
        """Reads a JSON or form-encoded body. Raises ApiError for one that cannot be read."""
        if not self.raw:
            return
        kind = self.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        if kind not in (JSON, FORM):
            self.violate("content_type", kind or "none")
        self.body = self._form() if kind == FORM else self._json()
        self.record.keys = tuple(sorted(self.body))

    def _form(self) -> dict[str, Any]:
        pairs = parse_qsl(self.raw.decode("utf-8", "replace"), keep_blank_values=True)
        return {key: BOOLEANS.get(value, value) for key, value in pairs}

    def _json(self) -> dict[str, Any]:
        try:
            body = json.loads(self.raw)
        except (ValueError, RecursionError):
            body = None
        if not isinstance(body, dict) or not is_json(body):
            self.violate("malformed_body", "not a JSON object")
            raise ApiError("invalidValue", "The body is not a JSON object")
        return body

    def authenticate(self) -> None:
        """Finds the user by the bearer token. Raises ApiError 401."""
        scheme, _, token = self.headers.get("Authorization", "").partition(" ")
        if scheme.casefold() != "bearer" or not token:  # a scheme's name has no case (RFC 9110)
            self.violate("missing_auth", "no bearer token")
            raise ApiError("unauthorized", "A bearer token is needed")
        id_user = self.sim.tokens.bearer(token, self.sim.clock.now())
        if id_user is None:
            raise ApiError("unauthorized", "The token is unknown or has expired")
        self.bearer, self._user = token, self.sim.user(id_user)

    def check_query(self, known: frozenset[str]) -> None:
        """Counts query parameters that the call does not know; they are ignored otherwise."""
        for name in self.query:
            if name not in known:
                self.violate("unknown_query", name)
        if self.query.get("all"):
            self.violate("wrong_type", "all takes no value")

    def check_body(self, known: Mapping[str, type | tuple[type, ...]]) -> dict[str, Any]:
        """The body's known keys; others, and values of another type, are counted."""
        for name in self.body.keys() - known.keys():
            self.violate("unknown_key", name)
        return {name: value for name, value in self.body.items() if self._typed(name, value, known)}

    def _typed(self, name: str, value: Any, known: Mapping[str, Any]) -> bool:
        if name not in known:
            return False
        if not isinstance(value, known[name]):
            self.violate("wrong_type", name)
            raise ApiError("invalidValue", f"{name} has the wrong type")
        return True

    def flag(self, name: str) -> bool | None:
        """A query parameter `true` or `false`; None when it is absent."""
        text = self.query.get(name)
        if text is not None and text not in BOOLEANS:
            self.violate("wrong_type", name)
        return BOOLEANS.get(text or "")

    @property
    def all(self) -> bool:
        return "all" in self.query

    def expand(self, known: frozenset[str]) -> dict[str, Any]:
        """`a,b[c]` as nested dicts; unknown names are counted."""
        parts = parse_expand(self.query.get("expand", ""))
        for name in parts.keys() - known:
            self.violate("unknown_query", f"expand={name}")
        return parts

    def connection(self) -> Connection:
        """The connection in the path; another user's is not found either."""
        return connection_of(self.user, self.path["id_connection"])


def connection_of(user: User, text: str) -> Connection:
    """The user's connection with this id. Raises ApiError `notFound`."""
    found = user.connections.get(number_of(text) or 0)
    if found is None:
        raise not_found("connection")
    return found


def parse_expand(text: str) -> dict[str, Any]:
    """`a,b[c,d]` -> {"a": {}, "b": {"c": {}, "d": {}}}"""
    whole: dict[str, Any] = {}
    stack, name = [whole], ""
    for char in f"{text},":
        if char not in "[],":
            name += char.strip()
            continue
        if name:
            stack[-1][name] = {}
        if char == "[" and name:
            stack.append(stack[-1][name])
        elif char == "]" and len(stack) > 1:
            stack.pop()
        name = ""
    return whole


Handler = Callable[[Call], Awaitable[Answer]]


@attrs.frozen
class Route:
    """A call of the API: where it is, who plays it, and which query parameters it knows.

    With `fields`, field values may travel in the query too, and the handler checks it.
    """

    method: str
    path: str
    play: Handler
    query: frozenset[str] = frozenset()
    needs_user: bool = True
    fields: bool = False
