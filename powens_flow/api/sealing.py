"""Sealing credential values, and checking those that a browser sealed.

Each value on its own is a compact JWE for Powens' key, of its UTF-8 bytes: `RSA-OAEP-256`,
`A256GCM` (also `A256CBC-HS512`), `kid` in the header (protocol page, End-to-end encryption).

Encrypted by jwcrypto's algorithms; its JWE object, made for every kind of JWE, spends most of its
time on copying tables.
"""

import json
import re
from collections.abc import Mapping
from enum import StrEnum
from functools import lru_cache
from typing import Any, Final

from jwcrypto.common import base64url_decode, base64url_encode
from jwcrypto.jwa import JWA

from powens_flow.api.keys import PublicKey
from powens_flow.utf8 import is_utf8

LONGEST_VALUE: Final = 64 * 1024
"""Characters of a sealed value; no credential comes near."""
_PART: Final = re.compile(r"[A-Za-z0-9_-]*")
_SIZES: Final = {"A256GCM": (12, 16), "A256CBC-HS512": (16, 32)}
"""Bytes of the initialisation vector and of the tag (RFC 7518, sections 5.2.5 and 5.3)."""
_RSA_OAEP_256: Final = JWA.keymgmt_alg("RSA-OAEP-256")
_A256GCM: Final = JWA.encryption_alg("A256GCM")


class SealFlaw(StrEnum):
    """Why a sealed value was refused."""

    NOT_SEALED = "not_sealed"
    WRONG_ALGORITHM = "wrong_algorithm"
    UNKNOWN_KID = "unknown_kid"
    MALFORMED = "malformed"


class SealError(ValueError):
    """A value could not be sealed, or was not sealed as it must be."""


class SealRefused(SealError):
    """The value of `field` is refused for `reason`; the value itself is not in here."""

    def __init__(self, field: str, reason: SealFlaw) -> None:
        super().__init__(f"{field}: {reason.value}: seal the value again with the current key")
        self.field = field
        self.reason = reason


def seal_values(values: Mapping[str, str], key: PublicKey) -> dict[str, str]:
    """Each value as a compact JWE for `key`. Raises SealRefused for text that is not Unicode."""
    return {name: _sealed(name, value, key) for name, value in values.items()}


def _sealed(name: str, value: str, key: PublicKey) -> str:
    # The error of `encode` holds the whole value: it is not even looked at.
    plaintext = value.encode("utf-8") if is_utf8(value) else None
    if plaintext is None:
        raise SealRefused(name, SealFlaw.MALFORMED)
    header = _header_for(key.kid)
    no_key = None  # a new one is made for each value
    wrapped = _RSA_OAEP_256.wrap(key.jwk, _A256GCM.wrap_key_size, no_key, {})
    parts = (wrapped["ek"], *_A256GCM.encrypt(wrapped["cek"], header.encode(), plaintext))
    return ".".join((header, *map(base64url_encode, parts)))


@lru_cache(maxsize=8)
def _header_for(kid: str) -> str:
    plain = {"alg": "RSA-OAEP-256", "enc": "A256GCM", "kid": kid}
    return str(base64url_encode(json.dumps(plain)))


def check_sealed(name: str, value: str, key: PublicKey) -> None:
    """Raises SealRefused unless `value` is sealed, by its looks, for this very key.

    Only Powens can open it, so its header and the sizes of its parts are all there is to check.
    """
    parts = value.split(".") if len(value) <= LONGEST_VALUE else []
    reason = _reason(parts, key) if len(parts) == 5 else SealFlaw.NOT_SEALED
    if reason is not None:
        raise SealRefused(name, reason)


def _reason(parts: list[str], key: PublicKey) -> SealFlaw | None:
    if parts[0] == _header_for(key.kid):  # as `seal_values` writes it
        return None if _sized(parts, "A256GCM", key) else SealFlaw.MALFORMED
    header = _header(parts[0])
    return SealFlaw.NOT_SEALED if header is None else _flaw(header, parts, key)


def _header(part: str) -> dict[str, Any] | None:
    try:
        header = json.loads(base64url_decode(part).decode("utf-8")) if _well_formed(part) else None
    except (ValueError, RecursionError):
        return None
    return header if isinstance(header, dict) else None


def _flaw(header: dict[str, Any], parts: list[str], key: PublicKey) -> SealFlaw | None:
    alg, enc, kid = (header.get(member) for member in ("alg", "enc", "kid"))
    if alg != "RSA-OAEP-256" or not isinstance(enc, str) or enc not in _SIZES:
        return SealFlaw.WRONG_ALGORITHM
    if kid != key.kid:
        return SealFlaw.UNKNOWN_KID
    if "crit" in header or "zip" in header or not _sized(parts, enc, key):
        return SealFlaw.MALFORMED
    return None


def _sized(parts: list[str], enc: str, key: PublicKey) -> bool:
    _, encrypted_key, vector, ciphertext, tag = parts
    if not all(_well_formed(part) for part in parts):
        return False
    vector_size, tag_size = _SIZES[enc]
    blocks = enc == "A256GCM" or (_size(ciphertext) > 0 and _size(ciphertext) % 16 == 0)
    fits = _size(encrypted_key) == (key.bits + 7) // 8 and _size(vector) == vector_size
    return fits and _size(tag) == tag_size and blocks


def _well_formed(part: str) -> bool:
    return _PART.fullmatch(part) is not None and len(part) % 4 != 1


def _size(part: str) -> int:
    """The bytes that unpadded base64url text stands for."""
    return len(part) * 3 // 4
