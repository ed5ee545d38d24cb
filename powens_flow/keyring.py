"""Seals what rests in a store: tokens, and URLs that carry a code.

A sealed text is a compact JWE (RFC 7516) with `alg` `dir` and `enc` `A256GCM`, under a key that
its `kid` names: so keys can be changed, and what older ones sealed still opens.
"""

import json
import secrets
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any, Final

from jwcrypto.common import base64url_decode, base64url_encode
from jwcrypto.jwa import JWA

from powens_flow.secret import Secret

REMEMBERED: Final = 512
"""How many opened texts a keyring remembers: a drive opens the same token many times."""

_KEY_BYTES: Final = 32
_LONGEST_KID: Final = 128
# The algorithm alone: jwcrypto's JWE object does the same in twelve times the time.
_A256GCM: Final = JWA.encryption_alg("A256GCM")


class SealBroken(Exception):
    """A sealed text cannot be opened: its key is not here, or it was changed.

    `kid` names the key, None where there is none to read. The text itself is not in here.
    """

    def __init__(self, reason: str, kid: str | None) -> None:
        super().__init__(reason if kid is None else f"{reason} (kid {kid!r})")
        self.kid = kid


class Keyring:
    """Keys by their `kid`: `current` seals, all of them open.

    `keys` are 32 bytes each. `remember` is how many opened texts are remembered, in memory and in
    clear, least recently used first forgotten; 0 remembers none.

    Raises:
        ValueError: a key of another length, a `kid` that is no short printable text, or no key of
            the name `current`.
    """

    def __init__(
        self, keys: Mapping[str, bytes], current: str, *, remember: int = REMEMBERED
    ) -> None:
        for kid, key in keys.items():
            _expect_fit(kid, key)
        if current not in keys:
            raise ValueError(f"no key has the kid {current!r}")
        self._keys = dict(keys)
        self._current = current
        self._headers = {_header(kid): kid for kid in keys}
        self._current_header = _header(current)
        self._remember = remember
        self._opened: OrderedDict[str, Secret] = OrderedDict()

    @classmethod
    def generate(cls, kid: str | None = None) -> "Keyring":
        """One new random key; without a `kid` it gets a random one."""
        name = kid or f"key-{secrets.token_hex(4)}"
        return cls({name: secrets.token_bytes(_KEY_BYTES)}, name)

    @classmethod
    def from_jwk_set(
        cls, jwk_set: str | Mapping[str, Any], current: str | None = None
    ) -> "Keyring":
        """The `oct` keys of a JWK Set (RFC 7517), as JSON text or read already.

        `current` is the `kid` that seals; the first key's without it.

        Raises:
            ValueError: it is no JWK Set of 256-bit `oct` keys that each have a `kid`.
        """
        keys = _keys_of(jwk_set)
        return cls(keys, current or next(iter(keys)))

    def to_jwk_set(self) -> Secret:
        """The keys as a JWK Set, the current one first: for the backend's secret storage."""
        kids = [self._current, *(kid for kid in self._keys if kid != self._current)]
        jwks = [{"kty": "oct", "kid": kid, "k": base64url_encode(self._keys[kid])} for kid in kids]
        return Secret(json.dumps({"keys": jwks}))

    def changed(self, kid: str | None = None) -> "Keyring":
        """A keyring with a new random key that seals from now on; the older ones still open."""
        new = Keyring.generate(kid)
        if new._current in self._keys:
            raise ValueError(f"there is a key {new._current!r} already")
        return Keyring({**self._keys, **new._keys}, new._current, remember=self._remember)

    @property
    def current(self) -> str:
        """The `kid` of the key that seals."""
        return self._current

    @property
    def kids(self) -> tuple[str, ...]:
        """The names of all keys."""
        return tuple(self._keys)

    def __repr__(self) -> str:
        return f"Keyring(kids={self.kids!r}, current={self._current!r})"

    def __reduce__(self) -> Any:
        raise TypeError("a Keyring cannot be pickled")

    def seal(self, text: str) -> str:
        """The text as a compact JWE under the current key; another one each time."""
        header = self._current_header
        vector, ciphertext, tag = _A256GCM.encrypt(
            self._keys[self._current], header.encode(), text.encode("utf-8", "surrogatepass")
        )
        parts = (base64url_encode(part) for part in (vector, ciphertext, tag))
        sealed = ".".join((header, "", *parts))
        self._note(sealed, Secret(text))
        return sealed

    def open(self, sealed: str) -> Secret:
        """What was sealed.

        Raises:
            SealBroken: the key is unknown, or the text is not what the key sealed.
        """
        known = self._opened.get(sealed)
        if known is None:
            known = self._decrypted(sealed, self._kid_here(sealed))
        self._note(sealed, known)
        return known

    def reseal(self, sealed: str) -> str:
        """The same text under the current key, unchanged where it is so already.

        Raises:
            SealBroken: as `open` does.
        """
        if sealed.partition(".")[0] == self._current_header:
            return sealed
        return self.seal(self.open(sealed).reveal())

    def _note(self, sealed: str, opened: Secret) -> None:
        if self._remember <= 0:
            return
        self._opened[sealed] = opened
        self._opened.move_to_end(sealed)
        if len(self._opened) > self._remember:
            self._opened.popitem(last=False)

    def _kid_here(self, sealed: str) -> str:
        header = sealed.partition(".")[0]
        kid = self._headers.get(header)
        if kid is None:
            named = _kid_in(header)
            raise SealBroken("not a text sealed by a key of this keyring", named)
        return kid

    def _decrypted(self, sealed: str, kid: str) -> Secret:
        opened: bytes | None = None
        try:
            vector, ciphertext, tag = _parts(sealed)
            opened = _A256GCM.decrypt(
                self._keys[kid], sealed.partition(".")[0].encode(), vector, ciphertext, tag
            )
            text = opened.decode("utf-8", "surrogatepass")
        except Exception:  # jwcrypto promises no class of error, and its context could tell a lot
            opened = None
        if opened is None:
            raise SealBroken("the sealed text was changed", kid)
        return Secret(text)


