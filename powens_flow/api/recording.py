"""Which calls were made, for a journal: names, statuses and durations, nothing of their content."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

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


def current_recording() -> list[CallRecord] | None:
    """The list to add to, or None when nobody records."""
    return _calls.get()
