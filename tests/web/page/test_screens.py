"""Each kind of prompt has its screen: looked at by axe in both colour schemes, and pictured."""

import pytest
from playwright.async_api import expect

from powens_flow.simulator import Settings
from tests.web.page.conftest import Scene
from tests.web.page.person import Person, unique
from tests.web.page.stage import CODE

pytestmark = pytest.mark.asyncio(loop_scope="session")

BANK = "Connecteur de test"


async def at_the_form(p: Person, bank: str = BANK) -> None:
    await p.opens()
    await p.chooses_bank(bank)
    await expect(p.heading()).to_contain_text(bank)


async def signed_in(p: Person, scenario: str) -> None:
    await at_the_form(p)
    await p.signs_in(unique(scenario))


async def test_choose_connector_lists_the_banks(scene: Scene) -> None:
    p = scene.person
    await p.opens()
    await p.sees("Choose your bank")
    await expect(p.page.get_by_role("option").first).to_be_visible()
    await p.shown("choose_connector")
    await p.page.get_by_role("combobox").fill("deux")
    await expect(p.page.get_by_role("option")).to_have_count(2)
    await p.page.keyboard.press("ArrowDown")
    await p.shown("choose_connector-searched")
    await p.page.get_by_role("combobox").fill("zzz")
    await p.sees_text("No bank matches “zzz”.")
    await p.shown("choose_connector-none")


async def test_fill_in_fields_has_help_errors_and_a_button_that_shows_the_password(
    scene: Scene,
) -> None:
    p = scene.person
    await at_the_form(p, "Banque aux Cent Questions")
    await p.shown("fill_in_fields-every_type")
    await p.types("Identifiant", "with a blank 7041")
    await p.types("Mot de passe", "Secret-5150-x")
    await p.types("Surnom (optional)", "UPPER-case-name")
    await p.presses("Show Mot de passe")
    await expect(p.box("Mot de passe")).to_have_attribute("type", "text")
    await p.presses("Hide Mot de passe")
    await p.presses("Continue securely")
    await p.sees_text("Please correct 5 fields.")
    await expect(p.box("Identifiant")).to_be_focused()
    await expect(p.box("Identifiant")).to_have_accessible_description(
        "Celui de votre carte This does not look as expected. Please check it."
    )
    await p.shown("fill_in_fields-errors")


async def test_working_is_shown_while_the_bank_checks(scene: Scene) -> None:
    p = scene.person
    await signed_in(p, "slow-5")
    await p.sees(f"{BANK} is checking your details")
    await p.shown("working")
    await p.waits_for_the_bank(5)
    await p.sees("Choose what to share")


async def test_a_code_is_asked_for(scene: Scene) -> None:
    p = scene.person
    await signed_in(p, "sms")
    await p.sees(f"Enter the code from {BANK}")
    code = p.page.locator('[autocomplete="one-time-code"]')
    await expect(code).to_have_attribute("inputmode", "numeric")
    await p.shown("fill_in_fields-code")
    await p.types_code(CODE)
    await p.presses("Confirm")
    await p.sees("Choose what to share")


async def test_a_wrong_code_is_asked_for_again(scene: Scene) -> None:
    p = scene.person
    await signed_in(p, "sms-wrong")
    for _ in range(2):
        await p.sees(f"Enter the code from {BANK}")
        code = p.page.locator('[autocomplete="one-time-code"]')
        await expect(code).to_have_value("")
        await p.types_code(CODE)
        await p.presses("Confirm")
    await p.sees("Choose what to share")


async def test_wrong_credentials_are_asked_for_again(scene: Scene) -> None:
    p = scene.person
    await signed_in(p, "wrongpass-once")
    await p.sees_text("Identifiant ou mot de passe incorrect.")
    await expect(p.box("Mot de passe")).to_have_value("")
    await p.shown("fill_in_fields-refused")
    await p.signs_in(unique())
    await p.sees("Choose what to share")


async def test_credentials_found_wrong_later(scene: Scene) -> None:
    p = scene.person
    await signed_in(p, "wrongpass-later")
    await p.sees(f"{BANK} did not recognise your details")
    await p.shown("fill_in_fields-wrongpass")


async def test_an_expired_password(scene: Scene) -> None:
    p = scene.person
    await signed_in(p, "password-expired")
    await p.sees(f"Your password at {BANK} has expired")
    await p.shown("fill_in_fields-password_expired")


