import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jwcrypto.jwe import JWE
from jwcrypto.jwk import JWK

from powens_flow.api.keys import PublicKey, public_key
from powens_flow.api.reading import WrongShape
from powens_flow.api.sealing import SealError, SealFlaw, SealRefused, check_sealed, seal_values

PRIVATE = JWK.generate(kty="RSA", size=2048, use="enc")
MEMBERS: dict[str, Any] = {**PRIVATE.export_public(as_dict=True), "kid": "rsa-test"}
KEY = public_key(MEMBERS)


def opened(sealed: str) -> str:
    jwe = JWE()
    jwe.deserialize(sealed, PRIVATE)
    return str(jwe.payload.decode("utf-8"))


def sealed_with(value: str = "v", key: PublicKey = KEY, **header: Any) -> str:
    protected = {"alg": "RSA-OAEP-256", "enc": "A256GCM", "kid": key.kid, **header}
    return str(JWE(value.encode(), json.dumps(protected), recipient=key.jwk).serialize(True))


def test_each_value_is_sealed_on_its_own_for_the_key() -> None:
    values = {"login": "marie", "password": "s3cret é€"}
    sealed = seal_values(values, KEY)
    assert {name: opened(value) for name, value in sealed.items()} == values
    header = json.loads(base64.urlsafe_b64decode(sealed["login"].split(".")[0] + "=="))
    assert header == {"alg": "RSA-OAEP-256", "enc": "A256GCM", "kid": "rsa-test"}


def test_what_was_sealed_here_is_taken() -> None:
    for name, value in seal_values({"login": "marie", "empty": ""}, KEY).items():
        check_sealed(name, value, KEY)


def test_both_encryptions_are_taken() -> None:
    for length in (0, 1, 15, 16, 40):
        check_sealed("password", sealed_with("x" * length, enc="A256CBC-HS512"), KEY)


def test_half_a_surrogate_pair_is_refused_without_being_shown() -> None:
    with pytest.raises(SealRefused) as refused:
        seal_values({"login": "secret\ud800"}, KEY)
    assert refused.value.reason is SealFlaw.MALFORMED
    assert refused.value.__context__ is None
    assert "secret" not in str(refused.value)


GOOD = sealed_with()
PARTS = GOOD.split(".")


def encoded(header: str) -> str:
    return base64.urlsafe_b64encode(header.encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("hunter2", SealFlaw.NOT_SEALED),
        ("", SealFlaw.NOT_SEALED),
        ("my.pass.word.is.long", SealFlaw.NOT_SEALED),
        ("....", SealFlaw.NOT_SEALED),
        (".".join(PARTS[:4]), SealFlaw.NOT_SEALED),
        (GOOD + ".x", SealFlaw.NOT_SEALED),
        (".".join([encoded("[]"), *PARTS[1:]]), SealFlaw.NOT_SEALED),
        (".".join([encoded("[" * 30_000), *PARTS[1:]]), SealFlaw.NOT_SEALED),
        (GOOD + "A" * 70_000, SealFlaw.NOT_SEALED),
        (sealed_with(alg="RSA-OAEP"), SealFlaw.WRONG_ALGORITHM),
        (sealed_with(enc="A128GCM"), SealFlaw.WRONG_ALGORITHM),
        (".".join([encoded('{"alg": "RSA-OAEP-256", "enc": []}'), *PARTS[1:]]), "wrong_algorithm"),
        (".".join([encoded('{"alg": "none"}'), *PARTS[1:]]), SealFlaw.WRONG_ALGORITHM),
        (sealed_with(kid="rsa-old"), SealFlaw.UNKNOWN_KID),
        (sealed_with(kid=None), SealFlaw.UNKNOWN_KID),
        (sealed_with(zip="DEF"), SealFlaw.MALFORMED),
        (".".join([PARTS[0], "AAAA", *PARTS[2:]]), SealFlaw.MALFORMED),
        (".".join([*PARTS[:2], "AAAA", *PARTS[3:]]), SealFlaw.MALFORMED),
        (".".join([*PARTS[:3], "not base64!", PARTS[4]]), SealFlaw.MALFORMED),
        (".".join([*PARTS[:4], ""]), SealFlaw.MALFORMED),
        (GOOD + "\n", SealFlaw.MALFORMED),
    ],
)
def test_anything_else_is_to_be_sealed_again(value: str, reason: SealFlaw) -> None:
    with pytest.raises(SealRefused) as refused:
        check_sealed("password", value, KEY)
    assert (refused.value.field, refused.value.reason) == ("password", reason)
    text = f"{refused.value} {refused.value!r}"
    assert "seal the value again with the current key" in text
    assert value not in text or not value
    assert refused.value.__context__ is None
    assert isinstance(refused.value, SealError)


@given(st.lists(st.text(max_size=20), min_size=5, max_size=5).map(".".join) | st.text())
def test_any_text_is_taken_or_refused_in_one_way(value: str) -> None:
    with pytest.raises(SealRefused):
        check_sealed("password", value, KEY)


def test_a_key_without_a_kid_gets_its_thumbprint() -> None:
    key = public_key({name: MEMBERS[name] for name in ("kty", "use", "n", "e")})
    assert key.kid == f"rsa-{PRIVATE.thumbprint()}"
    assert key.members["kid"] == key.kid
    assert key.bits == 2048


def test_a_key_is_compared_and_shown_by_its_public_parts() -> None:
    assert public_key(MEMBERS) == KEY
    assert repr(KEY) == "PublicKey(kid='rsa-test', bits=2048)"
    assert set(KEY.members) == {"kty", "use", "n", "e", "kid"}


SMALL = JWK.generate(kty="RSA", size=1024).export_public(as_dict=True)


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"kty": "EC"}, "kty"),
        ({"kty": None}, "kty"),
        ({"use": "sig"}, "use"),
        ({"d": "AQAB"}, "d"),
        ({"n": SMALL["n"]}, "n"),
        ({"n": None}, "n"),
        ({"n": "é"}, "n"),
        ({"n": 7}, "n"),
        ({"n": "A" * 4096}, "n"),
        ({"n": "_" * 4095}, "n"),
        ({"e": None}, "e"),
        ({"e": "AA"}, "n"),
        ({"e": "Ag"}, "n"),
        ({"kid": 7}, "kid"),
        ({"kid": ""}, "kid"),
        ({"kid": "a\nb"}, "kid"),
    ],
)
def test_a_key_that_cannot_serve_is_refused(change: dict[str, Any], where: str) -> None:
    with pytest.raises(WrongShape) as wrong:
        public_key({**MEMBERS, **change})
    assert wrong.value.where() == where


@pytest.mark.parametrize("answer", [None, [], "key", {"keys": [MEMBERS]}])
def test_what_is_no_key_is_refused(answer: Any) -> None:
    with pytest.raises(WrongShape):
        public_key(answer)
