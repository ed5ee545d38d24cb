"""What the engine answers instead of doing what was asked. The attempt stays as it was.

The API's errors are another family (`powens_flow.api.errors`), and so are a store's
(`powens_flow.store.port.StoreError`).
"""

from collections.abc import Mapping

from powens_flow.events import InvalidEvent
from powens_flow.machine.definition import NotAccepted
from powens_flow.misuse import Misuse
from powens_flow.prompts import Prompt


class FlowError(Exception):
    """The base of the engine's own errors. Where one has a `prompt`, it is that of the attempt's
    `version`."""

    version: int | None = None


class NoSuchAttempt(FlowError, LookupError):
    """No attempt of that id, or another owner's: which of the two is not told."""

    def __init__(self) -> None:
        super().__init__("no such attempt")


class EventNotAccepted(FlowError):
    """The attempt's state does not take this event. `accepts` are the events that it takes, as the
    `prompt` says; what the clock alone may say is not among them."""

    def __init__(self, cause: NotAccepted, prompt: Prompt) -> None:
        super().__init__(str(NotAccepted(cause.state, cause.trigger, prompt.accepts)))
        self.state = cause.state
        self.trigger = cause.trigger
        self.accepts = prompt.accepts
        self.prompt = prompt


class EventRefused(FlowError):
    """The event's content cannot be taken: `fields` says why, `prompt` is the same prompt again."""

    def __init__(self, cause: InvalidEvent, prompt: Prompt) -> None:
        super().__init__(str(cause))
        self.fields = cause.fields
        self.prompt = prompt


class WrongValues(FlowError):
    """Values that do not fit their fields: a message key for each, also in the `prompt`.

    `seal_again`: what was sealed has to be sealed again with the current key.
    """

    def __init__(
        self, fields: Mapping[str, str], prompt: Prompt, *, seal_again: bool = False
    ) -> None:
        super().__init__(f"wrong values: {', '.join(f'{k}: {fields[k]}' for k in sorted(fields))}")
        self.fields = dict(fields)
        self.prompt = prompt
        self.seal_again = seal_again


class Working(FlowError):
    """A call is under way, so values cannot be taken: they are never kept waiting."""

    def __init__(self, prompt: Prompt) -> None:
        super().__init__("a call is under way; send the values when it has ended")
        self.prompt = prompt


class Outdated(FlowError):
    """The attempt was stored by another version of the machines, and its state fits nowhere."""

    def __init__(self, state: str, machine_hash: str, accepts: tuple[str, ...]) -> None:
        takes = ", ".join(accepts) or "nothing"
        super().__init__(
            f"the stored state {state!r}, of machine {machine_hash}, is unknown to this version;"
            f" it takes: {takes}"
        )
        self.state = state
        self.accepts = accepts


class IdempotencyKeyReused(FlowError):
    """The idempotency key came before, with another request."""

    def __init__(self) -> None:
        super().__init__("this idempotency key was used for another request")


class HandlerError(FlowError, Misuse):
    """A handler broke its rules (for instance: two writes in one run)."""
