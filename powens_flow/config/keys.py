"""The keys under which tokens rest: configured, or kept in a file beside the store."""

import os
from pathlib import Path

from powens_flow import folders
from powens_flow.config.errors import ConfigError, Fault
from powens_flow.config.values import Configuration, keys_path
from powens_flow.keyring import Keyring


def keyring(configuration: Configuration, store: Path, *, holds_tokens: bool = False) -> Keyring:
    """The configured keys, else those of the file beside the store, which is made if need be.

    The file is readable for its owner alone. Who loses it loses the tokens in the store: for one
    that `holds_tokens`, none is made.

    Raises:
        ConfigError: the file cannot be used, or is missed.
    """
    kept = kept_keyring(configuration, store)
    if kept is None and holds_tokens:
        raise _missing(keys_path(store))
    return kept if kept is not None else _made(keys_path(store))


def kept_keyring(configuration: Configuration, store: Path) -> Keyring | None:
    """The same; None where there is no file yet."""
    if configuration.keys is not None:
        return Keyring.from_jwk_set(configuration.keys.reveal())
    path = keys_path(store)
    try:
        text = path.read_text("utf-8")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise _fault(path, f"it cannot be read: {type(error).__name__}") from None
    try:
        return Keyring.from_jwk_set(text)
    except ValueError as error:
        raise _fault(path, str(error)) from None


def _made(path: Path) -> Keyring:
    made = Keyring.generate()
    try:
        _write(path, made.to_jwk_set().reveal().encode())
    except FileExistsError:  # another process was faster: its keys are the keys
        return Keyring.from_jwk_set(path.read_text("utf-8"))
    except OSError as error:
        raise _fault(path, f"it cannot be written: {type(error).__name__}") from None
    return made


def _write(path: Path, content: bytes) -> None:
    """The file whole or not at all, also if the power goes, and never over another."""
    with folders.draft_of(path) as draft:
        with draft.open("wb") as opened:
            opened.write(content)
            opened.flush()
            os.fsync(opened.fileno())
        os.link(draft, path)
        folders.sync(path.parent)  # the tokens sealed under them survive a power cut, too


def _missing(path: Path) -> ConfigError:
    what = "it is not there, and the store holds tokens sealed under it"
    accepted = (
        "the file brought back, or POWENS_FLOW_KEYS; or another store: users begin anew there"
    )
    return ConfigError((Fault(str(path), what, accepted),))


def _fault(path: Path, what: str) -> ConfigError:
    return ConfigError((Fault(str(path), what, "a JWK Set of `oct` keys, or no file yet"),))
