"""The JSON Schemas of what the sub-application takes and answers, made from our values."""

import types
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, Union, get_args, get_origin, get_type_hints

import attrs

from powens_flow import events
from powens_flow.attempt import Account, AskedField, Choice, Result, Source, Subscription
from powens_flow.vocabulary import EVENT_TRIGGERS, PROMPT_KINDS
from powens_flow.web.problems import KINDS
from powens_flow.web.starting import LARGEST_ID, RECONNECT

Schema = dict[str, Any]

TEXT: Final[Schema] = {"type": "string"}
MOMENT: Final[Schema] = {"type": "string", "format": "date-time"}
ID: Final[Schema] = {"type": "integer", "minimum": 1, "maximum": LARGEST_ID}
TEXTS: Final[Schema] = {"type": "object", "additionalProperties": TEXT}

_PLAIN: Final[Mapping[Any, Schema]] = {
    str: TEXT,
    int: {"type": "integer"},
    float: {"type": "number"},
    bool: {"type": "boolean"},
    datetime: MOMENT,
}


def ref(name: str) -> Schema:
    """A reference to a component."""
    return {"$ref": f"#/components/schemas/{name}"}


def objects(properties: Mapping[str, Schema], *optional: str) -> Schema:
    """An object of exactly these properties, all needed but the optional ones."""
    return {
        "type": "object",
        "properties": dict(properties),
        "required": [name for name in properties if name not in optional],
        "additionalProperties": False,
    }


def lists(items: Schema) -> Schema:
    """A list of these."""
    return {"type": "array", "items": items}


def of_type(kind: Any) -> Schema:
    """The schema of a value's type, as JSON has it."""
    if kind in _PLAIN:
        return _PLAIN[kind]
    if attrs.has(kind):
        return objects(_properties(kind))
    parts, origin = get_args(kind), get_origin(kind)
    if origin in (Union, types.UnionType):
        (one,) = (part for part in parts if part is not type(None))
        return {"anyOf": [of_type(one), {"type": "null"}]}
    if origin is tuple:
        return lists(of_type(parts[0]))
    return {"type": "object", "additionalProperties": of_type(parts[1])}


def _properties(kind: Any, *left_out: str) -> dict[str, Schema]:
    hints = get_type_hints(kind)
    return {
        one.name: of_type(hints[one.name]) for one in attrs.fields(kind) if one.name not in left_out
    }


# --- prompts ------------------------------------------------------------------------------------

_ERROR: Final = objects(
    {"key": TEXT, "message": TEXT, "code": TEXT, "fields": TEXTS}, "message", "code", "fields"
)
_COMMON: Final[Mapping[str, Schema]] = {
    "kind": {"enum": list(PROMPT_KINDS)},
    "message_key": TEXT,
    "accepts": lists({"enum": list(EVENT_TRIGGERS)}),
    "until": MOMENT,
    "bank_message": TEXT,
    "error": _ERROR,
    "connection_state": TEXT,
    "connector": TEXT,
    "source": TEXT,
}
_SAYING_NOTHING: Final = tuple(_COMMON)[3:]
"""What is left out of a prompt where there is nothing to say."""

_SOURCE: Final = objects(
    {name: of_type(get_type_hints(Source)[name]) for name in ("name", "mechanism", "account_types")}
)
_FIELD: Final = objects(
    {
        **_properties(AskedField, "sources", "mechanisms", "values", "description", "regex"),
        "description": TEXT,
        "regex": TEXT,
        "values": lists(of_type(Choice)),
        "error": TEXT,
    },
    *("description", "regex", "values", "error"),
)
_ACTIVE: Final[Mapping[str, Schema]] = {"active": _PLAIN[bool]}
_NEXT_LOOK: Final[Mapping[str, Schema]] = {"next_look": MOMENT}

