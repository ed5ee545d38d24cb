"""Values that a browser sealed by itself, and the domain's key."""

import json
from typing import Any

import pytest
from jwcrypto import jwe, jwk

from powens_flow import events as e
from powens_flow.errors import WrongValues
from powens_flow.testing import Driver, Script, World
from powens_flow.view import View
from tests.e2e.story import (
    FILL_IN,
    PUBLIC_KEY,
    SUBMIT,
    OpenWorld,
    assert_completed,
    run_until,
    shown,
)


def _sealed(w: World, value: str, **header: Any) -> str:
    """As a browser seals a value for the domain's key; `header` spoils it."""
    public = w.simulator.keys.public()
    protected = {"alg": "RSA-OAEP-256", "enc": "A256GCM", "kid": public["kid"], **header}
    token = jwe.JWE(
        value.encode(),
        json.dumps({key: one for key, one in protected.items() if one is not None}),
        algs=["RSA-OAEP-256", "RSA-OAEP", "A256GCM", "A256CBC-HS512", "A128GCM"],
    )
    token.add_recipient(jwk.JWK(**public))
    return str(token.serialize(compact=True))


def _values(w: World, **header: Any) -> dict[str, str]:
    return {
        "login": _sealed(w, "camille", **header),
        "password": _sealed(w, "987654", **header),
    }


async def _at_the_form(open_world: OpenWorld) -> tuple[World, Driver, View]:
    w = await open_world()
    driver, view = await run_until(w, "fill_in_fields", Script())
    return w, driver, view


@pytest.mark.parametrize("enc", ["A256GCM", "A256CBC-HS512"])
async def test_values_sealed_by_a_browser_are_taken_as_they_are(
    open_world: OpenWorld, enc: str
) -> None:
    w, driver, view = await _at_the_form(open_world)
    after = await driver.owner.send(view.attempt_id, e.SubmitValues(_values(w, enc=enc)))
    await assert_completed(w, await driver.run(after))


@pytest.mark.parametrize(
    ("header", "key"),
    [
        ({"alg": "RSA-OAEP"}, "values.wrong_algorithm"),
        ({"enc": "A128GCM"}, "values.wrong_algorithm"),
        ({"kid": "rsa-of-somebody-else"}, "values.unknown_kid"),
        ({"kid": None}, "values.unknown_kid"),
    ],
)
async def test_a_wrong_header_asks_to_seal_again(
    open_world: OpenWorld, header: dict[str, Any], key: str
) -> None:
    w, driver, view = await _at_the_form(open_world)
    with pytest.raises(WrongValues) as refused:
        await driver.owner.send(view.attempt_id, e.SubmitValues(_values(w, **header)))
    assert refused.value.fields == {"login": key, "password": key}
    assert refused.value.seal_again
    assert refused.value.prompt.error is not None
    assert refused.value.prompt.error.key == "values.seal_again"
    assert w.simulator.calls[SUBMIT] == 0
    await assert_completed(w, await driver.run(await driver.owner.get(view.attempt_id)))


@pytest.mark.parametrize("value", ["987654", "a.b.c", "a.b.c.d.e", "e30.e30.e30.e30.e30", "...."])
async def test_what_is_no_sealed_value_never_leaves(open_world: OpenWorld, value: str) -> None:
    w, driver, view = await _at_the_form(open_world)
    values = {"login": _sealed(w, "camille"), "password": value}
    with pytest.raises(WrongValues) as refused:
        await driver.owner.send(view.attempt_id, e.SubmitValues(values))
    assert set(refused.value.fields) == {"password"}
    assert refused.value.seal_again
    assert w.simulator.calls[SUBMIT] == 0
    assert value not in f"{refused.value!s}{refused.value!r}"


async def test_a_kid_that_is_unknown_here_lets_the_key_be_fetched_anew(
    open_world: OpenWorld,
) -> None:
    w, driver, view = await _at_the_form(open_world)
    await driver.owner.seal(view.attempt_id, {"login": "camille", "password": "987654"})
    assert w.simulator.calls[PUBLIC_KEY] == 1
    w.simulator.rotate_key()
    after = await driver.owner.send(view.attempt_id, e.SubmitValues(_values(w)))
    assert w.simulator.calls[PUBLIC_KEY] == 2
    await assert_completed(w, await driver.run(after))


async def test_values_sealed_for_an_earlier_key_are_asked_for_again(open_world: OpenWorld) -> None:
    w, driver, view = await _at_the_form(open_world)
    old = _values(w)
    w.simulator.rotate_key()
    with pytest.raises(WrongValues) as refused:
        await driver.owner.send(view.attempt_id, e.SubmitValues(old))
    assert refused.value.seal_again
    await assert_completed(w, await driver.run(await driver.owner.get(view.attempt_id)))


async def test_the_key_is_fetched_once_for_many_attempts(open_world: OpenWorld) -> None:
    w = await open_world()
    for number in range(3):
        driver = w.driver(Script(), owner=f"owner-{number}")
        assert (await driver.run()).state == "completed"
    assert w.simulator.calls[PUBLIC_KEY] == 1


async def test_missing_and_unknown_sealed_values_are_told(open_world: OpenWorld) -> None:
    w, driver, view = await _at_the_form(open_world)
    values = {"login": _sealed(w, "camille"), "mother": _sealed(w, "Marie")}
    with pytest.raises(WrongValues) as refused:
        await driver.owner.send(view.attempt_id, e.SubmitValues(values))
    assert refused.value.fields == {"password": "values.required", "mother": "values.unknown"}
    assert shown(await driver.owner.get(view.attempt_id)) == FILL_IN


async def test_sealed_values_stand_in_no_snapshot_and_no_journal(open_world: OpenWorld) -> None:
    w, driver, view = await _at_the_form(open_world)
    values = _values(w)
    after = await driver.owner.send(view.attempt_id, e.SubmitValues(values))
    rows = await w.engine.history(view.attempt_id)
    kept = f"{await w.store.load(view.attempt_id)!r}{rows!r}{after.to_json()}"
    assert not any(value in kept for value in values.values())
