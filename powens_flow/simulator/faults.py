"""Faults: what goes wrong between the client and the simulated API, on purpose."""

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, Literal, get_args

import attrs
from aiohttp import hdrs

from powens_flow.simulator import accepted

Kind = Literal[
    "wait",
    "silence",
    "status",
    "error",
    "drop_before",
    "drop_after",
    "drop_and_act_later",
    "cut_body",
    "not_json",
    "wrong_shape",
]
ACTING: frozenset[str] = frozenset(get_args(Kind)) - {"status", "error", "drop_before"}

_METHOD = accepted.only(
    "*, or a method in capitals", lambda one: accepted.is_text(one) and one in ("*", *hdrs.METH_ALL)
)


def _is_wait(value: Any) -> bool:
    printable = accepted.is_text(value) and value.isprintable()
    return value is None or printable or accepted.is_number(value)


_WAIT = accepted.only("a number of seconds, the header's text, or null", _is_wait)


@attrs.frozen
class Fault:
    """What is done to calls that match `method` and `path`.

    kind: `wait` (seconds, then act and answer), `silence` (act, then seconds, then answer),
    `status` and `error` (answer that instead; `acts` says whether the call acts first),
    `drop_before` and `drop_after` (acting; no answer), `drop_and_act_later` (no answer, act
    `seconds` later), `cut_body`, `not_json` and `wrong_shape` (an answer that cannot be read;
    `acts` as above, by default they do).
    `path` is relative to the base URL; `*` is anything within a segment, `**` anything at all.
    `retry_after` is seconds, or the header's text. `times` None is always; the first `after`
    matching calls are let through.
    """

    kind: Kind = attrs.field(validator=accepted.one_of(get_args(Kind)))
    method: str = attrs.field(default="*", validator=_METHOD)
    path: str = attrs.field(default="**", validator=accepted.text)
    times: int | None = attrs.field(default=1, validator=accepted.whole(1, or_none=True))
    after: int = attrs.field(default=0, validator=accepted.whole(0))
    seconds: float = attrs.field(default=0, validator=accepted.seconds)
    status: int = attrs.field(default=500, validator=accepted.whole(200, 599))
    code: str | None = attrs.field(default=None, validator=accepted.maybe_text)
    message: str | None = attrs.field(default=None, validator=accepted.maybe_text)
    retry_after: float | str | None = attrs.field(default=None, validator=_WAIT)
    acts: bool | None = attrs.field(default=None, validator=accepted.maybe_flag)
    body: Any = attrs.field(default=None, validator=accepted.any_json)

    def matches(self, method: str, path: str) -> bool:
        return self.method in ("*", method) and bool(_pattern(self.path).fullmatch(path))

    @property
    def lets_act(self) -> bool:
        """Whether the call does its work."""
        return self.kind in ACTING if self.acts is None else self.acts


@lru_cache(maxsize=256)
def _pattern(path: str) -> re.Pattern[str]:
    text = re.escape("/" + path.lstrip("/")) if path != "**" else r"\*\*"
    return re.compile(text.replace(r"\*\*", ".*").replace(r"\*", "[^/]*"))


@attrs.define
class Planned:
    """A fault in force: how many calls it still lets through, and how many it has met."""

    id: int
    fault: Fault
    skip: int
    met: int = 0

    @property
    def spent(self) -> bool:
        return self.fault.times is not None and self.met >= self.fault.times


def fault_of(fields: Mapping[str, Any]) -> Fault:
    """The fault of a JSON object. Raises ValueError for what is missing, unknown or not taken."""
    accepted.check_known(fields, [field.name for field in attrs.fields(Fault)], "part of a fault")
    if "kind" not in fields:
        raise ValueError(f"kind is missing: one of {', '.join(get_args(Kind))}")
    return Fault(**fields)


class Faults:
    """The faults in force; of several that match a call the oldest is played."""

    def __init__(self) -> None:
        self._planned: list[Planned] = []
        self._last = 0

    def __iter__(self) -> Iterator[Planned]:
        return iter(self._planned)

    def add(self, fault: Fault) -> int:
        self._last += 1
        self._planned.append(Planned(self._last, fault, fault.after))
        return self._last

    def remove(self, number: int) -> None:
        self._planned = [one for one in self._planned if one.id != number]

    def clear(self) -> None:
        self._planned.clear()

    def take(self, method: str, path: str) -> Fault | None:
        """The fault to play on this call, counted as met."""
        for one in self._planned:
            if one.spent or not one.fault.matches(method, path):
                continue
            if one.skip:
                one.skip -= 1
                continue
            one.met += 1
            return one.fault
        return None
