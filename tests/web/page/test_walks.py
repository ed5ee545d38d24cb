"""Whole ways through the page: each of the guide's three options, to the end."""

import pytest
from playwright.async_api import expect

from tests.web.page.conftest import Scene
from tests.web.page.person import unique

pytestmark = pytest.mark.asyncio(loop_scope="session")

RIVES = ("Numéro client", "Code secret")


async def test_one_source_is_added_and_its_accounts_are_shared(scene: Scene) -> None:
    p = scene.person
    await p.opens()
    await p.sees("Choose your bank")
    await p.chooses_bank("Connecteur de test")
    await p.sees("Sign in to Connecteur de test")
    await p.signs_in(unique())
    await p.sees("Choose what to share")
    await p.shares_all()
    await p.sees("Your bank is connected")
    await p.sees_text("2 accounts shared")


async def test_offer_the_next_source_beside_the_accounts(scene: Scene) -> None:
    p = scene.person
    await p.opens()
    await p.chooses_bank("Banque des Deux Rives")
    await p.signs_in(unique(), labels=RIVES)
    await p.sees("Choose what to share")
    await p.page.get_by_role("checkbox", name="Compte titres").check()
    await p.page.get_by_role("button", name="Add: Current accounts and cards").click()
    await p.at_the_bank()
    await p.sees("Choose what to share")
    await expect(p.page.get_by_role("checkbox", name="Compte titres")).to_be_checked()
    await expect(p.page.get_by_role("checkbox", name="Carte Premier")).not_to_be_checked()
    await p.page.get_by_role("checkbox", name="Carte Premier").check()
    await p.presses("Share 2 accounts")
    await p.sees("Your bank is connected")
    await p.sees_text("2 accounts shared")
    await p.sees_text("Access granted until")


@pytest.mark.stage(policy={"sources": "restrict", "account_types": ("checking",)})
async def test_restrict_to_the_accounts_that_are_needed(scene: Scene) -> None:
    p = scene.person
    await p.opens()
    await p.chooses_bank("Banque des Deux Rives")
    await p.at_the_bank()
    await p.sees("Choose what to share")
    await expect(p.page.get_by_role("checkbox")).to_have_count(2)
    await expect(p.page.get_by_text("More at")).to_have_count(0)
    await p.shares_all()
    await p.sees("Your bank is connected")


@pytest.mark.stage(policy={"sources": "chain"})
async def test_chain_all_sources_one_after_the_other(scene: Scene) -> None:
    p = scene.person
    await p.opens()
    await p.chooses_bank("Banque des Deux Rives")
    await p.signs_in(unique(), labels=RIVES)
    await p.at_the_bank()
    await p.sees("Choose what to share")
    await expect(p.page.get_by_role("checkbox")).to_have_count(4)
    await p.shares_all()
    await p.sees_text("4 accounts shared")


@pytest.mark.stage(policy={"sources": "chain"})
async def test_a_further_source_can_be_skipped(scene: Scene) -> None:
    p = scene.person
    await p.opens()
    await p.chooses_bank("Banque aux Deux Guichets")
    await p.signs_in(unique())
    await expect(p.box("Mot de passe Épargne")).to_be_visible()
    await expect(p.button("Choose another bank")).to_have_count(0)
    await p.presses("Skip this step")
    await p.sees("Choose what to share")
    await expect(p.page.get_by_role("checkbox")).to_have_count(1)


async def test_another_bank_can_be_chosen(scene: Scene) -> None:
    p = scene.person
    await p.opens()
    await p.chooses_bank("Connecteur de test")
    await p.presses("Choose another bank")
    await p.sees("Choose your bank")
    await p.chooses_bank("Banco del Puente")
    await p.sees("Continue on the site of Banco del Puente")


async def test_several_steps_after_the_credentials(scene: Scene) -> None:
    p = scene.person
    await p.opens()
    await p.chooses_bank("Connecteur de test")
    await p.signs_in(unique("webauth"))
    await p.at_the_bank()
    await p.sees("Choose what to share")


async def connected(scene: Scene) -> int:
    """The id of a connection that the person has made."""
    p = scene.person
    await p.opens()
    await p.chooses_bank("Connecteur de test")
    await p.signs_in(unique())
    await p.shares_all()
    await p.sees("Your bank is connected")
    (connection,) = scene.stage.world.simulator.users[0].connections
    return connection


def repair_of(connection: int) -> str:
    """The page on which it is repaired."""
    return f"/?attributes=machine%3Dreconnect%20connection%3D{connection}"


async def test_an_existing_connection_is_repaired(scene: Scene) -> None:
    p = scene.person
    connection = await connected(scene)
    await p.opens(repair_of(connection))
    await p.sees("Your connection is up to date")
    await expect(p.button("Add another bank")).to_have_count(0)


async def test_a_consent_is_renewed_also_after_a_repair(scene: Scene) -> None:
    """The repair's end, which this tab still shows, is not that of the renewal."""
    p = scene.person
    connection = await connected(scene)
    path = repair_of(connection)
    await p.opens(path)
    await p.sees("Your connection is up to date")
    async with p.page.expect_response("**/connect/attempts") as begun:
        await p.opens(f"{path}%20refresh")
    asked = (await begun.value).request.post_data_json
    assert asked == {"machine": "reconnect", "id_connection": connection, "refresh": True}


async def test_a_connection_is_repaired_again_in_the_same_tab(scene: Scene) -> None:
    """A reload still shows the end; who comes to the page anew wants another repair."""
    p = scene.person
    connection = await connected(scene)
    path = repair_of(connection)
    await p.opens(path)
    await p.sees("Your connection is up to date")
    await p.reloads()
    await p.sees("Your connection is up to date")
    scene.stage.world.simulator.set_state(connection, "wrongpass", source="directaccess")
    await p.opens(path)
    await p.sees("Connecteur de test did not recognise your details")


async def test_who_stops_a_repair_is_told_that_what_they_share_stays(scene: Scene) -> None:
    p = scene.person
    connection = await connected(scene)
    scene.stage.world.simulator.set_state(connection, "wrongpass", source="directaccess")
    await p.opens(repair_of(connection))
    await p.sees("Connecteur de test did not recognise your details")
    await p.presses("Cancel")
    await expect(p.page.get_by_role("dialog")).to_contain_text("Nothing changes in what you share.")
    await p.presses("Stop")
    await p.sees("You stopped the update")
    await p.sees_text("This changed nothing in what you share.")
