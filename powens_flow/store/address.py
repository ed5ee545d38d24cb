"""A store by its address: a file, or a URL."""

from pathlib import Path
from urllib.parse import unquote

from powens_flow.store.sqlite import SQLiteStore
from powens_flow.store.sqlite.store import OWN, Access

KINDS = ("a file of the SQLite store", "sqlite:///FILE")
"""What an address may be."""


def store_at(address: str, *, access: Access = OWN) -> SQLiteStore:
    """The store at this address, not open yet; see `SQLiteStore` for `access`.

    `sqlite:///folder/file.db` is a file from here, `sqlite:////folder/file.db` an absolute one.

    Raises:
        ValueError: naming what an address may be, and not the address, which may hold a password.
    """
    return SQLiteStore(file_at(address), access=access)


def file_at(address: str) -> Path:
    """The file that the address names. Raises ValueError, as `store_at` does."""
    path = Path(_named(address))
    if path.name in ("", "..") or "\0" in str(path):
        raise ValueError(f"it names no file; there are: {', '.join(KINDS)}")
    return path


def _named(address: str) -> str:
    scheme, separator, rest = address.partition("://")
    if not separator:
        return address
    path = rest.removeprefix("/")
    if scheme.lower() != "sqlite" or path in ("", rest) or "?" in path or "#" in path:
        raise ValueError(f"no store at {scheme}://; there are: {', '.join(KINDS)}")
    return unquote(path)
