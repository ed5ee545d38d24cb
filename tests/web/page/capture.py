"""What crossed the wire, what was logged and what is kept: none of it holds what was typed."""

import base64
import json
import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from urllib.parse import quote, quote_plus

import structlog
from attrs import Factory, define
from playwright.async_api import BrowserContext, Request


@define
class Capture:
    """All requests of a suite's browsers, all log lines, and every value that was typed."""

    requests: list[str] = Factory(list)
    logs: list[str] = Factory(list)
    typed: set[str] = Factory(set)

    def type(self, value: str) -> str:
        """Note a value that is typed; it has to be long enough to be met by no chance."""
        assert len(value) >= 6, "too short to be searched for"
        self.typed.add(value)
        return value

    def follow(self, context: BrowserContext, origin: str) -> None:
        """Note each request of a browser to the backend; the bank gets what is its own."""

        async def note(request: Request) -> None:
            if request.url.startswith(origin):
                headers = json.dumps(dict(request.headers))
                body = (request.post_data_buffer or b"").decode("utf-8", "replace")
                self.requests.append(f"{request.method} {request.url}\n{headers}\n{body}")

        context.on("request", note)

    def check(self) -> None:
        """Raises AssertionError where a typed value was sent or logged, in any spelling."""
        wire, logs = "\n".join(self.requests), "\n".join(self.logs)
        for value in self.typed:
            for spelling in spellings(value):
                assert spelling not in wire, f"{value!r} crossed the wire as {spelling!r}"
                assert spelling not in logs, f"{value!r} was logged as {spelling!r}"

    def check_kept(self, held: bytes, typed: set[str]) -> None:
        """Raises AssertionError where what is held holds one of these values, in any spelling."""
        for value in typed:
            for spelling in spellings(value):
                assert spelling.encode() not in held, f"{value!r} is kept as {spelling!r}"


def spellings(value: str) -> set[str]:
    """The value plain, percent-encoded, in JSON, and in base64 at each of its three alignments."""
    raw = value.encode()
    plain = {value, quote(value, safe=""), quote_plus(value), json.dumps(value)[1:-1]}
    return plain | {value[::-1], raw.hex()} | set(_in_base64(raw))


def _in_base64(raw: bytes) -> Iterable[str]:
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        for before in range(3):
            whole = encode(b"\0" * before + raw).decode().rstrip("=")
            start = -(-before * 4 // 3)
            end = (len(raw) + before) * 4 // 3
            yield whole[start : end - (end % 4 != 0)]


@contextmanager
def capturing() -> Iterator[Capture]:
    """A capture for as long as the block runs, with everything that is logged meanwhile."""
    capture = Capture()

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            capture.logs.append(self.format(record))

    handler, root = Keep(logging.DEBUG), logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    logging.getLogger("transitions").setLevel(logging.INFO)  # one line for each guard is too much

    def keep(_: object, __: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
        capture.logs.append(repr(dict(event)))
        raise structlog.DropEvent

    before = structlog.get_config()
    structlog.configure(processors=[keep])
    try:
        yield capture
    finally:
        structlog.configure(**before)
        root.setLevel(level)
        root.removeHandler(handler)
