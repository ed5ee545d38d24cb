"""Choosing the connector: the list, its search, and what the policy leaves out."""

from pathlib import Path

import pytest

from powens_flow.simulator import Settings
from powens_flow.testing import Script, World
from tests.e2e.story import (
    ACCOUNTS,
    CHOOSE,
    DONE,
    FAILED,
    FILL_IN,
    OWNER,
    OpenWorld,
    assert_completed,
    assert_nothing_left,
    errors,
    policy,
    run,
    run_until,
    shown,
)

CONNECTORS = ("GET", "/connectors")
SHOWN = {40, 59, 63, 71, 88, 102, 110, 122, 130, 140, 150, 160}
"""All but the hidden 120 and the restricted 121."""


async def _found(w: World, q: str = "", page: int = 1, size: int = 50) -> list[int]:
    owner = w.engine.for_owner(OWNER)
    view = await owner.start()
    assert shown(view) == CHOOSE
    found = await owner.connectors(view.attempt_id, q, page=page, size=size)
    return [one["id"] for one in found.connectors]


@pytest.mark.parametrize(
    ("q", "found"),
    [
        ("credit", [63]),
        ("CRÉDIT", [63]),
        ("électricité", [102]),
        ("electricite ouest", [102]),
        ("deux", [59, 150]),
        ("puente banco", [160]),
        ("epargne", [140]),
        ("nobody", []),
    ],
)
async def test_connectors_are_found_by_name_whatever_the_accents(
    open_world: OpenWorld, q: str, found: list[int]
) -> None:
    w = await open_world()
    assert sorted(await _found(w, q)) == found


async def test_names_that_begin_with_what_was_typed_come_first(open_world: OpenWorld) -> None:
    w = await open_world()
    assert (await _found(w, "ca"))[0] == 71


async def test_hidden_and_restricted_connectors_are_left_out(open_world: OpenWorld) -> None:
    w = await open_world()
    assert set(await _found(w)) == SHOWN


@pytest.mark.parametrize(
    ("wishes", "found"),
    [
        ({"beta": False}, SHOWN - {122}),
        ({"capabilities": ("document",)}, {102}),
        ({"capabilities": ("bankwealth",)}, {63, 140}),
        ({"account_types": ("loan", "pee")}, {59, 140, 102}),
        ({"account_usages": ("ORGA",)}, {71}),
        ({"countries": ("ES",)}, {160}),
        ({"countries": ("BE", "LU")}, {122, 140}),
        ({"connectors": ("40", "d3f5a8a4-77cb-5d9b-8d3e-1c3e7d4a7171")}, {40, 71}),
    ],
)
async def test_the_policy_narrows_the_list(
    open_world: OpenWorld, wishes: dict[str, object], found: set[int]
) -> None:
    w = await open_world(policy=policy(**wishes))
    assert set(await _found(w)) == found


async def test_the_list_comes_in_pages(open_world: OpenWorld) -> None:
    w = await open_world()
    owner = w.engine.for_owner(OWNER)
    view = await owner.start()
    first = await owner.connectors(view.attempt_id, page=1, size=5)
    last = await owner.connectors(view.attempt_id, page=3, size=5)
    assert (first.pages, first.total, len(first.connectors)) == (3, 12, 5)
    assert (last.page, len(last.connectors)) == (3, 2)


async def test_a_list_that_powens_answers_in_pages_is_read_whole(open_world: OpenWorld) -> None:
    w = await open_world(settings=Settings(page_size=3))
    assert set(await _found(w)) == SHOWN


async def test_the_list_is_shared_for_a_minute_and_part_of_no_snapshot(
    open_world: OpenWorld,
) -> None:
    w = await open_world()
    owner = w.engine.for_owner(OWNER)
    view = await owner.start()
    for q in ("b", "ba", "ban"):
        await owner.connectors(view.attempt_id, q)
    assert w.simulator.calls[CONNECTORS] == 1
    w.clock.advance(61)
    await owner.connectors(view.attempt_id, "banq")
    assert w.simulator.calls[CONNECTORS] == 2
    attempt = await w.store.load(view.attempt_id)
    assert "Banque" not in repr(attempt)


