"""What an owner sees of an attempt."""

from typing import Any

import attrs
from attrs import frozen

from powens_flow.attempt import Result
from powens_flow.prompts import Prompt


@frozen
class View:
    """An attempt's state, what to do now, and at the end of a completed one its result."""

    attempt_id: str
    machine: str
    state: str
    prompt: Prompt
    result: Result | None = None
    version: int = 0

    def to_json(self) -> dict[str, Any]:
        """The view as JSON values."""
        return {
            "attempt_id": self.attempt_id,
            "machine": self.machine,
            "state": self.state,
            "version": self.version,
            "prompt": self.prompt.to_json(),
            "result": attrs.asdict(self.result, value_serializer=_plain) if self.result else None,
        }


def _plain(_: Any, __: Any, value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else value
