"""The line of JSON that a proof answers, and the bad things that it counts."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

from attrs import define, field

BAD = ("twice", "lost", "untold", "unhandled")
"""Something was made or sent twice; something was lost, or an end was not as it has to be; a
transition was told to no listener; an error came out that is not documented."""

SHOWN = 20
"""How many of the bad things a line describes."""


@define
class Tally:
    """Counts what a proof tried, and what went wrong in it."""

    proof: str
    tried: int = 0
    bad: Counter[str] = field(factory=Counter)
    wrong: list[str] = field(factory=list)

    def add(self, kind: str, what: str) -> None:
        """One bad thing of a kind of `BAD`, in words without values."""
        if kind not in BAD:
            raise ValueError(f"{kind!r} is none of {', '.join(BAD)}")
        self.bad[kind] += 1
        if len(self.wrong) < SHOWN:
            self.wrong.append(f"{kind}: {what}")

    def add_all(self, found: Iterable[tuple[str, str]]) -> None:
        """Several of them."""
        for kind, what in found:
            self.add(kind, what)

    def merge(self, other: "Tally") -> None:
        """What another one of the same proof counted."""
        self.tried += other.tried
        self.bad += other.bad
        self.wrong = (self.wrong + other.wrong)[:SHOWN]

    def line(self, **more: Any) -> dict[str, Any]:
        """The proof's line."""
        shown = {"wrong": self.wrong} if self.wrong else {}
        counts = {kind: self.bad[kind] for kind in BAD}
        return {"proof": self.proof, "tried": self.tried, **counts, **more, **shown}


def is_good(line: dict[str, Any]) -> bool:
    """Whether something was tried, and nothing bad was found."""
    return line["tried"] > 0 and not any(line[kind] for kind in BAD)
