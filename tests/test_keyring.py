"""The keyring: what rests in a store is sealed."""

import copy
import json
import pickle
from typing import Any

import pytest
from jwcrypto.common import base64url_decode, base64url_encode
from jwcrypto.jwe import JWE
from jwcrypto.jwk import JWK

from powens_flow.keyring import Keyring, SealBroken
from powens_flow.secret import Secret

KEY = bytes(range(32))
OLDER = bytes(range(32, 64))
TOKEN = "hush-hush-token"


@pytest.fixture
def keyring() -> Keyring:
    return Keyring({"old": OLDER, "new": KEY}, "new", remember=0)


def jwk(key: bytes = KEY) -> JWK:
    return JWK(kty="oct", k=base64url_encode(key))


def header(sealed: str) -> dict[str, Any]:
    read = json.loads(base64url_decode(sealed.partition(".")[0]))
    assert isinstance(read, dict)
    return read


class TestSealing:
    @pytest.mark.parametrize("text", [TOKEN, "", "é\n\0 \U0001f511", "x" * 10_000, "half \ud83d"])
    def test_what_was_sealed_is_opened_again(self, keyring: Keyring, text: str) -> None:
        assert keyring.open(keyring.seal(text)) == Secret(text)

    def test_the_current_key_seals(self, keyring: Keyring) -> None:
        assert header(keyring.seal(TOKEN)) == {"alg": "dir", "enc": "A256GCM", "kid": "new"}

    def test_a_sealed_text_is_a_jwe_that_others_open(self, keyring: Keyring) -> None:
        jwe = JWE()
        jwe.deserialize(keyring.seal(TOKEN), key=jwk())
        assert jwe.payload == TOKEN.encode()

    def test_a_jwe_that_others_sealed_is_opened(self, keyring: Keyring) -> None:
        protected = '{"alg":"dir","enc":"A256GCM","kid":"old"}'
        jwe = JWE(TOKEN.encode(), protected=protected, recipient=jwk(OLDER))
        assert keyring.open(jwe.serialize(compact=True)) == Secret(TOKEN)

    def test_the_same_text_is_never_sealed_alike(self, keyring: Keyring) -> None:
        assert len({keyring.seal(TOKEN) for _ in range(100)}) == 100

    def test_the_text_does_not_show(self, keyring: Keyring) -> None:
        sealed = keyring.seal(TOKEN)
        opened = b"".join(base64url_decode(part) for part in sealed.split("."))
        assert TOKEN not in sealed
        assert TOKEN.encode() not in opened


class TestBrokenSeals:
    def test_no_character_can_be_changed(self, keyring: Keyring) -> None:
        sealed = keyring.seal(TOKEN)
        for at, one in enumerate(sealed):
            for other in {"A", "B", "-", "!", "."} - {one}:
                with pytest.raises(SealBroken):
                    keyring.open(sealed[:at] + other + sealed[at + 1 :])

    def test_nothing_can_be_added_or_left_out(self, keyring: Keyring) -> None:
        sealed = keyring.seal(TOKEN)
        head, _, *rest = sealed.split(".")
        changed = [sealed[:-1], sealed + "A", sealed + "=", sealed + ".", sealed.replace("..", ".")]
        for text in [*changed, ".".join((head, "AAAA", *rest)), head, f"{head}....", f" {sealed}"]:
            with pytest.raises(SealBroken):
                keyring.open(text)

    def test_a_changed_text_names_its_key(self, keyring: Keyring) -> None:
        with pytest.raises(SealBroken, match="changed") as caught:
            keyring.open(keyring.seal(TOKEN)[:-3])
        assert caught.value.kid == "new"

    def test_an_unknown_key_is_named(self, keyring: Keyring) -> None:
        other = Keyring.generate("lost")
        with pytest.raises(SealBroken, match="lost") as caught:
            keyring.open(other.seal(TOKEN))
        assert caught.value.kid == "lost"

    def test_another_key_of_the_same_name_opens_nothing(self, keyring: Keyring) -> None:
        with pytest.raises(SealBroken) as caught:
            keyring.open(Keyring.generate("new").seal(TOKEN))
        assert caught.value.kid == "new"

    @pytest.mark.parametrize(
        "claims",
        [
            {"alg": "none", "enc": "A256GCM", "kid": "new"},
            {"alg": "dir", "enc": "A128GCM", "kid": "new"},
            {"alg": "dir", "enc": "A256GCM", "kid": "new", "zip": "DEF"},
            {"alg": "dir", "enc": "A256GCM"},
            {"kid": ["new"]},
            {"kid": "x" * 1000},
        ],
    )
    def test_another_header_is_refused(self, keyring: Keyring, claims: dict[str, Any]) -> None:
        head = base64url_encode(json.dumps(claims, separators=(",", ":")))
        rest = keyring.seal(TOKEN).partition(".")[2]
        with pytest.raises(SealBroken):
            keyring.open(f"{head}.{rest}")

    @pytest.mark.parametrize("text", [TOKEN, "", ".", "a.b.c.d.e", f"{TOKEN}.", "é", "\ud83d"])
    def test_what_was_never_sealed_is_not_repeated(self, keyring: Keyring, text: str) -> None:
        with pytest.raises(SealBroken) as caught:
            keyring.open(text)
        assert caught.value.kid is None
        assert TOKEN not in repr(caught.value)
        assert caught.value.__context__ is None


