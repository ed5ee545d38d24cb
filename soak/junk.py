"""Random JSON, and real JSON spoilt: what nobody should send, and everybody does once."""

import random
from collections.abc import Callable, Sequence
from typing import Any, Final

ODD_TEXTS: Final = (
    "",
    " ",
    "\x00",
    "a\nb\r\tc",
    "\ud800",
    "é" * 3,
    "e\u0301\u202e\u200b",
    "\U0001f4b8" * 5,
    "null",
    "None",
    "true",
    "-1",
    "0x10",
    "9" * 40,
    "1e309",
    "2026-02-30",
    "2026-03-29 02:30:00",
    "9999-12-31T23:59:59+14:00",
    "../../etc",
    "%00%ff",
    "' OR 1=1 --",
    "<script>",
    "{}",
    "eyJhbGciOiJub25lIn0....",
    "(a+)+$",
    "javascript:alert(1)",
    "https://[::1",
    "x" * 20_000,
)
ODD_NUMBERS: Final = (
    0,
    -1,
    1,
    2**31,
    2**63 - 1,
    2**63,
    -(2**63) - 1,
    10**40,
    0.1,
    -0.0,
    1e308,
    float("nan"),
    float("inf"),
)


class Junk:
    """Everything of it follows from the seed."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)  # noqa: S311 - inputs that can be had again

    def text(self) -> str:
        """A text, mostly an odd one."""
        if self.random.random() < 0.6:
            return self.random.choice(ODD_TEXTS)
        size = self.random.randrange(12)
        return "".join(chr(self.random.randrange(1, 0x500)) for _ in range(size))

    def scalar(self) -> Any:
        """A text, a number, a boolean or null."""
        kind = self.random.randrange(5)
        if kind < 2:
            return self.text()
        if kind == 2:
            return self.random.choice(ODD_NUMBERS)
        return self.random.choice((None, True, False, self.random.randrange(-10, 10_000)))

    def value(self, depth: int = 4) -> Any:
        """Any JSON value, seldom a very deep one."""
        kind = self.random.randrange(6)
        if depth == 0 or kind < 4:
            return self.scalar() if self.random.random() < 0.99 else self.deep()
        size = self.random.randrange(4)
        if kind == 4:
            return [self.value(depth - 1) for _ in range(size)]
        return {self.text(): self.value(depth - 1) for _ in range(size)}

    def deep(self) -> Any:
        """Lists in lists."""
        value: Any = self.scalar()
        for _ in range(self.random.choice((50, 400))):
            value = [value]
        return value

    def spoilt(self, value: Any, times: int = 1) -> Any:
        """The value with something in it dropped, replaced, wrapped, doubled or added."""
        for _ in range(times):
            value = self._spoilt(value)
        return value

    def _spoilt(self, value: Any) -> Any:
        if isinstance(value, dict) and value and self.random.random() < 0.85:
            return self._spoilt_object(dict(value))
        if isinstance(value, list) and value and self.random.random() < 0.85:
            return self._spoilt_list(list(value))
        return self.random.choice((self._replaced, self._wrapped))(value)

    def _spoilt_object(self, value: dict[str, Any]) -> dict[str, Any]:
        key = self.random.choice(sorted(value))
        kind = self.random.randrange(8)
        if kind == 0:
            del value[key]
        elif kind == 1:
            value[self.text()] = self.value()
        elif kind == 2:
            value[self.random.choice(sorted(value))] = value[key]
        else:
            value[key] = self._spoilt(value[key])
        return value

    def _spoilt_list(self, value: list[Any]) -> list[Any]:
        place = self.random.randrange(len(value))
        kind = self.random.randrange(6)
        if kind == 0:
            del value[place]
        elif kind == 1:
            value.append(value[place])
        elif kind == 2:
            value.insert(place, self.value())
        else:
            value[place] = self._spoilt(value[place])
        return value

    def _replaced(self, value: Any) -> Any:
        return self.value()

    def _wrapped(self, value: Any) -> Any:
        wrap: Sequence[Callable[[Any], Any]] = (str, lambda v: [v], lambda v: {"value": v})
        return self.random.choice(wrap)(value)
