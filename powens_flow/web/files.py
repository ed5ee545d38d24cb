"""The page's files: whatever lies in the package's `web/page/`."""

import hashlib
import mimetypes
from functools import lru_cache
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Final

from aiohttp import web
from attrs import frozen

from powens_flow.web.call import Call
from powens_flow.web.problems import Problem

TYPES: Final = {
    ".js": "text/javascript",
    ".mjs": "text/javascript",
    ".css": "text/css",
    ".html": "text/html",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".map": "application/json",
    ".woff2": "font/woff2",
    ".txt": "text/plain",
}
"""What the types depend on is this table, not the machine's own."""


@frozen
class File:
    """One file, with a tag of its content."""

    body: bytes
    content_type: str
    etag: str


async def page_file(call: Call) -> web.Response:
    """`GET page/{file}`: one file; the browser asks each time whether it has changed."""
    file = page_files().get(call.request.match_info["file"])
    if file is None:
        raise Problem("not_found")
    headers = {"Cache-Control": "no-cache", "ETag": f'"{file.etag}"'}
    known = call.request.if_none_match or ()
    if any(tag.value in (file.etag, "*") for tag in known):
        return web.Response(status=304, headers=headers)
    text = file.content_type.startswith("text/")
    return web.Response(
        body=file.body,
        content_type=file.content_type,
        charset="utf-8" if text else None,
        headers=headers,
    )


@lru_cache(maxsize=1)
def page_files() -> dict[str, File]:
    """The files by their path below `page/`, read once."""
    folder = resources.files("powens_flow.web").joinpath("page")
    return dict(_files(folder, "")) if folder.is_dir() else {}


def _files(folder: Traversable, prefix: str) -> list[tuple[str, File]]:
    found: list[tuple[str, File]] = []
    for one in folder.iterdir():
        if one.name.startswith((".", "_")):
            continue
        if one.is_dir():
            found += _files(one, f"{prefix}{one.name}/")
        else:
            found.append((prefix + one.name, _file(one)))
    return found


def _file(one: Traversable) -> File:
    body = one.read_bytes()
    suffix = one.name[one.name.rfind(".") :].lower()
    content_type = TYPES.get(suffix) or mimetypes.guess_type(one.name)[0]
    return File(
        body, content_type or "application/octet-stream", hashlib.sha256(body).hexdigest()[:32]
    )
