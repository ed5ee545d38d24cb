"""Reads one machine file: TOML in, a `Document` out, or every fault of the file with its place."""

import tomllib
from typing import Any, Final

from attrs import evolve

from powens_flow.machine import values as v
from powens_flow.machine.document import (
    KINDS,
    Branch,
    CommonTable,
    Document,
    PartTable,
    Poll,
    RetryRule,
    StateTable,
)
from powens_flow.machine.errors import MachineError, Place
from powens_flow.machine.tables import TableReader
from powens_flow.vocabulary import DONE, OUTCOMES

_TOP: Final = ("name", "title", "initial", "entries", "exits", "states", "parts", "retry", "common")
_TEXTS: Final = ("means", "prompt", "message", "deadline", "handler", "retry", "again")
_STATE: Final = (*_TEXTS, "kind", "poll", "formerly", "common", "on")
_POLL: Final = {"first": v.SECONDS, "factor": v.FACTOR, "most": v.SECONDS}
_RETRY: Final = {"tries": v.TRIES, "first": v.SECONDS, "most": v.SECONDS, "within": v.SECONDS}
_RETRIED: Final = tuple(outcome for outcome in OUTCOMES if outcome != DONE)


def read_document(file: str, text: str) -> Document:
    """One machine file's text as a `Document`.

    Raises:
        MachineError: naming file, state and trigger of everything that cannot be read.
    """
    return _Reader(file).document(_parsed(file, text))


def _parsed(file: str, text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        what = f"not TOML: {error}"
    except RecursionError:
        what = "lists or tables in it are nested too deep"
    except ValueError:  # Python reads no integer of thousands of digits
        what = "an integer in it is too long"
    raise MachineError([(Place(file), what)])


class _Reader(TableReader):
    """Reads the tables of a machine file; every fault is collected before it complains."""

    def document(self, data: dict[str, Any]) -> Document:
        here = Place(self.file)
        self.known_words(here, data, _TOP, "a file")
        document = Document(
            file=self.file,
            name=self.own_name(here, data),
            title=self.text(here, data, "title", ""),
            initial=self.text(here, data, "initial", ""),
            entries=self.names(here, data, "entries"),
            exits=self.names(here, data, "exits"),
            states={s: self._state(s, t) for s, t in self.tables(data, "states").items()},
            parts={p: self._part(p, t) for p, t in self.tables(data, "parts").items()},
            retry={r: self._retry(r, t) for r, t in self.tables(data, "retry").items()},
            common=self._common(here, data),
        )
        if self.faults:
            raise MachineError(self.faults)
        return document

    # --- tables ---------------------------------------------------------------------------------

    def _state(self, name: str, table: dict[str, Any]) -> StateTable:
        place = Place(self.file, name)
        self.free_name(place, name)
        self.known_words(place, table, _STATE, "a state")
        return StateTable(
            name=name,
            place=place,
            kind=self._kind(place, table),
            poll=self._poll(place, table),
            formerly=self.names(place, table, "formerly", v.FORMER_NAME),
            common=self.flag(place, table, "common"),
            on=self._on(place, table, "on"),
            **{key: self.text(place, table, key) for key in _TEXTS if key in table},
        )

    def _part(self, prefix: str, table: dict[str, Any]) -> PartTable:
        place = Place(self.file, prefix, kind="part")
        self.free_name(place, prefix)
        self.known_words(place, table, ("machine", "exits"), "a part")
        return PartTable(
            prefix=prefix,
            place=place,
            machine=self.text(place, table, "machine"),
            exits=self._on(place, table, "exits"),
        )

    def _common(self, here: Place, data: dict[str, Any]) -> CommonTable:
        table = self.table(here, data, "common", "a table")
        place = evolve(here, state="common", kind="table")
        self.known_words(place, table, ("waiting", "calling"), "common")
        return CommonTable(
            waiting=self._on(place, table, "waiting"), calling=self._on(place, table, "calling")
        )

    def _poll(self, place: Place, state: dict[str, Any]) -> Poll | None:
        table = self.table(place, state, "poll", "a table such as { first = 2 }")
        if table is not state.get("poll"):
            return None
        self.known_words(place, table, (*_POLL, "until"), "a poll")
        until = self.text(place, table, "until") if "until" in table else None
        numbers = self.numbers(place, table, _POLL, ("first",))
        if numbers is None:
            return None
        poll = Poll(**numbers, until=until)
        self._in_order(place, poll)
        return poll

    def _retry(self, name: str, table: dict[str, Any]) -> RetryRule:
        place = Place(self.file, name, kind="retry rule")
        self.name(place, name)
        self.known_words(place, table, ("on", *_RETRY), "a retry rule")
        numbers = self.numbers(place, table, _RETRY, _RETRY)
        on = self._outcomes(place, table)
        rule = RetryRule(name, on, **(numbers or dict.fromkeys(_RETRY, 0)))
        self._in_order(place, rule)
        return rule

    def _in_order(self, place: Place, times: Poll | RetryRule) -> None:
        if times.first > times.most:
            self.fault(place, f"first must not be more than most, which is {times.most}")

    # --- transitions ----------------------------------------------------------------------------

    def _on(self, place: Place, data: dict[str, Any], key: str) -> dict[str, tuple[Branch, ...]]:
        what = "a table of exits" if key == "exits" else "a table of triggers"
        table = self.table(place, data, key, what)
        return {
            trigger: self._branches(evolve(place, trigger=trigger), value)
            for trigger, value in table.items()
        }

    def _branches(self, place: Place, value: Any) -> tuple[Branch, ...]:
        if isinstance(value, str):
            return (Branch(value),)
        if not isinstance(value, list) or not value:
            self.fault(place, "must be a target, or a list of {when, to}")
            return ()
        return tuple(b for b in (self._branch(place, item) for item in value) if b is not None)

    def _branch(self, place: Place, item: Any) -> Branch | None:
        if not isinstance(item, dict) or not isinstance(item.get("to"), str):
            self.fault(place, "each branch is { when = [...], to = TARGET }")
            return None
        self.known_words(place, item, ("when", "to"), "a branch")
        when = item.get("when")
        guards = (when,) if isinstance(when, str) else self.texts(place, item, "when")
        return Branch(item["to"], guards)

    # --- values ---------------------------------------------------------------------------------

    def _kind(self, place: Place, table: dict[str, Any]) -> str:
        kind = table.get("kind")
        if kind not in KINDS:
            found = f", not {v.shown(kind)}" if "kind" in table else ""
            self.fault(place, f"kind must be one of {', '.join(KINDS)}{found}")
        return str(kind)

    def _outcomes(self, place: Place, table: dict[str, Any]) -> tuple[str, ...]:
        outcomes = self.texts(place, table, "on")
        known = ", ".join(sorted(_RETRIED))
        if not table.get("on", []):
            self.fault(place, f"on must be a list of one outcome or more of: {known}")
        for outcome in outcomes:
            if outcome not in _RETRIED:
                self.fault(place, f"no outcome to try again: {v.shown(outcome)}; known: {known}")
        return outcomes
