"""Fields of every type, and what is told of wrong values."""

import pytest

from powens_flow.errors import EventNotAccepted, WrongValues
from powens_flow.testing import Driver, Script
from powens_flow.view import View
from tests.e2e.story import (
    CHOOSE,
    FILL_IN,
    SUBMIT,
    OpenWorld,
    assert_completed,
    run_until,
    shown,
)

GOOD = {
    "identifier": "camille",
    "secret": "1234",
    "birthday": "1990-01-31",
    "department": "29",
    "website": "par",
}
"""The connector with a field of every type; `nickname` and `colour` are optional."""


async def _at_the_form(open_world: OpenWorld) -> tuple[Driver, View]:
    w = await open_world()
    return await run_until(w, "fill_in_fields", Script("88"))


async def test_the_form_describes_every_field(open_world: OpenWorld) -> None:
    _, view = await _at_the_form(open_world)
    fields = {one["name"]: one for one in view.prompt.content["fields"]}
    assert [one["type"] for one in fields.values()] == [
        "text",
        "password",
        "date",
        "number",
        "list",
        "text",
        "colour",
    ]
    assert fields["identifier"]["label"] == "Identifiant"
    assert fields["identifier"]["description"] == "Celui de votre carte"
    assert fields["identifier"]["regex"] == r"^[^\s]{3,64}$"
    assert [name for name, one in fields.items() if not one["required"]] == ["nickname", "colour"]
    assert fields["website"]["values"] == [
        {"label": "Particuliers", "value": "par"},
        {"label": "Entreprises", "value": "ent"},
    ]
    assert view.prompt.content["sealed"] is True


@pytest.mark.parametrize("extra", [{}, {"nickname": "cam", "colour": "bleu"}, {"nickname": ""}])
async def test_good_values_of_every_type_are_taken(
    open_world: OpenWorld, extra: dict[str, str]
) -> None:
    w = await open_world()
    driver, view = await run_until(w, "fill_in_fields", Script("88"))
    event = await driver.owner.seal(view.attempt_id, GOOD | extra)
    after = await driver.owner.send(view.attempt_id, event)
    await assert_completed(w, await driver.run(after), active=("Compte à vue",))


@pytest.mark.parametrize(
    ("wrong", "key"),
    [
        ({"identifier": ""}, "values.required"),
        ({"identifier": "ab"}, "values.does_not_match"),
        ({"identifier": "with a space"}, "values.does_not_match"),
        ({"identifier": "camille\n"}, "values.does_not_match"),
        ({"secret": "123"}, "values.does_not_match"),
        ({"secret": "1" * 5000}, "values.too_long"),
        ({"birthday": "31/01/1990"}, "values.not_a_date"),
        ({"birthday": "1990-02-30"}, "values.not_a_date"),
        ({"department": "twenty"}, "values.not_a_number"),
        ({"department": "2"}, "values.does_not_match"),
        ({"website": "Particuliers"}, "values.not_in_list"),
        ({"nickname": "CAM"}, "values.does_not_match"),
        ({"mother": "Marie"}, "values.unknown"),
    ],
)
async def test_a_wrong_value_is_told_by_its_key_and_nothing_is_sent(
    open_world: OpenWorld, wrong: dict[str, str], key: str
) -> None:
    w = await open_world()
    driver, view = await run_until(w, "fill_in_fields", Script("88"))
    with pytest.raises(WrongValues) as refused:
        await driver.owner.seal(view.attempt_id, GOOD | wrong)
    (name,) = wrong
    assert refused.value.fields == {name: key}
    assert not refused.value.seal_again
    prompt = refused.value.prompt
    assert (prompt.kind, prompt.message_key) == FILL_IN
    told = {one["name"]: one.get("error") for one in prompt.content["fields"]}
    assert told.get(name, key) == key
    assert w.simulator.calls[SUBMIT] == 0
    for value in wrong.values():
        assert not value or value not in f"{refused.value!s}{refused.value!r}"


async def test_every_wrong_field_is_told_at_once(open_world: OpenWorld) -> None:
    driver, view = await _at_the_form(open_world)
    with pytest.raises(WrongValues) as refused:
        await driver.owner.seal(view.attempt_id, {"identifier": "x", "birthday": "never"})
    assert refused.value.fields == {
        "identifier": "values.does_not_match",
        "birthday": "values.not_a_date",
        "secret": "values.required",
        "department": "values.required",
        "website": "values.required",
    }


async def test_values_are_sealed_only_where_values_are_asked_for(open_world: OpenWorld) -> None:
    w = await open_world()
    driver, view = await run_until(w, "choose_connector", Script())
    assert shown(view) == CHOOSE
    with pytest.raises(EventNotAccepted):
        await driver.owner.seal(view.attempt_id, {"login": "camille"})


async def test_the_plain_values_of_a_page_are_checked_too(open_world: OpenWorld) -> None:
    w = await open_world()
    driver, view = await run_until(w, "fill_in_fields", Script("71"))
    assert view.prompt.content["sealed"] is False
    for values in ({"website": "elsewhere"}, {}, {"website": "par", "other": "x"}):
        with pytest.raises(WrongValues):
            await driver.owner.send(
                view.attempt_id, {"type": "submit_values", "values": dict(values)}
            )
    after = await driver.owner.send(
        view.attempt_id, {"type": "submit_values", "values": {"website": "pro"}}
    )
    assert shown(after) == ("open_url", "webauth.open")