async def test_approve_on_device_shows_the_time_left_and_goes_on_by_itself(scene: Scene) -> None:
    p = scene.person
    await signed_in(p, "decoupled-1")
    await p.sees("Approve in your bank's app")
    await expect(p.page.get_by_role("progressbar")).to_be_visible()
    await p.shown("approve_on_device")
    await scene.stage.pass_time(3)
    await p.sees("Choose what to share")


async def test_open_url_leads_to_the_bank_and_back(scene: Scene) -> None:
    p = scene.person
    await p.opens()
    await p.chooses_bank("Banco del Puente")
    await p.sees("Continue on the site of Banco del Puente")
    await p.shown("open_url")
    await p.page.get_by_role("link", name="Continue to").click()
    await expect(p.page.get_by_role("button", name="Autoriser")).to_be_visible()
    await p.page.go_back()
    await p.sees("Waiting for Banco del Puente")
    await p.shown("open_url-left")
    await p.presses("Open the bank's page again")
    await p.at_the_bank("Refuser")
    await p.sees("The access was not granted at Banco del Puente")
    await p.shown("try_again-refused")
    await p.presses("Try again")
    await p.at_the_bank()
    await p.sees("Choose what to share")


async def test_a_form_of_plain_fields_comes_before_some_banks_pages(scene: Scene) -> None:
    p = scene.person
    await at_the_form(p, "Caisse Nationale Mutualiste")
    await p.sees("A few details for Caisse Nationale Mutualiste")
    await p.presses("Continue securely")
    await p.sees_text("Please correct 1 field.")
    await p.shown("fill_in_fields-plain")
    await p.page.get_by_text("Professionnels").click()
    await p.presses("Continue securely")
    await p.at_the_bank()
    await p.sees("Choose what to share")
    await p.shown("choose_accounts-business")


async def test_act_at_bank_shows_the_banks_words(scene: Scene) -> None:
    p = scene.person
    await signed_in(p, "action-needed")
    await p.sees(f"{BANK} needs something from you first")
    await p.sees_text("Acceptez les nouvelles conditions générales")
    await p.shown("act_at_bank")
    await p.presses("I have done it")
    await p.sees("Choose what to share")


async def test_wait_says_when_it_looks_again(scene: Scene) -> None:
    p = scene.person
    await signed_in(p, "unavailable-8")
    await p.sees(f"{BANK} is not available right now")
    await p.sees_text("Le site de la banque est momentanément indisponible.")
    await p.shown("wait-temporary")
    await scene.stage.pass_time(10)
    await p.sees("Choose what to share")


async def test_what_is_not_available_can_be_finished_later(scene: Scene) -> None:
    p = scene.person
    await signed_in(p, "unavailable-never")
    await p.presses("Finish later")
    await p.sees("Your bank is connected")
    await p.sees_text("One access is not up to date yet")
    await p.shown("done-pending")


async def test_validating_is_waited_for(scene: Scene) -> None:
    p = scene.person
    await signed_in(p, "validating-2")
    await p.sees("Your approval is being processed")
    await p.shown("wait-validating")
    await scene.stage.pass_time(3)
    await scene.stage.pass_time(5)
    await p.sees("Choose what to share")


@pytest.mark.stage(policy={"choose_source": True})
async def test_choose_source(scene: Scene) -> None:
    p = scene.person
    await p.opens()
    await p.chooses_bank("Crédit Maritime et Rural")
    await p.sees("What would you like to connect first?")
    await p.shown("choose_source")
    await p.page.locator('[data-event="choose_source"]').nth(1).click()
    await p.sees("Sign in to Crédit Maritime et Rural")


async def test_choose_accounts_selects_nothing_by_itself(scene: Scene) -> None:
    p = scene.person
    await at_the_form(p, "Banque des Deux Rives")
    await p.signs_in(unique(), labels=("Numéro client", "Code secret"))
    await p.sees("Choose what to share")
    assert await p.page.get_by_role("checkbox", checked=True).count() == 0
    await p.sees_text("Continue without sharing")
    await p.page.get_by_role("checkbox", name="Compte titres").check()
    await expect(p.button("Share 1 account")).to_be_visible()
    await p.shown("choose_accounts-offered")
    await p.presses("Select all")
    await expect(p.button("Share 2 accounts")).to_be_visible()
    await p.page.get_by_role("button", name="Add: Current accounts and cards").click()
    await p.at_the_bank()
    await p.sees("Choose what to share")
    await expect(p.page.get_by_role("checkbox")).to_have_count(4)
    await p.shown("choose_accounts")


