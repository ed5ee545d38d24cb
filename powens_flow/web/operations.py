"""What each route takes and answers, for the document."""

from collections.abc import Mapping
from typing import Final

from attrs import field, frozen

from powens_flow.web.attempts import FILTERS, LARGEST_PAGE, LONGEST_SEARCH
from powens_flow.web.retried import HEADER
from powens_flow.web.schemas import TEXT, Schema, ref

JSON, STREAM, PLAIN, ANYTHING = "application/json", "text/event-stream", "text/plain", "*/*"


@frozen
class Parameter:
    """One query, header or path parameter."""

    name: str
    place: str
    schema: Schema
    says: str
    required: bool = False


@frozen
class Said:
    """One answer beside the problems: `type` None has no body."""

    says: str
    type: str | None = JSON
    schema: Schema | None = None
    headers: tuple[str, ...] = ()


@frozen
class Operation:
    """One route: `problems` are the codes beside those that its access and every route has."""

    says: str
    answers: Mapping[int, Said]
    body: tuple[str, Schema] | None = None
    parameters: tuple[Parameter, ...] = ()
    problems: tuple[str, ...] = field(default=())


_ATTEMPT: Final = Parameter("id", "path", TEXT, "The attempt's id.", required=True)
_KEY: Final = Parameter(
    HEADER,
    "header",
    {"type": "string", "pattern": '^"?[!#-~]{1,200}"?$'},
    "The same for each sending of one request: it acts once.",
)
_VIEW: Final = Said("The attempt as it is.", schema=ref("View"))
_BODY: Final = ("malformed", "invalid", "too_slow", "too_large", "unsupported_media_type")


def _number(name: str, most: int, says: str) -> Parameter:
    return Parameter(name, "query", {"type": "integer", "minimum": 1, "maximum": most}, says)


OPERATIONS: Final[Mapping[str, Operation]] = {
    "start": Operation(
        "Start an attempt, and take it to its first rest.",
        {201: Said("The new attempt.", schema=ref("View"), headers=("Location",))},
        body=(JSON, ref("Start")),
        parameters=(_KEY,),
        problems=(*_BODY, "idempotency_key_reused"),
    ),
    "read": Operation(
        "The attempt as it is.", {200: _VIEW}, parameters=(_ATTEMPT,), problems=("no_such_attempt",)
    ),
    "send": Operation(
        "Take an event to the attempt's next rest.",
        {200: _VIEW},
        body=(JSON, ref("Event")),
        parameters=(_ATTEMPT, _KEY),
        problems=(
            *_BODY,
            *("no_such_attempt", "not_accepted", "working", "outdated", "refused"),
            *("wrong_values", "seal_again", "idempotency_key_reused"),
            *("powens_refused", "powens_unavailable"),
        ),
    ),
    "connectors": Operation(
        "The connectors to choose from, searched, narrowed down, paged.",
        {200: Said("One page.", schema=ref("ConnectorPage"))},
        parameters=(
            _ATTEMPT,
            Parameter(
                "q",
                "query",
                {**TEXT, "maxLength": LONGEST_SEARCH},
                "Words of the connector's name.",
            ),
            *(
                Parameter(name, "query", {**TEXT, "maxLength": LONGEST_SEARCH}, f"Only {which}.")
                for name, which in FILTERS.items()
            ),
            _number("page", 2**31, "The page, from 1."),
            _number("size", LARGEST_PAGE, "How many a page has."),
        ),
        problems=("invalid", "no_such_attempt", "powens_refused", "powens_unavailable"),
    ),
    "stream": Operation(
        "Follow the attempt: each event's data is a View, its id the View's version,"
        " and a w while it is working.",
        {
            200: Said("Events `view`, and comments.", STREAM, TEXT),
            204: Said("The attempt has ended, and the client knows.", None),
        },
        parameters=(
            _ATTEMPT,
            Parameter("Last-Event-ID", "header", TEXT, "The id of the event that the client has."),
        ),
        problems=("no_such_attempt", "too_many_streams"),
    ),
    "public_key": Operation(
        "The domain's public key, for sealing values in the browser.",
        {200: Said("A JWK (RFC 7517).", schema=ref("PublicKey"))},
        problems=("powens_refused", "powens_unavailable"),
    ),
    "callback": Operation(
        "Where the bank's page sends the browser back to; it is sent on to the integrator's page.",
        {303: Said("To the integrator's page.", None, headers=("Location",))},
        parameters=(
            Parameter("state", "query", TEXT, "What the address of the bank's page carried."),
            Parameter("id_connection", "query", TEXT, "The connection, where there is one."),
            Parameter("error", "query", TEXT, "Why the bank's page failed."),
        ),
    ),
    "webhook": Operation(
        "Take one of Powens' webhooks.",
        {
            200: Said("Taken.", PLAIN, TEXT),
            400: Said("Neither JSON nor gzip of it, or not whole.", PLAIN, TEXT),
            401: Said("Not authenticated.", PLAIN, TEXT),
        },
        body=(ANYTHING, {}),
        parameters=(Parameter("event", "path", TEXT, "The webhook's event.", required=True),),
        problems=("not_found", "too_slow", "too_large"),
    ),
    "page_file": Operation(
        "A file of the page.",
        {200: Said("The file.", ANYTHING, {}, ("ETag",)), 304: Said("It has not changed.", None)},
        parameters=(Parameter("file", "path", TEXT, "The file's path.", required=True),),
        problems=("not_found",),
    ),
    "openapi": Operation("This document.", {200: Said("OpenAPI 3.1.", schema={"type": "object"})}),
}
"""By the routes' names."""
