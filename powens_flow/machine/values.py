"""What the values of a machine file may be, and how a fault shows one that is something else."""

import re
from typing import Any, Final

from attrs import frozen

RESERVED: Final = ("exit", "interrupted")
"""What a target says of itself, so that no state and no part can be named so."""

NAME: Final = re.compile(r"[^\W\d]\w*")
FORMER_NAME: Final = re.compile(rf"{NAME.pattern}(\.{NAME.pattern})*")
IS_NO_NAME: Final = "is no name: it has letters, digits and _ only, and begins with no digit"

_SHOWN = 60
_LARGE = 10**15


@frozen
class Range:
    """The numbers that a value may be: of this kind, from `least` to `most`."""

    kind: str
    least: float
    most: float
    types: tuple[type, ...] = (int, float)

    def __str__(self) -> str:
        return f"{self.kind} from {self.least} to {self.most}"

    def __contains__(self, value: object) -> bool:
        if isinstance(value, bool) or not isinstance(value, self.types):
            return False
        return self.least <= value <= self.most  # type: ignore[operator]  # a number


SECONDS: Final = Range("a number of seconds", 0.001, 365 * 24 * 3600)
FACTOR: Final = Range("a number", 1, 100)
TRIES: Final = Range("a whole number", 2, 1000, (int,))


def shown(value: Any) -> str:
    """A value in a fault: text and numbers as they are where they are short, else what it is."""
    if isinstance(value, str):
        return repr(value if len(value) <= _SHOWN else value[:_SHOWN] + "...")
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) or (isinstance(value, int) and abs(value) < _LARGE):
        return str(value)
    return _WHAT.get(type(value), "a date or a time")


_WHAT: Final = {dict: "a table", list: "a list", int: "a large number"}
