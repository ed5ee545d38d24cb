"""Reads a configuration: the file, then the variables, then what must fit together."""

import os
import tomllib
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final

from powens_flow.config.checking import checked
from powens_flow.config.errors import ConfigError, Fault
from powens_flow.config.kinds import PATH, STORE
from powens_flow.config.options import DEFAULT_FILE, FILE_VARIABLE, OPTIONS, Option
from powens_flow.config.values import Configuration

OURS: Final = "POWENS_FLOW_"
"""Variables that begin so are ours: one that says nothing to us is a mistake."""

LARGEST_SECRET: Final = 64 * 1024


class _Read:
    """What was read so far: values by their option's key, where each stood, and what is wrong."""

    def __init__(self) -> None:
        self.values: dict[str, Any] = {}
        self.places: dict[str, str] = {}
        self.faults: list[Fault] = []

    def take(self, option: Option, where: str, work: Any) -> None:
        """One value; `work` makes it, or raises ValueError; RuntimeError of a home that is none."""
        self.places[option.key] = where
        try:
            self.values[option.key] = work()
        except (ValueError, RuntimeError) as error:
            self.faults.append(Fault(where, str(error), option.kind.accepted))


def load(file: Path | None = None, environ: Mapping[str, str] | None = None) -> Configuration:
    """The configuration of `file` and of `environ` (the process's own without one).

    Without `file`, the variable `POWENS_FLOW_CONFIG` names it, or it is `powens-flow.toml` in the
    present folder, if that is there.

    Raises:
        ConfigError: with everything that is wrong.
    """
    environ = os.environ if environ is None else environ
    read = _Read()
    path = _file(file, environ)
    if path is not None:
        _read_file(path, read)
    _read_variables(environ, read)
    configuration = checked(read.values, read.places, read.faults)
    if read.faults or configuration is None:
        raise ConfigError(tuple(read.faults))
    return configuration


def _file(file: Path | None, environ: Mapping[str, str]) -> Path | None:
    named = environ.get(FILE_VARIABLE)
    if file is not None or named:
        return file or Path(str(named))
    return DEFAULT_FILE if DEFAULT_FILE.is_file() else None


# --- the file ------------------------------------------------------------------------------------


def _read_file(path: Path, read: _Read) -> None:
    try:
        document = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        read.faults.append(Fault(str(path), "there is no such file"))
        return
    except (OSError, UnicodeDecodeError) as error:
        read.faults.append(Fault(str(path), f"it cannot be read: {type(error).__name__}"))
        return
    except tomllib.TOMLDecodeError as error:
        read.faults.append(Fault(str(path), f"it is no TOML: {error}"))
        return
    keys = {option.key: option for option in OPTIONS if not option.is_secret}
    files = {option.file_key: option for option in OPTIONS if option.is_secret}
    hidden = {option.key: option for option in OPTIONS if option.is_secret}
    for key, value in _flat(document):
        where = f"{path}: {key}"
        if key in keys:
            _take_toml(keys[key], value, where, path, read)
        elif key in files:
            _take_secret_file(files[key], value, where, path.parent, read)
        elif key in hidden:
            read.faults.append(_misplaced(hidden[key], where))
        else:
            read.faults.append(_unknown(where, key, (*keys, *files)))


def _flat(document: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in document.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value


def _take_toml(option: Option, value: Any, where: str, path: Path, read: _Read) -> None:
    def work() -> Any:
        made = option.kind.of_toml(value)
        return path.parent / made.expanduser() if option.kind is STORE else made

    read.take(option, where, work)


def _take_secret_file(option: Option, value: Any, where: str, folder: Path, read: _Read) -> None:
    def work() -> Any:
        return option.kind.of_text(_text_of(folder / PATH.of_toml(value).expanduser()))

    read.take(option, where, work)


def _text_of(path: Path) -> str:
    """A secret's file. Raises ValueError, which tells nothing of what stands in it."""
    try:
        if path.stat().st_size > LARGEST_SECRET:
            raise ValueError(f"{path} is too large for a secret")
        return path.read_text("utf-8")
    except OSError as error:
        raise ValueError(f"{path} cannot be read: {type(error).__name__}") from None
    except UnicodeDecodeError:
        raise ValueError(f"{path} is no text") from None


def _misplaced(option: Option, where: str) -> Fault:
    accepted = f"`{option.file_key}`, `{option.variable}` or `{option.file_variable}`"
    return Fault(where, "a secret stands in no TOML file", accepted)


def _unknown(where: str, name: str, known: tuple[str, ...]) -> Fault:
    near = get_close_matches(name, known, n=1)
    if near:
        return Fault(where, "nothing of that name can be configured", f"perhaps {near[0]}")
    return Fault(where, "nothing of that name can be configured", ", ".join(sorted(known)))


# --- the variables -------------------------------------------------------------------------------


def _read_variables(environ: Mapping[str, str], read: _Read) -> None:
    known = {FILE_VARIABLE}
    for option in OPTIONS:
        known |= {option.variable, *([option.file_variable] if option.is_secret else [])}
        _read_variable(option, environ, read)
    for name in sorted(environ):
        if name.startswith(OURS) and name not in known:
            read.faults.append(_unknown(name, name, tuple(known)))


def _read_variable(option: Option, environ: Mapping[str, str], read: _Read) -> None:
    text = environ.get(option.variable, "")
    named = environ.get(option.file_variable, "") if option.is_secret else ""
    if text and named:
        both = f"{option.variable} and {option.file_variable}"
        read.faults.append(Fault(both, "both are given", "one of them"))
    elif text:
        read.take(option, option.variable, lambda: option.kind.of_text(text))
    elif named:
        read.take(option, option.file_variable, lambda: option.kind.of_text(_text_of(Path(named))))
