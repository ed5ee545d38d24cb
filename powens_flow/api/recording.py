"""Which calls were made, for a journal: names, statuses and durations, nothing of their content."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime

from powens_flow.attempt import CallRecord

_calls: ContextVar[list[CallRecord] | None] = ContextVar("powens_flow_calls", default=None)


@contextmanager
def recorded_calls() -> Iterator[list[CallRecord]]:
    """A list that every call made inside is added to as it ends, in whatever way it ends.

    Tasks started inside record into it too. Of nested ones, the innermost records.
    """
    calls: list[CallRecord] = []
    token = _calls.set(calls)
    try:
        yield calls
    finally:
        _calls.reset(token)


@contextmanager
def recorded_as(name: str, now: Callable[[], datetime]) -> Iterator[None]:
    """Record what is done inside as one call; its code is the API's, or the class it raised."""
    began, code = now(), None
    try:
        yield
    except BaseException as error:
        code = getattr(error, "code", None) or type(error).__name__
        raise
    finally:
        calls = current_recording()
        if calls is not None:
            duration = max(0.0, (now() - began).total_seconds())
            calls.append(CallRecord(name, code=code, duration=duration))


def current_recording() -> list[CallRecord] | None:
    """The list to add to, or None when nobody records."""
    return _calls.get()