async def test_subscriptions_are_chosen_like_accounts(scene: Scene) -> None:
    p = scene.person
    await at_the_form(p, "Électricité de l'Ouest")
    await p.signs_in(unique(), labels=("Adresse e-mail", "Mot de passe"))
    await p.sees_text("Contracts and documents")
    await p.shown("choose_accounts-subscriptions")
    await p.shares_all()
    await p.sees_text("2 contracts shared")


@pytest.mark.stage(policy={"at_least_one": True})
async def test_at_least_one_account_has_to_be_chosen(scene: Scene) -> None:
    p = scene.person
    await signed_in(p, "")
    await p.presses("Share selected accounts")
    await p.sees_text("Please select at least one.")
    await p.shown("choose_accounts-at_least_one")


async def test_no_accounts_were_found(scene: Scene) -> None:
    p = scene.person
    await signed_in(p, "no-accounts")
    await p.sees_text(f"No account was found at {BANK}.")
    await p.shown("choose_accounts-none")


@pytest.mark.stage(policy={"at_least_one": True})
async def test_where_nothing_was_found_and_one_is_wanted_there_is_nothing_to_press(
    scene: Scene,
) -> None:
    p = scene.person
    await signed_in(p, "no-accounts")
    await p.sees_text(f"No account was found at {BANK}.")
    assert await p.page.get_by_role("button", name="Continue without sharing").count() == 0
    await p.shown("choose_accounts-none_at_least_one")


async def test_already_connected_offers_repair_or_another(scene: Scene) -> None:
    p = scene.person
    await signed_in(p, "")
    await p.shares_all()
    await p.sees("Your bank is connected")
    await p.sees_text("2 accounts shared")
    await p.shown("done")
    await p.presses("Add another bank")
    await p.sees("Choose your bank")
    await p.chooses_bank(BANK)
    await p.sees(f"You have already connected {BANK}")
    await p.shown("already_connected")
    await p.presses("Repair the existing connection")
    await p.sees("Your bank is connected")


async def test_try_again_in_a_state_that_nobody_knows(scene: Scene) -> None:
    p = scene.person
    await signed_in(p, "unknown-state")
    await p.sees(f"{BANK} answered in an unexpected way")
    await p.shown("try_again")


async def test_cancelling_is_asked_about_and_ends(scene: Scene) -> None:
    p = scene.person
    await at_the_form(p)
    await p.presses("Cancel")
    await expect(p.page.get_by_role("dialog")).to_be_visible()
    await p.shown("cancel")
    await p.presses("Go on")
    await expect(p.page.get_by_role("dialog")).to_have_count(0)
    await p.presses("Cancel")
    await p.presses("Stop")
    await p.sees("You stopped the connection")
    await p.shown("failed-cancelled")
    await p.presses("Start again")
    await p.sees("Choose your bank")


async def test_failed_says_why_and_has_a_way_on(scene: Scene) -> None:
    p = scene.person
    await p.opens()
    await p.chooses_bank("Banque par Pigeon")
    await p.sees("The connection could not be made")
    await p.sees_text("This kind of access is not supported.")
    await p.shown("failed")
    await p.presses("Start again")
    await p.sees("Choose your bank")


async def test_time_runs_out(scene: Scene) -> None:
    p = scene.person
    await at_the_form(p)
    await scene.stage.pass_time(901)
    await p.sees("The time has run out")
    await p.shown("failed-expired")


@pytest.mark.stage(settings=Settings(webauth_state="absent"))
async def test_banks_that_give_no_state_back(scene: Scene) -> None:
    p = scene.person
    await p.opens()
    await p.chooses_bank("Banco del Puente")
    await p.at_the_bank()
    await p.sees("Choose what to share")


async def test_nobody_is_signed_in(scene: Scene) -> None:
    p = scene.person
    await scene.context.add_cookies([{"name": "session", "value": "", "url": p.stage.origin}])
    await p.opens()
    await p.sees("Please sign in again")
    await p.shown("problem-unauthenticated")
    await scene.context.clear_cookies()
    await p.presses("Try again")
    await p.sees("Choose your bank")
