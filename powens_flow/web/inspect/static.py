"""The page's own files: a style, a script, a sign. No build step makes them."""

import hashlib
from functools import cache
from importlib import resources
from typing import Final

from aiohttp import web
from attrs import frozen

from powens_flow.web.inspect.refusals import Refused
from powens_flow.web.inspect.visit import Visit

TYPES: Final = {
    "inspect.css": "text/css",
    "inspect.js": "text/javascript",
    "inspect.svg": "image/svg+xml",
}
"""The files there are."""


@frozen
class File:
    """One file, with a tag of its content."""

    text: str
    tag: str


@cache
def content(name: str) -> File:
    """The file of that name, read once."""
    folder = resources.files("powens_flow.web.inspect").joinpath("files")
    text = folder.joinpath(name).read_text("utf-8")
    return File(text, hashlib.sha256(text.encode()).hexdigest()[:32])


async def file(visit: Visit) -> web.Response:
    """`GET files/{file}`: one file; the browser asks each time whether it has changed."""
    name = visit.request.match_info["file"]
    if name not in TYPES:
        raise Refused("not_found")
    found = content(name)
    headers = {"ETag": f'"{found.tag}"', "Cache-Control": "no-cache"}
    if any(one.value in (found.tag, "*") for one in visit.request.if_none_match or ()):
        return web.Response(status=304, headers=headers)
    return web.Response(text=found.text, content_type=TYPES[name], headers=headers)
