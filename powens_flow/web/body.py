"""Reads bodies: no larger and no slower than allowed, and JSON that says one thing only."""

import json
from typing import Any, Final, NoReturn

from aiohttp import StreamReader, web

from powens_flow.web.call import Call
from powens_flow.web.problems import Problem
from powens_flow.web.watching import within

DEEPEST: Final = 8
"""How deep a body may be nested; an event needs two levels."""


async def read_bytes(call: Call, largest: int) -> bytes:
    """The body, of at most `largest` bytes, which has `Limits.arrival` seconds to come.

    Raises:
        Problem: it is too large, too slow, not of its encoding, or its sender has left.
    """
    content = call.request.content
    if (call.request.content_length or 0) > largest:
        raise _too_large(largest)
    body = bytearray()
    reading = _read(content, largest, body)
    if content.is_eof():  # all of it is here
        await reading
    elif not await within(call.connect.engine.clock, call.connect.limits.arrival, reading):
        raise Problem("too_slow", f"it has {call.connect.limits.arrival:g} seconds")
    return bytes(body)


async def _read(content: StreamReader, largest: int, body: bytearray) -> None:
    try:
        async for part in content.iter_any():
            body += part
            if len(body) > largest:
                raise _too_large(largest)
    except web.RequestPayloadError:
        raise Problem("malformed", "the body is not of its Content-Encoding") from None
    except ConnectionError:  # nobody is there to read the answer: what is told here is the log's
        raise Problem("malformed", "the body did not come to its end") from None


async def read_json(call: Call) -> Any:
    """The body as JSON (RFC 8259 in UTF-8).

    Raises:
        Problem: it is too large or too slow, of another type or encoding, no JSON, has a key twice
            or `NaN`, or is nested too deep. No word of the body is repeated.
    """
    request = call.request
    if request.content_type != "application/json":
        raise Problem("unsupported_media_type", "the body has to be application/json")
    if request.headers.get("Content-Encoding", "identity").casefold() != "identity":
        raise Problem("unsupported_media_type", "the body has to come without Content-Encoding")
    return parsed(await read_bytes(call, call.connect.limits.body))


def parsed(body: bytes) -> Any:
    """The value that the JSON text stands for. Raises Problem."""
    value, flaw = None, None
    try:
        text = body.decode("utf-8")
        value = json.loads(text, object_pairs_hook=_object, parse_constant=_constant)
    except UnicodeDecodeError:
        flaw = "the body is not UTF-8"
    except _Flaw as error:
        flaw = str(error)
    except (ValueError, RecursionError):
        flaw = "the body is not JSON"
    if flaw is None and not _is_flat(value, DEEPEST):
        flaw = f"the body is nested deeper than {DEEPEST} levels"
    if flaw is not None:
        raise Problem("malformed", flaw)
    return value


class _Flaw(Exception):
    """JSON of another reading than everybody's."""


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        raise _Flaw("an object of the body has a key twice")
    return made


def _constant(name: str) -> NoReturn:
    raise _Flaw(f"{name} is not JSON")


def _is_flat(value: Any, levels: int) -> bool:
    if not isinstance(value, dict | list):
        return True
    inner = value.values() if isinstance(value, dict) else value
    return levels > 0 and all(_is_flat(one, levels - 1) for one in inner)


def _too_large(largest: int) -> Problem:
    return Problem("too_large", f"at most {largest} bytes are taken")
