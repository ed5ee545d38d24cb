"""Reads the values of a machine file's tables, and collects what is wrong with them."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from powens_flow.machine import values as v
from powens_flow.machine.errors import Place


class TableReader:
    """What is wrong is collected in `faults`; something of the right type is answered anyway."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.faults: list[tuple[Place, str]] = []

    def fault(self, place: Place, what: str) -> None:
        """Keep what is wrong in a place."""
        self.faults.append((place, what))

    def known_words(
        self, place: Place, table: Mapping[str, Any], known: Iterable[str], what: str
    ) -> None:
        """Every key of the table has to be one of `known`."""
        for key in sorted(set(table) - set(known)):
            words = ", ".join(sorted(known))
            self.fault(place, f"unknown word {v.shown(key)} in {what}; known: {words}")

    def text(
        self, place: Place, table: dict[str, Any], key: str, default: str | None = None
    ) -> str:
        """A text, which has to be given where there is no default."""
        value = table.get(key, default)
        if isinstance(value, str):
            return value
        given = f"must be text, not {v.shown(value)}" if key in table else "must be given, as text"
        self.fault(place, f"{key} {given}")
        return ""

    def flag(self, place: Place, table: dict[str, Any], key: str) -> bool:
        """True or false; true where it is not given."""
        value = table.get(key, True)
        if not isinstance(value, bool):
            self.fault(place, f"{key} must be true or false, not {v.shown(value)}")
        return bool(value)

    def texts(self, place: Place, table: dict[str, Any], key: str) -> tuple[str, ...]:
        """A list of names that are looked up elsewhere."""
        value = table.get(key, [])
        if not isinstance(value, list):
            self.fault(place, f"{key} must be a list of names, not {v.shown(value)}")
            return ()
        for item in value:
            if not isinstance(item, str):
                self.fault(place, f"{key} must be a list of names, and {v.shown(item)} is none")
        return tuple(item for item in value if isinstance(item, str))

    def names(
        self, place: Place, table: dict[str, Any], key: str, names: re.Pattern[str] = v.NAME
    ) -> tuple[str, ...]:
        """A list of names that are given here."""
        found = self.texts(place, table, key)
        for name in found:
            if not names.fullmatch(name):
                self.fault(place, f"{key}: {v.shown(name)} {v.IS_NO_NAME}")
        return found

    def name(self, place: Place, name: str) -> None:
        """The name of a table, or of the file."""
        if not v.NAME.fullmatch(name):
            self.fault(place, f"{v.shown(name)} {v.IS_NO_NAME}")

    def free_name(self, place: Place, name: str) -> None:
        """The name of something that a target may name."""
        self.name(place, name)
        if name in v.RESERVED:
            self.fault(place, f"the name {name!r} is taken: a target means something else by it")

    def own_name(self, place: Place, data: dict[str, Any]) -> str:
        """The name that a file gives itself."""
        name = self.text(place, data, "name")
        if isinstance(data.get("name"), str):
            self.name(place, name)
        return name

    def numbers(
        self,
        place: Place,
        table: dict[str, Any],
        ranges: Mapping[str, v.Range],
        needed: Iterable[str],
    ) -> dict[str, Any] | None:
        """The numbers that are there, or None where one is wrong or missing."""
        keys = [key for key in ranges if key in table or key in needed]
        wrong = [key for key in keys if table.get(key) not in ranges[key]]
        for key in wrong:
            found = f", not {v.shown(table[key])}" if key in table else ""
            self.fault(place, f"{key} must be {ranges[key]}{found}")
        return None if wrong else {key: table[key] for key in keys}

    def table(self, place: Place, data: dict[str, Any], key: str, what: str) -> dict[str, Any]:
        """A table; an empty one where it is not given."""
        value = data.get(key, {})
        if isinstance(value, dict):
            return value
        self.fault(place, f"{key} must be {what}, not {v.shown(value)}")
        return {}

    def tables(self, data: dict[str, Any], key: str) -> dict[str, dict[str, Any]]:
        """Tables by their names."""
        value = data.get(key, {})
        if isinstance(value, dict) and all(isinstance(item, dict) for item in value.values()):
            return value
        self.fault(Place(self.file), f"{key} must be tables")
        return {}