_CONTENT: Final[Mapping[str, Mapping[str, Schema]]] = {
    "already_connected": {"connections": lists(ID)},
    "choose_source": {"sources": lists(ref("Source"))},
    "fill_in_fields": {"fields": lists(ref("Field")), "sealed": _PLAIN[bool]},
    "open_url": {"url": {**TEXT, "format": "uri"}},
    "choose_accounts": {
        "accounts": lists(ref("Account")),
        "subscriptions": lists(ref("Subscription")),
        "offered": lists(ref("Source")),
        "at_least_one": _PLAIN[bool],
        "consent_wording": TEXT,
    },
    "approve_on_device": _NEXT_LOOK,
    "wait": _NEXT_LOOK,
    "working": _NEXT_LOOK,
}
_OPTIONAL: Final = ("next_look",)


def _prompt(kind: str) -> Schema:
    properties = {**_COMMON, "kind": {"const": kind}, **_CONTENT.get(kind, {})}
    return objects(properties, *_SAYING_NOTHING, *_OPTIONAL)


def _named(prefix: str, name: str) -> str:
    return prefix + "".join(word.capitalize() for word in name.split("_"))


PROMPTS: Final = {_named("Prompt", kind): _prompt(kind) for kind in PROMPT_KINDS}
EVENTS: Final = {
    _named("Event", name): events.schema_of(kind) for name, kind in events.EVENTS.items()
}

# --- starts, views, problems --------------------------------------------------------------------


def starts(machines: list[str]) -> Schema:
    """What starts an attempt of one of these machines."""
    others = [name for name in machines if name != RECONNECT]
    plain = objects({"machine": {"enum": others, "default": "add_connection"}}, "machine")
    again = objects(
        {"machine": {"const": RECONNECT}, "id_connection": ID, "refresh": _PLAIN[bool]}, "refresh"
    )
    return {"oneOf": [plain, again] if RECONNECT in machines else [plain]}


_CONNECTOR: Final = objects(
    {
        "id": ID,
        "uuid": TEXT,
        "name": TEXT,
        "slug": of_type(str | None),
        "color": of_type(str | None),
        "beta": _PLAIN[bool],
        "capabilities": lists(TEXT),
        "countries": lists(TEXT),
        "auth_mechanism": of_type(str | None),
    }
)
_NUMBER: Final[Schema] = {"type": "integer", "minimum": 0}

SCHEMAS: Final[Mapping[str, Schema]] = {
    **PROMPTS,
    **EVENTS,
    "Source": _SOURCE,
    "Field": _FIELD,
    "Account": objects({**_properties(Account, "disabled"), **_ACTIVE}),
    "Subscription": objects({**_properties(Subscription, "disabled"), **_ACTIVE}),
    "Result": of_type(Result),
    "Prompt": {"oneOf": [ref(name) for name in PROMPTS]},
    "Event": {"oneOf": [ref(name) for name in EVENTS]},
    "View": objects(
        {
            "attempt_id": TEXT,
            "machine": TEXT,
            "state": TEXT,
            "version": _NUMBER,
            "prompt": ref("Prompt"),
            "result": {"anyOf": [ref("Result"), {"type": "null"}]},
        }
    ),
    "Connector": _CONNECTOR,
    "ConnectorPage": objects(
        {
            "connectors": lists(ref("Connector")),
            "page": _NUMBER,
            "pages": _NUMBER,
            "total": _NUMBER,
        }
    ),
    "PublicKey": objects(
        {"kty": {"const": "RSA"}, "use": {"const": "enc"}, "n": TEXT, "e": TEXT, "kid": TEXT}
    ),
    "Problem": objects(
        {
            "type": {**TEXT, "format": "uri"},
            "title": TEXT,
            "status": {"type": "integer"},
            "detail": TEXT,
            "code": {"enum": list(KINDS)},
            "fields": TEXTS,
            "view": ref("View"),
        },
        *("detail", "fields", "view"),
    ),
}
"""The document's components."""
