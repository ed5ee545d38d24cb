"""The keys under which tokens rest: whether they are here, kept well, and open what is stored."""

import os
import sqlite3
import stat
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Final

from powens_flow.config.errors import ConfigError
from powens_flow.config.keys import kept_keyring
from powens_flow.config.values import Configuration, keys_path
from powens_flow.doctor.finding import Finding, ok, warning, wrong
from powens_flow.keyring import Keyring, SealBroken

CHECK: Final = "keys"
OPENED: Final = 1000
"""How many stored tokens of each key are opened; of the others only the key is looked for."""


def check_keys(configuration: Configuration, store: Path) -> Iterator[Finding]:
    """The keyring, its file, and whether it opens the tokens in the store."""
    path = keys_path(store)
    try:
        keyring = kept_keyring(configuration, store)
    except ConfigError as error:
        yield wrong(CHECK, str(error), "bring back the file, or set POWENS_FLOW_KEYS")
        return
    if keyring is None:
        yield _to_be_made(store, path)
        return
    yield ok(CHECK, f"{len(keyring.kids)}, of which {keyring.current} seals")
    if configuration.keys is None:
        yield from _mode(path)
    yield from _tokens(keyring, store)


def _to_be_made(store: Path, path: Path) -> Finding:
    if any(True for _ in _stored(store)):
        mend = f"bring {path} back, or set POWENS_FLOW_KEYS: without them users begin anew"
        return wrong(CHECK, f"{path} is not there, and the store holds tokens sealed", mend)
    return ok(CHECK, f"{path} is made at the first start")


def _mode(path: Path) -> Iterator[Finding]:
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & 0o077:
        yield warning(CHECK, f"{path} can be read by others ({mode:o})", f"chmod 600 {path}")


def _tokens(keyring: Keyring, store: Path) -> Iterator[Finding]:
    opened: Counter[str] = Counter()
    broken: Counter[str | None] = Counter()
    for sealed in _stored(store):
        header = sealed.partition(".")[0]
        if opened[header] >= OPENED:
            continue
        try:
            keyring.open(sealed)
            opened[header] += 1
        except SealBroken as error:
            broken[error.kid] += 1
    for kid, count in broken.items():
        yield wrong(CHECK, f"{count} stored tokens cannot be opened", _mend(keyring, kid))


def _mend(keyring: Keyring, kid: str | None) -> str:
    changed = "the store was changed by another hand"
    if kid is None:
        return changed
    if kid in keyring.kids:
        return f"the key {kid} that is here is another than the one that sealed, or {changed}"
    return f"give back the key {kid}"


# Of users who are permanent, and of attempts that have not ended.
_SEALED: Final = (
    "select token from vault",
    "select json_extract(snapshot, '$.user.token') from attempt"
    " where wake_at is not null and json_valid(snapshot)",
)


def _stored(store: Path) -> Iterator[str]:
    """Sealed tokens of the vault, and of attempts under way."""
    if not os.path.isfile(store):  # also where it cannot be looked for
        return
    try:
        with closing(
            sqlite3.connect(f"{store.absolute().as_uri()}?mode=ro", uri=True, timeout=5)
        ) as db:
            for query in _SEALED:
                for (sealed,) in db.execute(query):
                    if sealed is not None:
                        yield str(sealed)
    except sqlite3.Error:  # the check of the store says what is wrong with it
        return
