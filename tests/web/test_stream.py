"""An attempt followed live."""

import asyncio
import json
from typing import Any

from aiohttp import ClientResponse

from tests.web.site import site


async def told(response: ClientResponse) -> dict[str, Any]:
    """The next event of a stream that holds a view; comments are passed over."""
    event: dict[str, str] = {}
    async with asyncio.timeout(20):
        while line := (await response.content.readline()).decode().rstrip("\n"):
            name, _, value = line.partition(": ")
            event[name] = value
    if "data" in event:
        view: dict[str, Any] = json.loads(event["data"])
        assert event["id"] == str(view["version"])
        return view
    assert not response.content.at_eof() or event, "the stream has ended"
    return await told(response)


async def test_a_stream_tells_the_view_now_and_each_change_until_the_end() -> None:
    async with site() as s:
        view = await s.started()
        stream = await s.get(f"/attempts/{view['attempt_id']}/stream")
        assert stream.content_type == "text/event-stream"
        assert await told(stream) == view
        view = await s.sent(view, type="choose_connector", connector="40")
        assert await told(stream) == view
        view = await s.sent(view, type="cancel")
        assert await told(stream) == view
        assert await stream.content.read() == b""
