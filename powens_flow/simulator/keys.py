"""The simulated domain's RSA keys: the public one is given out, sealed values are opened."""

from functools import lru_cache
from typing import Any

from jwcrypto import jwe, jwk
from jwcrypto.common import JWException

from powens_flow.simulator.errors import ApiError

ALGORITHMS = ["RSA-OAEP-256", "A256GCM", "A256CBC-HS512"]


class NotSealed(ValueError):
    """The value is no compact JWE: a plaintext credential."""


@lru_cache(maxsize=1)
def process_key() -> jwk.JWK:
    """One key for every simulator of this process: making one takes a tenth of a second."""
    return jwk.JWK.generate(kty="RSA", size=2048)


class KeyRing:
    """The key in force. After a rotation, values sealed for an earlier one cannot be opened."""

    def __init__(self, private_key: str | None = None, kid: str | None = None) -> None:
        self._key = jwk.JWK.from_json(private_key) if private_key else process_key()
        self._kid = kid

    @property
    def kid(self) -> str:
        """`rsa-` and the key's RFC 7638 thumbprint, as in production, if none was set."""
        return self._kid or f"rsa-{self._key.thumbprint()}"

    def public(self) -> dict[str, Any]:
        """The JWK that `GET /publickey` answers."""
        shape = self._key.export_public(as_dict=True)
        return {"kty": "RSA", "use": "enc", "n": shape["n"], "e": shape["e"], "kid": self.kid}

    def rotate(self) -> None:
        self._key = jwk.JWK.generate(kty="RSA", size=2048)
        self._kid = None

    def open(self, sealed: str) -> str:
        """The plaintext of a compact JWE.

        Raises NotSealed for a value that is none, ApiError `keymanager` for one made with another
        key, algorithm or `kid`, or damaged.
        """
        token, kid = _parsed(sealed)
        if kid != self.kid:
            raise ApiError("keymanager", "The value was sealed for an unknown key")
        try:
            token.decrypt(self._key)
            return str(token.plaintext.decode("utf-8"))
        except (JWException, ValueError):
            if token.decryptlog == ["Success"]:  # jwcrypto takes an empty plaintext for a failure
                return ""
            raise ApiError("keymanager", "The value could not be opened") from None


def _parsed(sealed: str) -> tuple[jwe.JWE, object]:
    if sealed.count(".") != 4:
        raise NotSealed
    token = jwe.JWE(algs=ALGORITHMS)
    try:
        token.deserialize(sealed)
        return token, token.jose_header.get("kid")
    except (
        JWException,
        ValueError,
        TypeError,
        RecursionError,
    ):  # a header of another shape is a TypeError
        raise NotSealed from None
