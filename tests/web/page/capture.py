"""What crossed the wire, what was logged and what is kept: none of it holds what was typed."""

import json
import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager

import structlog
from attrs import Factory, define
from playwright.async_api import BrowserContext, Request

from tests.hunting import forms


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
        wire, logs = "\n".join(self.requests).encode(), "\n".join(self.logs).encode()
        for value in self.typed:
            assert not stands_in(wire, value), f"{value!r} crossed the wire"
            assert not stands_in(logs, value), f"{value!r} was logged"

    def check_kept(self, held: bytes, typed: set[str]) -> None:
        """Raises AssertionError where what is held holds one of these values, in any spelling."""
        for value in typed:
            assert not stands_in(held, value), f"{value!r} is kept"


def stands_in(held: bytes, value: str) -> bool:
    """Whether the value stands there in any of its spellings.

    A code of six digits is met by chance within longer numbers, durations for instance: there it
    has to stand by itself.
    """
    spelled = forms(value)
    if value.isdecimal():
        spelled.remove(value.encode())
        alone = re.compile(rb"(?<![\d.])%b(?!\d)" % value.encode())
        if alone.search(held):
            return True
    return any(form in held for form in spelled)


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
