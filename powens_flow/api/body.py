"""The body of an answer, read and parsed within limits."""

import zlib
from typing import Any, Final

import aiohttp
from aiohttp import hdrs

from powens_flow.api.errors import Flaw
from powens_flow.json_text import read_json

_ZLIB_OR_GZIP: Final = 32 + zlib.MAX_WBITS


class Unusable(Exception):
    """The body cannot be had as JSON."""

    def __init__(self, flaw: Flaw) -> None:
        super().__init__(flaw.value)
        self.flaw = flaw


def body_at_hand(response: aiohttp.ClientResponse, limit: int) -> bytes:
    """The body where all of it came with the head, as most do; empty where it has to be awaited."""
    if hdrs.CONTENT_ENCODING in response.headers or not response.content.is_eof():
        return b""
    return _within(response.content.read_nowait(), limit)


async def body_of(response: aiohttp.ClientResponse, limit: int) -> bytes:
    """The body, decompressed; no more than `limit` bytes of it are ever held. Raises Unusable."""
    encoding = response.headers.get(hdrs.CONTENT_ENCODING)
    if encoding is not None and encoding.lower() not in ("identity", ""):
        return await _inflated(response, encoding.lower(), limit)
    parts, size = [], 0
    while size <= limit and (part := await response.content.readany()):
        parts.append(part)
        size += len(part)
    return _within(b"".join(parts), limit)


async def _inflated(response: aiohttp.ClientResponse, encoding: str, limit: int) -> bytes:
    if encoding not in ("gzip", "x-gzip", "deflate"):
        raise Unusable(Flaw.NOT_JSON)
    inflater = zlib.decompressobj(_ZLIB_OR_GZIP)
    body = bytearray()
    while part := await response.content.readany():
        body += _step(inflater, part, limit + 1 - len(body))
        _within(body, limit)
    if not inflater.eof:
        raise Unusable(Flaw.NOT_JSON)
    return bytes(body)


def _step(inflater: "zlib._Decompress", part: bytes, room: int) -> bytes:
    try:
        return inflater.decompress(part, room)
    except zlib.error:
        raise Unusable(Flaw.NOT_JSON) from None


def _within(body: bytes | bytearray, limit: int) -> bytes:
    if len(body) > limit:
        raise Unusable(Flaw.TOO_LARGE)
    return bytes(body) if isinstance(body, bytearray) else body


def parsed(body: bytes) -> Any:
    """The JSON value, None for no body at all. Raises Unusable.

    Half a surrogate pair is refused: such text could neither be saved nor sent on as UTF-8.
    """
    if not body:
        return None
    try:
        value = read_json(body)
    except ValueError:
        value = Unusable(Flaw.NOT_JSON)
    if isinstance(value, Unusable):
        raise value
    return value