def _parts(sealed: str) -> tuple[bytes, bytes, bytes]:
    """Vector, ciphertext and tag, each in the only spelling that they have."""
    _, no_key, *parts = sealed.split(".")
    vector, ciphertext, tag = (base64url_decode(part) for part in parts)
    if no_key or len(vector) != 12 or len(tag) != 16:
        raise ValueError
    if [base64url_encode(part) for part in (vector, ciphertext, tag)] != parts:
        raise ValueError
    return vector, ciphertext, tag


def _header(kid: str) -> str:
    plain = {"alg": "dir", "enc": "A256GCM", "kid": kid}
    return str(base64url_encode(json.dumps(plain, separators=(",", ":"))))


def _kid_in(header: str) -> str | None:
    try:
        kid = json.loads(base64url_decode(header))["kid"]
    except Exception:  # anything at all may stand in place of a sealed text
        return None
    return kid if _is_name(kid) else None


def _is_name(kid: object) -> bool:
    if not isinstance(kid, str):
        return False
    return 0 < len(kid) <= _LONGEST_KID and kid.isascii() and kid.isprintable()


def _expect_fit(kid: str, key: bytes) -> None:
    if not _is_name(kid):
        raise ValueError("a kid is a printable ASCII text of 1 to 128 characters")
    if not isinstance(key, bytes) or len(key) != _KEY_BYTES:
        raise ValueError(f"the key {kid!r} is not of {_KEY_BYTES} bytes")


def _keys_of(jwk_set: str | Mapping[str, Any]) -> dict[str, bytes]:
    keys: dict[str, bytes] = {}
    fit = False
    try:
        read = json.loads(jwk_set) if isinstance(jwk_set, str) else jwk_set
        keys = {jwk["kid"]: base64url_decode(jwk["k"]) for jwk in read["keys"]}
        fit = all(jwk["kty"] == "oct" for jwk in read["keys"])
    except Exception:  # the text of whatever went wrong may hold a key
        keys = {}
    if not keys or not fit:
        raise ValueError("not a JWK Set of `oct` keys that each have a kid")
    return keys
