"""The door: values are checked, then sealed; what a browser sealed is judged by its looks."""

import json

import pytest
from attrs import define, field
from jwcrypto.jwe import JWE
from jwcrypto.jwk import JWK

from powens_flow.api import PublicKey, PublicKeys, seal_values
from powens_flow.api.keys import public_key
from powens_flow.attempt import AskedField, Attempt
from powens_flow.sealer import Sealer, ValuesRefused
from tests.decisions.made import attempt

OLD, NEW = (JWK.generate(kty="RSA", size=2048, use="enc") for _ in range(2))


def public(private: JWK, kid: str) -> PublicKey:
    return public_key({**private.export_public(as_dict=True), "kid": kid})


@define
class Domain:
    """A domain with a key that changes."""

    keys: list[PublicKey]
    fetched: int = field(default=0)

    async def public_key(self) -> PublicKey:
        self.fetched += 1
        return self.keys.pop(0) if len(self.keys) > 1 else self.keys[0]


@pytest.fixture
def domain() -> Domain:
    return Domain([public(OLD, "old"), public(NEW, "new")])


@pytest.fixture
def sealer(domain: Domain) -> Sealer:
    return Sealer(PublicKeys(domain))


ASKED = attempt(
    source="directaccess",
    asked_for="values",
    asked=(
        AskedField("login", regex=r"\d{4}"),
        AskedField("password", "password"),
        AskedField("note", required=False),
    ),
)
WEBAUTH = attempt(
    source="openapi", asked_for="values", asked=(AskedField("branch", regex=r"\d{2}"),)
)
GOOD = {"login": "1234", "password": "S3cr3t"}


def opened(sealed: str, private: JWK) -> str:
    jwe = JWE()
    jwe.deserialize(sealed, private)
    return str(jwe.payload.decode("utf-8"))


def refused(error: pytest.ExceptionInfo[ValuesRefused]) -> dict[str, str]:
    chain = [error.value, error.value.__cause__, error.value.__context__]
    assert "S3cr3t" not in "".join(f"{one}{one!r}" for one in chain)
    return dict(error.value.fields)


# --- plaintext ----------------------------------------------------------------------------------


async def test_good_values_become_an_event_without_plaintext(sealer: Sealer) -> None:
    event = await sealer.seal(ASKED, GOOD)
    assert {name: opened(value, OLD) for name, value in event.values.items()} == GOOD
    assert "S3cr3t" not in json.dumps(event.to_json())


async def test_what_was_left_empty_is_left_out(sealer: Sealer) -> None:
    assert set((await sealer.seal(ASKED, {**GOOD, "note": ""})).values) == set(GOOD)


async def test_wrong_values_are_refused_before_a_key_is_fetched(
    sealer: Sealer, domain: Domain
) -> None:
    with pytest.raises(ValuesRefused) as error:
        await sealer.seal(ASKED, {"login": "S3cr3t", "more": "S3cr3t"})
    assert refused(error) == {
        "login": "values.does_not_match",
        "password": "values.required",
        "more": "values.unknown",
    }
    assert not error.value.seal_again
    assert domain.fetched == 0


async def test_the_values_of_webauth_fields_stay_plain(sealer: Sealer, domain: Domain) -> None:
    assert (await sealer.seal(WEBAUTH, {"branch": "75"})).values == {"branch": "75"}
    assert domain.fetched == 0
    with pytest.raises(ValuesRefused):
        await sealer.seal(WEBAUTH, {"branch": "xx"})


async def test_what_is_no_text_at_all_cannot_be_sealed(sealer: Sealer) -> None:
    with pytest.raises(ValuesRefused) as error:
        await sealer.seal(ASKED, {**GOOD, "password": "S3cr3t\ud800"})
    assert refused(error) == {"password": "values.malformed"}


# --- sealed by a browser ------------------------------------------------------------------------


async def test_sealed_values_are_taken_as_they_are(sealer: Sealer) -> None:
    sealed = seal_values(GOOD, public(OLD, "old"))
    assert await sealer.check(ASKED, sealed) == sealed


async def test_plaintext_is_refused_and_asks_to_seal_again(sealer: Sealer) -> None:
    with pytest.raises(ValuesRefused) as error:
        await sealer.check(ASKED, GOOD)
    assert refused(error) == {"login": "values.not_sealed", "password": "values.not_sealed"}
    assert error.value.seal_again


async def test_missing_and_unknown_names_come_before_the_seals(sealer: Sealer) -> None:
    with pytest.raises(ValuesRefused) as error:
        await sealer.check(ASKED, {"login": "S3cr3t", "more": "S3cr3t"})
    assert refused(error) == {"password": "values.required", "more": "values.unknown"}
    assert not error.value.seal_again


async def test_a_new_key_of_the_domain_is_fetched_once(sealer: Sealer, domain: Domain) -> None:
    await sealer.check(ASKED, seal_values(GOOD, public(OLD, "old")))
    sealed = seal_values(GOOD, public(NEW, "new"))
    assert await sealer.check(ASKED, sealed) == sealed
    assert domain.fetched == 2
    assert await sealer.check(ASKED, sealed) == sealed
    assert domain.fetched == 2


async def test_a_key_that_is_nobodys_is_asked_about_once_and_refused(
    sealer: Sealer, domain: Domain
) -> None:
    with pytest.raises(ValuesRefused) as error:
        await sealer.check(ASKED, seal_values(GOOD, public(OLD, "somebodys")))
    assert set(refused(error).values()) == {"values.unknown_kid"}
    assert error.value.seal_again
    assert domain.fetched == 2


async def test_values_sealed_for_the_former_key_are_sealed_again(sealer: Sealer) -> None:
    old = seal_values(GOOD, public(OLD, "old"))
    await sealer.check(ASKED, seal_values(GOOD, public(NEW, "new")))
    with pytest.raises(ValuesRefused) as error:
        await sealer.check(ASKED, old)
    assert set(refused(error).values()) == {"values.unknown_kid"}


async def test_another_algorithm_is_refused(sealer: Sealer) -> None:
    key = public(OLD, "old")
    header = json.dumps({"alg": "RSA-OAEP", "enc": "A256GCM", "kid": "old"})
    jwe = JWE(b"S3cr3t", header, recipient=key.jwk).serialize(compact=True)
    with pytest.raises(ValuesRefused) as error:
        await sealer.check(ASKED, {**seal_values(GOOD, key), "login": jwe})
    assert refused(error) == {"login": "values.wrong_algorithm"}


async def test_plain_webauth_values_are_checked_and_kept_out_of_the_call(sealer: Sealer) -> None:
    assert await sealer.check(WEBAUTH, {"branch": "75"}) == {}
    with pytest.raises(ValuesRefused) as error:
        await sealer.check(WEBAUTH, {"branch": "S3cr3t"})
    assert refused(error) == {"branch": "values.does_not_match"}


def test_a_refusal_shows_no_value_and_no_field() -> None:
    assert str(ValuesRefused({"login": "values.required"})) == "wrong values"


async def test_an_attempt_that_asks_for_nothing_takes_nothing(sealer: Sealer) -> None:
    nothing: Attempt = attempt(asked_for="information")
    with pytest.raises(ValuesRefused) as error:
        await sealer.seal(nothing, {"login": "x"})
    assert refused(error) == {"login": "values.unknown"}