class TestChangingKeys:
    def test_an_older_key_still_opens(self) -> None:
        first = Keyring.generate("first")
        sealed = first.seal(TOKEN)
        second = first.changed("second")
        assert second.open(sealed) == Secret(TOKEN)
        assert header(second.seal(TOKEN))["kid"] == "second"
        assert second.kids == ("first", "second")

    def test_a_text_is_resealed_with_the_current_key(self, keyring: Keyring) -> None:
        older = Keyring({"old": OLDER}, "old").seal(TOKEN)
        resealed = keyring.reseal(older)
        assert header(resealed)["kid"] == "new"
        assert keyring.open(resealed) == Secret(TOKEN)

    def test_a_text_of_the_current_key_stays_as_it_is(self, keyring: Keyring) -> None:
        sealed = keyring.seal(TOKEN)
        assert keyring.reseal(sealed) == sealed

    def test_what_cannot_be_opened_is_not_resealed(self, keyring: Keyring) -> None:
        with pytest.raises(SealBroken):
            keyring.reseal(Keyring.generate("lost").seal(TOKEN))

    def test_a_name_is_given_to_one_key(self, keyring: Keyring) -> None:
        with pytest.raises(ValueError, match="already"):
            keyring.changed("old")


class TestConfiguration:
    def test_generated_keys_differ(self) -> None:
        one, two = Keyring.generate("k"), Keyring.generate("k")
        with pytest.raises(SealBroken):
            two.open(one.seal(TOKEN))
        assert Keyring.generate().current != Keyring.generate().current

    def test_a_jwk_set_gives_the_same_keyring_again(self, keyring: Keyring) -> None:
        text = keyring.to_jwk_set().reveal()
        again = Keyring.from_jwk_set(text)
        assert again.current == "new"
        assert set(again.kids) == {"new", "old"}
        assert again.open(keyring.seal(TOKEN)) == Secret(TOKEN)
        assert Keyring.from_jwk_set(json.loads(text), current="old").current == "old"

    @pytest.mark.parametrize(
        "jwk_set",
        [
            "",
            "[]",
            "{}",
            {"keys": []},
            {"keys": [{"kty": "oct", "k": base64url_encode(KEY)}]},
            {"keys": [{"kty": "RSA", "kid": "a", "k": base64url_encode(KEY)}]},
            {"keys": [{"kty": "oct", "kid": "a", "k": base64url_encode(KEY[:16])}]},
            {"keys": [{"kty": "oct", "kid": 3, "k": base64url_encode(KEY)}]},
            {"keys": [{"kty": "oct", "kid": "a", "k": 3}]},
        ],
    )
    def test_a_wrong_jwk_set_is_refused_and_not_shown(self, jwk_set: Any) -> None:
        with pytest.raises(ValueError) as caught:  # noqa: PT011 - each says what is wrong
            Keyring.from_jwk_set(jwk_set)
        assert base64url_encode(KEY[:16])[:20] not in str(caught.value)

    @pytest.mark.parametrize(
        ("keys", "current"),
        [
            ({}, "a"),
            ({"a": KEY}, "b"),
            ({"a": KEY[:31]}, "a"),
            ({"a": "x" * 32}, "a"),
            ({"": KEY}, ""),
            ({"a\n": KEY}, "a\n"),
            ({"x" * 129: KEY}, "x" * 129),
        ],
    )
    def test_wrong_keys_are_refused(self, keys: Any, current: str) -> None:
        with pytest.raises(ValueError, match=r"kid|bytes"):
            Keyring(keys, current)

    def test_no_key_shows(self, keyring: Keyring) -> None:
        assert repr(keyring) == "Keyring(kids=('old', 'new'), current='new')"
        assert base64url_encode(KEY) not in repr(keyring.to_jwk_set())

    @pytest.mark.parametrize("away", [pickle.dumps, copy.copy])
    def test_it_ends_up_in_no_queue(self, keyring: Keyring, away: Any) -> None:
        with pytest.raises(TypeError):
            away(keyring)


class TestRemembering:
    def test_what_was_sealed_or_opened_is_remembered(self) -> None:
        keyring = Keyring({"new": KEY}, "new", remember=2)
        sealed = keyring.seal(TOKEN)
        assert keyring.open(sealed) is keyring.open(sealed)

    def test_what_was_used_longest_ago_is_forgotten(self) -> None:
        keyring = Keyring({"new": KEY}, "new", remember=2)
        first, second = keyring.seal("1"), keyring.seal("2")
        opened = keyring.open(first)
        third = keyring.seal("3")
        assert list(keyring._opened) == [first, third]
        assert keyring.open(first) is opened
        assert keyring.open(second) == Secret("2")
        assert list(keyring._opened) == [first, second]

    def test_it_can_be_switched_off(self, keyring: Keyring) -> None:
        sealed = keyring.seal(TOKEN)
        assert keyring.open(sealed) is not keyring.open(sealed)
        assert not keyring._opened

    def test_a_changed_text_is_not_taken_for_the_one_remembered(self) -> None:
        keyring = Keyring({"new": KEY}, "new")
        sealed = keyring.seal(TOKEN)
        with pytest.raises(SealBroken):
            keyring.open(f"{sealed[:-1]}!")
