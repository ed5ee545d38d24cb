"""What the simulated bank does, chosen by the login it is given: `logins.toml`, read and looked up.

A login is one or more entries separated by commas. An entry is a name of the table, or several
joined with `+` (one after the other), and may begin with `SOURCE:` to apply to one source only: its
name, or its place among the connection's sources (`2:wrongpass-once`). Anything that the table does
not name succeeds.
"""

import re
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import attrs

from powens_flow.simulator.errors import STATUSES

PLACEHOLDERS = {"n": r"(?P<n>\d+)", "code": r"(?P<code>[A-Za-z]+)"}
ENDED_BY = {
    "SCARequired": "sync",
    "webauthRequired": "webauth",
    "additionalInformationNeeded": "code",
    "decoupled": "resume",
    "validating": "polls",
    "wrongpass": "values",
    "passwordExpired": "values",
    "actionNeeded": "sync",
}
"""What ends a state where nothing else is said; any other state never ends by itself."""

COMBINED = (
    "| `sms+decoupled-2` | one after the other |",
    "| `openapi:sms` | only on the source of that name |",
    "| `2:wrongpass-once` | only on the connection's second source |",
    "| `1:sms,2:decoupled-1` | several of these |",
)


@attrs.frozen
class Step:
    """One thing the bank asks for: an error answered (`refuse`), or a state and what ends it."""

    refuse: str | None = None
    times: int | None = None
    state: str | None = None
    until: str = ""
    n: int = attrs.field(default=1, converter=int)
    refuse_first: int = 0
    message: str | None = None


@attrs.frozen
class Scenario:
    """What the bank does with one login on one source."""

    steps: tuple[Step, ...] = ()
    check: float = attrs.field(default=0, converter=float)
    sync: float = attrs.field(default=0, converter=float)
    accounts: bool = True
    about: str = ""

    def then(self, other: "Scenario") -> "Scenario":
        """This one, and the other one after it."""
        return Scenario(
            self.steps + other.steps,
            check=self.check + other.check,
            sync=max(self.sync, other.sync),
            accounts=self.accounts and other.accounts,
        )


class Logins:
    """The table of logins."""

    def __init__(self, files: Iterable[Path]) -> None:
        tables: dict[str, Any] = {}
        self.messages: dict[str, str] = {}
        self.good_code = ""
        for file in files:
            read = tomllib.loads(file.read_text("utf-8"))
            tables |= read.get("logins", {})
            self.messages |= read.get("messages", {})
            self.good_code = read.get("good_code", self.good_code)
        self._tables = tables
        self._patterns = [(name, _pattern(name)) for name in tables if "{" in name]
        for name, table in tables.items():
            _checked(name, table)

    def scenario(self, login: str, source: str = "", place: int = 1) -> Scenario:
        """What happens with `login` on the source of that name, the connection's `place`-th."""
        found = Scenario()
        for entry in login.split(","):
            where, colon, names = entry.rpartition(":")
            if not colon or where in (source, str(place)):
                found = found.then(self._entry(names))
        return found

    def step(self, state: str, message: str | None = None, until: str = "", n: int = 1) -> Step:
        """A step of that state, ended as the protocol says if `until` does not."""
        return Step(
            state=state,
            until=until or ENDED_BY.get(state, "never"),
            n=n,
            message=message or self.messages.get(state),
        )

    def markdown(self) -> str:
        """The table of logins for the documentation, in Markdown."""
        rows = [f"| `{name}` | {table['about']} |" for name, table in self._tables.items()]
        codes = ", ".join(f"`{code}`" for code in STATUSES)
        head = "| login | what happens |\n| --- | --- |"
        foot = f"The good code by SMS is `{self.good_code}`. Known error codes: {codes}."
        return "\n".join([head, *rows, *COMBINED, "| anything else | succeeds |", "", foot, ""])

    def _entry(self, names: str) -> Scenario:
        whole = Scenario()
        for name in names.split("+"):
            one = self._named(name)
            if one is None:
                return Scenario()
            whole = whole.then(one)
        return whole

    def _named(self, name: str) -> Scenario | None:
        if name in self._tables and "{" not in name:
            return self._built(self._tables[name], {})
        for known, pattern in self._patterns:
            if match := pattern.fullmatch(name):
                return self._built(self._tables[known], match.groupdict())
        return None

    def _built(self, table: dict[str, Any], values: dict[str, str]) -> Scenario:
        filled = _filled(table, values)
        steps = tuple(self._step(one) for one in filled.pop("steps", []))
        return Scenario(steps, **filled)

    def _step(self, table: dict[str, Any]) -> Step:
        step = Step(**table)
        about = step.state or step.refuse or ""
        message = step.message or self.messages.get(about)
        until = step.until or ENDED_BY.get(about, "never")
        return attrs.evolve(step, message=message, until=until)


def _pattern(name: str) -> re.Pattern[str]:
    text = re.escape(name)
    for key, pattern in PLACEHOLDERS.items():
        text = text.replace(re.escape(f"{{{key}}}"), pattern)
    return re.compile(text)


def _filled(value: Any, values: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: _filled(one, values) for key, one in value.items()}
    if isinstance(value, list):
        return [_filled(one, values) for one in value]
    return value.format(**values) if isinstance(value, str) and "{" in value else value


def _checked(name: str, table: dict[str, Any]) -> None:
    known = {field.name for field in attrs.fields(Scenario)}
    steps = {field.name for field in attrs.fields(Step)}
    wrong = set(table) - known | {key for one in table.get("steps", []) for key in one} - steps
    if wrong or "about" not in table:
        raise ValueError(f"login {name!r}: unknown {sorted(wrong)}, or no 'about'")
