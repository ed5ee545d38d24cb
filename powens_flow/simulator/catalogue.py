"""The connectors that the simulated domain offers, read from TOML files."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, get_args, get_origin

import attrs
import cattrs

from powens_flow.simulator.accepted import number_of
from powens_flow.simulator.connectors import Connector
from powens_flow.simulator.files import listed, read_tables
from powens_flow.simulator.sound import check_apart, check_sound


class Catalogue:
    """The connectors of a domain, by id and by uuid."""

    def __init__(self, files: Iterable[Path]) -> None:
        self._all = {one.id: one for file in files for one in _read(file)}
        self._by_uuid = {one.uuid: one for one in self._all.values()}

    def __iter__(self) -> Iterator[Connector]:
        return iter(self._all.values())

    def find(self, key: object) -> Connector | None:
        """The connector with this id (a number or its digits) or uuid."""
        text = str(key)
        number = number_of(text)
        return self._by_uuid.get(text) if number is None else self._all.get(number)


_converter = cattrs.Converter(forbid_extra_keys=True)


def _as_written(value: Any, kind: Any) -> Any:
    """No text is read as a number, nor as true because it is not empty."""
    if isinstance(value, kind) and (kind is bool or not isinstance(value, bool)):
        return value
    raise ValueError


def _from_list(value: Any, kind: Any) -> tuple[Any, ...]:
    """Not from text, letter by letter."""
    if not isinstance(value, list):
        raise TypeError("a list is expected")
    several: Any = list[get_args(kind)[0]]  # type: ignore[misc] # known at run time only
    return tuple(_converter.structure(value, several))


def _is_tuple(kind: Any) -> bool:
    return get_origin(kind) is tuple


for _kind in (str, int, bool, datetime):
    _converter.register_structure_hook(_kind, _as_written)
_converter.register_structure_hook_func(_is_tuple, _from_list)


def _read(file: Path) -> list[Connector]:
    tables = read_tables(file, ("connectors",)).get("connectors", [])
    try:
        rows = enumerate(listed(tables, "connectors"), 1)
        read = [_structured(number, table) for number, table in rows]
        check_apart(read)
        return read
    except ValueError as error:
        raise ValueError(f"{file}: {error}") from None


def _structured(number: int, table: dict[str, Any]) -> Connector:
    """Raises ValueError, which names the connector by its place and its name."""
    name = f" ({table['name']!r})" if "name" in table else ""
    try:
        made = _converter.structure(table, Connector)
    except cattrs.BaseValidationError as error:
        wrong = "; ".join(cattrs.transform_error(error, path="it"))
        known = ", ".join(field.name for field in attrs.fields(Connector))
        raise ValueError(f"connector {number}{name}: {wrong}. It takes {known}") from None
    try:
        check_sound(made)
    except ValueError as error:
        raise ValueError(f"connector {number}{name}: {error}") from None
    return made
