"""Powens' public key for sealing values."""

import re
from collections.abc import Mapping
from typing import Any, Final

from attrs import field, frozen
from jwcrypto.common import JWException, base64url_decode
from jwcrypto.jwk import JWK

from powens_flow.api.reading import WrongShape, mapping

_SMALLEST: Final = 2048
_LARGEST: Final = 16384
_BASE64URL: Final = re.compile(r"[A-Za-z0-9_-]{1,4096}")
_KID: Final = re.compile(r"[!-~]{1,256}")


@frozen
class PublicKey:
    """An RSA key that values are sealed for; `bits` is the length of its modulus."""

    kid: str
    bits: int
    members: Mapping[str, str] = field(repr=False)
    """The public JWK as text members, for a browser that seals for itself."""
    jwk: JWK = field(repr=False, eq=False)


def public_key(answer: Any) -> PublicKey:
    """The key of `GET /publickey`: public RSA for encryption, of at least 2048 bits.

    Without a `kid` it gets the one that production gives: `rsa-` and the RFC 7638 thumbprint
    (protocol page, End-to-end encryption). Raises WrongShape.
    """
    given = mapping(answer)
    _expect(given.get("kty") == "RSA", "kty", "RSA")
    _expect(given.get("use") in ("enc", None), "use", "enc")
    _expect("d" not in given and "p" not in given, "d", "no private member")
    members = {"kty": "RSA", "use": "enc", "n": _number(given, "n"), "e": _number(given, "e")}
    jwk = _imported(members)
    kid = given.get("kid", f"rsa-{jwk.thumbprint()}")
    _expect(isinstance(kid, str) and bool(_KID.fullmatch(kid)), "kid", "a printable name")
    return PublicKey(kid=kid, bits=_bits(members["n"]), members={**members, "kid": kid}, jwk=jwk)


def _imported(members: dict[str, str]) -> JWK:
    _expect(_SMALLEST <= _bits(members["n"]) <= _LARGEST, "n", "2048 to 16384 bits")
    try:
        jwk = JWK(**members)
        jwk.get_op_key("wrapKey")
    except (JWException, ValueError):
        jwk = None
    _expect(jwk is not None, "n", "an RSA modulus")
    return jwk


def _number(given: Mapping[str, Any], name: str) -> str:
    value = given.get(name)
    readable = isinstance(value, str) and _BASE64URL.fullmatch(value) and len(value) % 4 != 1
    _expect(bool(readable), name, "a base64url number")
    return str(value)


def _bits(number: str) -> int:
    return int.from_bytes(base64url_decode(number), "big").bit_length()


def _expect(holds: bool, member: str, wanted: str) -> None:
    if not holds:
        raise WrongShape(wanted).under(f".{member}")
