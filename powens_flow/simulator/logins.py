"""What the simulated bank does, chosen by the login it is given: `logins.toml`, read and looked up.

A login is one or more entries separated by commas. An entry is a name of the table, or several
joined with `+` (one after the other), and may begin with `SOURCE:` to apply to one source only: its
name, or its place among the connection's sources (`2:wrongpass-once`). Anything that the table does
not name succeeds.
"""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import attrs

from powens_flow.simulator import accepted
from powens_flow.simulator.errors import STATUSES
from powens_flow.simulator.files import listed, named, read_tables

PLACEHOLDERS = {"n": r"(?P<n>[0-9]{1,9})", "code": r"(?P<code>[A-Za-z]+)"}
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
UNTIL = ("sync", "values", "code", "resume", "polls", "seconds", "webauth", "never")
"""All that can end a state."""

COMBINED = (
    "| `sms+decoupled-2` | one after the other |",
    "| `openapi:sms` | only on the source of that name |",
    "| `2:wrongpass-once` | only on the connection's second source |",
    "| `1:sms,2:decoupled-1` | several of these |",
)


def _number(value: Any) -> Any:
    """What a name's `{n}` was, as a number; all else as it is."""
    return int(value) if isinstance(value, str) and value.isdecimal() else value


@attrs.frozen
class Step:
    """One thing the bank asks for: an error answered (`refuse`), or a state and what ends it."""

    refuse: str | None = attrs.field(default=None, validator=accepted.maybe_text)
    times: int | None = attrs.field(default=None, validator=accepted.whole(0, or_none=True))
    state: str | None = attrs.field(default=None, validator=accepted.maybe_text)
    until: str = attrs.field(
        default="",
        validator=accepted.only(
            f"one of {', '.join(UNTIL)}", lambda value: value == "" or value in UNTIL
        ),
    )
    n: int = attrs.field(default=1, converter=_number, validator=accepted.whole(0))
    refuse_first: int = attrs.field(default=0, validator=accepted.whole(0))
    message: str | None = attrs.field(default=None, validator=accepted.maybe_text)


@attrs.frozen
class Scenario:
    """What the bank does with one login on one source."""

    steps: tuple[Step, ...] = ()
    check: float = attrs.field(default=0, converter=_number, validator=accepted.seconds)
    sync: float = attrs.field(default=0, converter=_number, validator=accepted.seconds)
    accounts: bool = attrs.field(default=True, validator=accepted.flag)
    about: str = attrs.field(default="", validator=accepted.text)

    def then(self, other: "Scenario") -> "Scenario":
        """This one, and the other one after it."""
        return Scenario(
            self.steps + other.steps,
            check=min(self.check + other.check, accepted.LONGEST),
            sync=max(self.sync, other.sync),
            accounts=self.accounts and other.accounts,
        )


class Logins:
    """The table of logins. Raises ValueError for a file that says what nobody would play."""

    def __init__(self, files: Iterable[Path]) -> None:
        tables: dict[str, Any] = {}
        self._tables = tables
        self.messages: dict[str, str] = {}
        self.good_code = ""
        for file in files:
            self._read(file)
        self._patterns = [(name, _pattern(name)) for name in tables if "{" in name]

    def _read(self, file: Path) -> None:
        read = read_tables(file, ("logins", "messages", "good_code"))
        try:
            self._take(read)
        except ValueError as error:
            raise ValueError(f"{file}: {error}") from None

    def _take(self, read: dict[str, Any]) -> None:
        tables = named(read.get("logins", {}), "logins")
        for name, table in tables.items():
            _check(name, table)
        self._tables |= tables
        self.messages |= _texts(named(read.get("messages", {}), "messages"))
        self.good_code = _texts({"good_code": read.get("good_code", self.good_code)})["good_code"]

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
    try:
        return re.compile(text)
    except re.error:
        raise ValueError(f"login {name!r}: a placeholder stands in it twice") from None


def _filled(value: Any, values: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: _filled(one, values) for key, one in value.items()}
    if isinstance(value, list):
        return [_filled(one, values) for one in value]
    if isinstance(value, str):
        for key, one in values.items():
            value = value.replace(f"{{{key}}}", one)
    return value


# --- what a file may say -------------------------------------------------------------------------

_CODES = {code.casefold() for code in STATUSES}
_HELD = re.compile(r"\{([^{}]*)\}")
_SAMPLE = {"n": "1", "code": "bug"}


def _texts(texts: dict[str, Any]) -> dict[str, str]:
    for name, value in texts.items():
        if not isinstance(value, str):
            raise ValueError(f"{name} is text")
    return texts


def _check(name: str, table: Any) -> None:
    """Raises ValueError, which names the login, for what could not be played."""
    try:
        _check_scenario(named(table, "it"), _sample(name))
    except ValueError as error:
        raise ValueError(f"login {name!r}: {error}") from None


def _sample(name: str) -> dict[str, str]:
    """Values for what the name holds. Raises ValueError for a name that no login can have."""
    held = _HELD.findall(name)
    accepted.check_known(held, PLACEHOLDERS, "held by a name")
    if any(sign in name for sign in "+,:"):
        raise ValueError("a name holds no +, comma or colon: they combine names")
    return {key: _SAMPLE[key] for key in held}


def _check_scenario(table: dict[str, Any], sample: dict[str, str]) -> None:
    accepted.check_known(table, _names(Scenario), "said of a login")
    if "about" not in table:
        raise ValueError("about is missing: text, one line for the table in the documentation")
    filled = _filled(table, sample)
    for number, step in enumerate(listed(filled.pop("steps", []), "steps"), 1):
        try:
            _check_step(step)
        except ValueError as error:
            raise ValueError(f"step {number}: {error}") from None
    Scenario(**filled)


def _check_step(table: dict[str, Any]) -> None:
    accepted.check_known(table, _names(Step), "said of a step")
    step = Step(**table)
    if (step.refuse is None) == (step.state is None):
        raise ValueError("a step has either refuse or state")
    if step.refuse is not None and step.refuse.casefold() not in _CODES:
        raise ValueError(f"refuse is one of {', '.join(STATUSES)}, or {{code}}")


def _names(kind: type[attrs.AttrsInstance]) -> list[str]:
    return [field.name for field in attrs.fields(kind)]
