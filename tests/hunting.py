"""Looks for secrets where none may stand, also for encoded ones."""

import base64
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from urllib.parse import quote, quote_plus

SHORTEST = 12
"""Characters: a shorter text would be found by chance."""


def forms(secret: str) -> set[bytes]:
    """The secret as it is, in JSON, percent-encoded, and in base64 at each of three alignments."""
    plain = secret.encode()
    texts = {
        secret,
        json.dumps(secret)[1:-1],
        repr(secret)[1:-1],
        quote(secret, safe=""),
        quote(secret, safe="").lower(),
        quote_plus(secret),
    }
    return {plain, plain.hex().encode(), *(one.encode() for one in texts), *_in_base64(plain)}


def _in_base64(plain: bytes) -> Iterator[bytes]:
    """What of `plain` shows in base64 whatever stands before and after it."""
    for before in range(3):
        first = -(-before * 8 // 6)
        last = (before + len(plain)) * 8 // 6
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            yield encode(b"\0" * before + plain)[first:last]


class Hunt:
    """The secrets of one walk, and where they were looked for in vain."""

    def __init__(self) -> None:
        self._forms: dict[bytes, str] = {}
        self._known: set[str] = set()

    def __len__(self) -> int:
        return len(self._known)

    def add(self, secrets: Iterable[str], what: str) -> None:
        """Hunt for these, which are of the kind `what`, from now on."""
        for secret in set(secrets) - self._known:
            assert len(secret) >= SHORTEST, f"{what}: too short to be looked for"
            self._known.add(secret)
            self._forms |= dict.fromkeys(forms(secret), what)

    def expect_none(self, where: str, text: str | bytes) -> None:
        """Fail if a secret stands in the text; the secret itself is not told."""
        found = text.encode() if isinstance(text, str) else text
        for form, what in self._forms.items():
            assert form not in found, f"a secret stands in {where}: {what}"

    def expect_none_in_files(self, folder: Path) -> int:
        """The same for every file of a folder; how many bytes were looked through."""
        size = 0
        for path in sorted(folder.iterdir()):
            read = path.read_bytes()
            size += len(read)
            self.expect_none(path.name, read)
        return size
