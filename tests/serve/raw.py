"""Bytes on a socket, such as no client library sends."""

import asyncio
from urllib.parse import urlsplit


async def answered(address: str, sent: bytes) -> bytes:
    """All that the server answers to these bytes, until it closes."""
    parts = urlsplit(address)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    writer.write(sent)
    try:
        return await reader.read()
    finally:
        writer.close()
        await writer.wait_closed()
