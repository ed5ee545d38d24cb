"""A store by its address: a file, or a URL."""

from pathlib import Path
from urllib.parse import unquote, urlsplit

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
    return SQLiteStore(_file(address), access=access)


def _file(address: str) -> Path:
    if "://" not in address:
        return Path(address)
    parts = urlsplit(address)
    path = unquote(parts.path.removeprefix("/"))
    if parts.scheme != "sqlite" or parts.netloc or not path or parts.query or parts.fragment:
        raise ValueError(f"no store at {parts.scheme}://; there are: {', '.join(KINDS)}")
    return Path(path)
