"""Reads one machine file: TOML in, a `Document` out, or every fault of the file with its place."""

import tomllib
from collections.abc import Mapping
from typing import Any, Final

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

_TOP: Final = frozenset(
    {"name", "title", "initial", "entries", "exits", "states", "parts", "retry", "common"}
)
_STATE: Final[Mapping[str, tuple[type, ...]]] = {
    "kind": (str,),
    "means": (str,),
    "prompt": (str,),
    "message": (str,),
    "deadline": (str,),
    "poll": (dict,),
    "handler": (str,),
    "retry": (str,),
    "again": (str,),
    "formerly": (list,),
    "common": (bool,),
    "on": (dict,),
}
_POLL: Final = frozenset({"first", "factor", "most", "until"})
_RETRY: Final = frozenset({"on", "tries", "first", "most", "within"})


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


class _Reader:
    """Collects every fault of one file before it complains."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.faults: list[tuple[Place, str]] = []

    def document(self, data: dict[str, Any]) -> Document:
        here = Place(self.file)
        self._known(here, data, _TOP, "file")
        states = {
            name: self._state(name, table) for name, table in self._tables(data, "states").items()
        }
        document = Document(
            file=self.file,
            name=self._text(here, data, "name"),
            title=self._text(here, data, "title", ""),
            initial=self._text(here, data, "initial", ""),
            entries=self._names(here, data.get("entries", [])),
            exits=self._names(here, data.get("exits", [])),
            states=states,
            parts={p: self._part(p, t) for p, t in self._tables(data, "parts").items()},
            retry={r: self._retry(r, t) for r, t in self._tables(data, "retry").items()},
            common=self._common(data.get("common", {})),
        )
        if self.faults:
            raise MachineError(self.faults)
        return document

    def _state(self, name: str, table: dict[str, Any]) -> StateTable:
        place = Place(self.file, name)
        self._known(place, table, _STATE.keys(), "state")
        for key, types in _STATE.items():
            if key in table and not isinstance(table[key], types):
                self._fault(place, f"{key} must be a {types[0].__name__}")
        kind = table.get("kind")
        if kind not in KINDS:
            self._fault(place, f"kind must be one of {', '.join(KINDS)}, not {kind!r}")
        plain = {
            key: table[key]
            for key in (
                "means",
                "prompt",
                "message",
                "deadline",
                "handler",
                "retry",
                "again",
                "common",
            )
            if key in table
        }
        return StateTable(
            name=name,
            place=place,
            kind=str(kind),
            poll=self._poll(place, table["poll"]) if "poll" in table else None,
            formerly=self._names(place, table.get("formerly", [])),
            on=self._on(place, table.get("on", {})),
            **plain,
        )

    def _part(self, prefix: str, table: dict[str, Any]) -> PartTable:
        place = Place(self.file, prefix)
        self._known(place, table, {"machine", "exits"}, "part")
        return PartTable(
            prefix=prefix,
            place=place,
            machine=self._text(place, table, "machine"),
            exits=self._on(place, table.get("exits", {})),
        )

    def _common(self, data: Any) -> CommonTable:
        place = Place(self.file, "common")
        if not isinstance(data, dict):
            self._fault(place, "common must be a table")
            return CommonTable()
        self._known(place, data, {"waiting", "calling"}, "common")
        return CommonTable(
            waiting=self._on(place, data.get("waiting", {})),
            calling=self._on(place, data.get("calling", {})),
        )

    def _on(self, place: Place, table: Any) -> dict[str, tuple[Branch, ...]]:
        if not isinstance(table, dict):
            self._fault(place, "must be a table of triggers")
            return {}
        return {
            trigger: self._branches(Place(place.file, place.state, trigger), value)
            for trigger, value in table.items()
        }

    def _branches(self, place: Place, value: Any) -> tuple[Branch, ...]:
        if isinstance(value, str):
            return (Branch(value),)
        if not isinstance(value, list) or not value:
            self._fault(place, "must be a target, or a list of {when, to}")
            return ()
        return tuple(b for b in (self._branch(place, item) for item in value) if b is not None)

    def _branch(self, place: Place, item: Any) -> Branch | None:
        if not isinstance(item, dict) or not isinstance(item.get("to"), str):
            self._fault(place, "each branch is { when = [...], to = TARGET }")
            return None
        self._known(place, item, {"when", "to"}, "branch")
        when = item.get("when", [])
        return Branch(item["to"], self._names(place, [when] if isinstance(when, str) else when))

    def _poll(self, place: Place, table: dict[str, Any]) -> Poll | None:
        self._known(place, table, _POLL, "poll")
        if not self._numbers(place, table, ("first",), ("factor", "most")):
            return None
        return Poll(**table)

    def _retry(self, name: str, table: dict[str, Any]) -> RetryRule:
        place = Place(self.file, f"retry.{name}")
        self._known(place, table, _RETRY, "retry")
        if not self._numbers(place, table, ("tries", "first", "most", "within"), ()):
            return RetryRule(name, (), 0, 0, 0, 0)
        return RetryRule(
            name=name,
            on=self._names(place, table.get("on", [])),
            **{key: table[key] for key in ("tries", "first", "most", "within")},
        )

    def _numbers(
        self, place: Place, table: dict[str, Any], needed: tuple[str, ...], also: tuple[str, ...]
    ) -> bool:
        wrong = [k for k in needed if not _positive(table.get(k))]
        wrong += [k for k in also if k in table and not _positive(table[k])]
        for key in wrong:
            self._fault(place, f"{key} must be a number greater than 0")
        return not wrong

    def _tables(self, data: dict[str, Any], key: str) -> dict[str, dict[str, Any]]:
        value = data.get(key, {})
        if isinstance(value, dict) and all(isinstance(item, dict) for item in value.values()):
            return value
        self._fault(Place(self.file), f"{key} must be tables")
        return {}

    def _names(self, place: Place, value: Any) -> tuple[str, ...]:
        if isinstance(value, list) and all(isinstance(item, str) for item in value):
            return tuple(value)
        self._fault(place, f"must be a list of names, not {value!r}")
        return ()

    def _text(
        self, place: Place, table: dict[str, Any], key: str, default: str | None = None
    ) -> str:
        value = table.get(key, default)
        if isinstance(value, str):
            return value
        self._fault(place, f"{key} must be given, as text")
        return ""

    def _known(self, place: Place, table: Mapping[str, Any], known: Any, what: str) -> None:
        for key in sorted(set(table) - set(known)):
            self._fault(
                place, f"unknown word {key!r} in a {what}; known: {', '.join(sorted(known))}"
            )

    def _fault(self, place: Place, what: str) -> None:
        self.faults.append((place, what))


def _positive(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value > 0
