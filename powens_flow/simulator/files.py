"""The TOML files that an integrator may add to ours."""

import tomllib
from pathlib import Path
from typing import Any

from powens_flow.simulator.accepted import check_known


def read_tables(file: Path, known: tuple[str, ...]) -> dict[str, Any]:
    """What stands in the file. Raises ValueError, which names it, for what nobody would read."""
    try:
        read = tomllib.loads(file.read_text("utf-8"))
        check_known(read, known, "read here")
    except UnicodeDecodeError:
        raise ValueError(f"{file}: it is not UTF-8 text") from None
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"{file}: it is no TOML: {error}") from None
    except ValueError as error:
        raise ValueError(f"{file}: {error}") from None
    return read


def listed(value: Any, what: str) -> list[dict[str, Any]]:
    """The same; ValueError for what is no list of tables."""
    if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
        raise ValueError(f"{what} is a list of tables")
    return value


def named(value: Any, what: str) -> dict[str, Any]:
    """The same; ValueError for what is no table."""
    if not isinstance(value, dict):
        raise ValueError(f"{what} is a table")
    return value