@pytest.mark.parametrize("connector", ["120", "121"])
async def test_a_connector_that_may_not_be_used_leads_back_to_the_list(
    open_world: OpenWorld, connector: str
) -> None:
    w = await open_world()
    driver, view = await run_until(w, "choose_connector", Script(connector))
    again = await driver.step(view)
    assert shown(again) == CHOOSE
    assert again.prompt.error is not None
    assert again.prompt.error.key == "connector.not_allowed"
    driver.script = Script("40")
    await assert_completed(w, await driver.run(again))


@pytest.mark.parametrize("connector", ["999", "no-such-uuid"])
async def test_a_connector_that_does_not_exist_leads_back_to_the_list(
    open_world: OpenWorld, connector: str
) -> None:
    w = await open_world()
    driver, view = await run_until(w, "choose_connector", Script(connector))
    again = await driver.step(view)
    assert shown(again) == CHOOSE
    assert again.prompt.error is not None
    assert again.prompt.error.key == "gone"
    await driver.owner.send(again.attempt_id, {"type": "cancel"})


CLOSED = """
[[connectors]]
id = 900
uuid = "11111111-2222-3333-4444-555555555555"
name = "Banque Fermée"
slug = "FER"
auth_mechanism = "credentials"

[[connectors.sources]]
id = 9001
name = "directaccess"
auth_mechanism = "credentials"
disabled = 2024-02-01T09:30:00
"""


async def test_a_connector_whose_sources_are_all_disabled_leads_back_to_the_list(
    open_world: OpenWorld, tmp_path: Path
) -> None:
    file = tmp_path / "connectors.toml"
    file.write_text(CLOSED, "utf-8")
    w = await open_world(settings=Settings(connector_files=(file,)))
    driver, view = await run_until(w, "choose_connector", Script("900"))
    again = await driver.step(view)
    assert shown(again) == CHOOSE
    assert again.prompt.error is not None
    assert again.prompt.error.key == "connector.no_source"


async def test_only_sources_with_a_wanted_capability_are_added(open_world: OpenWorld) -> None:
    w = await open_world(policy=policy(capabilities=("bankwealth",)))
    driver, view = await run_until(w, "fill_in_fields", Script("63"))
    assert view.prompt.source == "fallback"
    await assert_completed(
        w, await driver.run(view), sources=("fallback",), active=("Assurance vie",)
    )


async def test_a_source_that_names_no_account_type_may_give_any(open_world: OpenWorld) -> None:
    w = await open_world(policy=policy(sources="restrict", account_types=("checking",)))
    _, view = await run_until(w, "fill_in_fields", Script("102"))
    assert view.prompt.source == "directaccess"


async def test_a_connector_by_uuid_is_chosen_as_by_id(open_world: OpenWorld) -> None:
    w = await open_world()
    driver, end = await run(w, Script("07d76adf-ae35-5b38-aca8-67aafba13169"))
    assert driver.prompts == [CHOOSE, FILL_IN, ACCOUNTS, DONE]
    await assert_completed(w, end)


async def test_the_only_connector_of_a_policy_is_not_asked_for(open_world: OpenWorld) -> None:
    w = await open_world(policy=policy(connectors=("40",)))
    driver, end = await run(w, Script("40"))
    assert driver.prompts == [FILL_IN, ACCOUNTS, DONE]
    await assert_completed(w, end)


async def test_the_only_connector_of_a_policy_that_may_not_be_used_fails(
    open_world: OpenWorld,
) -> None:
    w = await open_world(policy=policy(connectors=("121",)))
    driver, end = await run(w, Script())
    assert driver.prompts == [FAILED]
    assert errors(driver) == ["connector.not_allowed"]
    assert shown(end) == FAILED
    await assert_nothing_left(w)


async def test_the_user_can_go_back_to_the_list_before_anything_was_made(
    open_world: OpenWorld,
) -> None:
    w = await open_world()
    driver, view = await run_until(w, "fill_in_fields", Script("88"))
    again = await driver.owner.send(view.attempt_id, {"type": "choose_another_connector"})
    assert shown(again) == CHOOSE
    assert again.prompt.connector is None
    driver.script = Script("40")
    await assert_completed(w, await driver.run(again))
    assert len(w.simulator.users) == 1
