"""What a handler gets: the port through which the runtime makes its calls, and tells time."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol

from powens_flow.attempt import Attempt


class Context(Protocol):
    """Handed to each handler by the runtime that drives the attempt."""

    @property
    def values(self) -> Mapping[str, str]:
        """The sealed values that the event brought; empty in any other run. Never saved."""
        ...

    @property
    def recovering(self) -> bool:
        """Whether an earlier run of this very state was cut short: find out what it achieved."""
        ...

    def now(self) -> datetime:
        """The present moment, aware, in UTC."""
        ...

    def new_id(self) -> str:
        """An unguessable text."""
        ...

    async def call(self, name: str, /, **arguments: Any) -> Any:
        """Make the call of that name, one of ours (`powens_flow.calls`) or of an integrator's own
        (`Registry.call`), for this attempt.

        A call that writes is made at most once in a run, after the attempt was saved.

        Raises:
            PowensError: what the API came to instead of an answer.
        """
        ...

    def note(self, **changes: Any) -> Attempt:
        """Change the attempt now, so that the next save, and the next call, have it."""
        ...
