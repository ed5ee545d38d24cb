"""Consent: what the end user approves is activated, that and nothing else, and on record."""

from pathlib import Path

import pytest

from powens_flow import events as e
from powens_flow.errors import EventRefused
from powens_flow.policy import ADD
from powens_flow.simulator import Settings
from powens_flow.testing import Script
from tests.e2e.story import (
    ACCOUNTS,
    ACTIVATE,
    DONE,
    TEST_BANK,
    OpenWorld,
    assert_completed,
    policy,
    run,
    run_until,
    shown,
)

BOTH = """
[[connectors]]
id = 901
uuid = "0f6d1a52-6f8e-5d3c-9a51-9d0c1b2e0901"
name = "Banque et Assurances"
slug = "BEA"
auth_mechanism = "credentials"
capabilities = ["bank", "document"]
account_types = ["checking"]
fields = [
    { name = "login", label = "Identifiant" },
    { name = "password", label = "Mot de passe", type = "password" },
]

[[connectors.sources]]
id = 9011
name = "directaccess"
auth_mechanism = "credentials"
capabilities = ["bank", "document"]
account_types = ["checking"]
accounts = [{ name = "Compte joint", number = "90100001", type = "checking" }]
subscriptions = [{ label = "Assurance auto", number = "9011", subscriber = "Camille Martin" }]
"""


async def test_nothing_is_active_before_the_user_approves(open_world: OpenWorld) -> None:
    w = await open_world()
    _, view = await run_until(w, "choose_accounts", Script())
    (connection,) = w.simulator.connections
    assert all(one.disabled is not None for one in connection.accounts())
    assert [one["active"] for one in view.prompt.content["accounts"]] == [False, False]


async def test_the_accounts_are_shown_as_the_bank_names_them(open_world: OpenWorld) -> None:
    w = await open_world()
    _, view = await run_until(w, "choose_accounts", Script())
    (first, second) = view.prompt.content["accounts"]
    assert (first["name"], first["iban"]) == ("Compte chèque", "FR7630001007941234567890185")
    assert (first["type"], first["usage"], first["balance"]) == ("checking", "PRIV", 7481.01)
    assert (second["number"], second["currency"]) == ("3002900001", "EUR")


async def test_only_what_was_approved_is_activated_and_recorded(open_world: OpenWorld) -> None:
    w = await open_world(policy=policy(consent_wording="consent.2026-01"))
    driver, view = await run_until(w, "choose_accounts", Script())
    chosen = view.prompt.content["accounts"][1]["id"]
    approved_at = w.clock.now()
    end = await driver.owner.send(view.attempt_id, e.ChooseAccounts((chosen,)))
    await assert_completed(w, end, active=("Livret A",))
    assert end.result is not None
    assert end.result.consent is not None
    assert (end.result.consent.at, end.result.consent.wording) == (approved_at, "consent.2026-01")
    assert end.result.consent.accounts == (chosen,)


async def test_several_accounts_are_activated_in_one_call(open_world: OpenWorld) -> None:
    w = await open_world()
    _, end = await run(w, Script())
    await assert_completed(w, end, active=TEST_BANK)
    assert w.simulator.calls[ACTIVATE] == 1


async def test_approving_none_is_an_answer_too(open_world: OpenWorld) -> None:
    w = await open_world()
    _, end = await run(w, Script(accounts="none"))
    assert shown(end) == DONE
    await assert_completed(w, end, active=())
    assert w.simulator.calls[ACTIVATE] == 0
    assert end.result is not None
    assert end.result.consent is not None
    assert end.result.consent.accounts == ()


async def test_approving_none_is_refused_where_the_policy_wants_one(open_world: OpenWorld) -> None:
    w = await open_world(policy=policy(at_least_one=True))
    driver, view = await run_until(w, "choose_accounts", Script())
    assert view.prompt.content["at_least_one"] is True
    with pytest.raises(EventRefused) as refused:
        await driver.owner.send(view.attempt_id, e.ChooseAccounts())
    assert set(refused.value.fields) == {"accounts"}
    assert (refused.value.prompt.kind, refused.value.prompt.message_key) == ACCOUNTS
    await assert_completed(w, await driver.run(await driver.owner.get(view.attempt_id)))


async def test_one_subscription_is_enough_where_the_policy_wants_one(
    open_world: OpenWorld,
) -> None:
    w = await open_world(policy=policy(at_least_one=True))
    driver, view = await run_until(w, "choose_accounts", Script("102"))
    chosen = view.prompt.content["subscriptions"][0]["id"]
    end = await driver.owner.send(view.attempt_id, e.ChooseAccounts((), (chosen,)))
    await assert_completed(w, end, active=("Contrat 4521",))


async def test_a_user_who_is_known_and_approves_nothing_is_done(open_world: OpenWorld) -> None:
    w = await open_world(policy=policy(existing=ADD))
    await run(w, Script())
    _, end = await run(w, Script(accounts="none"))
    assert shown(end) == DONE
    (first, second) = w.simulator.connections
    assert [one.disabled for one in first.accounts()] == [None, None]
    assert None not in [one.disabled for one in second.accounts()]


async def test_accounts_and_subscriptions_of_one_bank_are_activated_together(
    open_world: OpenWorld, tmp_path: Path
) -> None:
    w = await open_world(settings=_with_both(tmp_path))
    _, end = await run(w, Script("901"))
    await assert_completed(w, end, active=("Compte joint", "Assurance auto"))


async def test_new_accounts_and_subscriptions_are_activated_together(
    open_world: OpenWorld, tmp_path: Path
) -> None:
    w = await open_world(settings=_with_both(tmp_path))
    _, first = await run(w, Script("901", accounts="none"))
    assert first.result is not None
    assert first.result.id_connection is not None
    driver = w.driver(Script("901"))
    end = await driver.run(await driver.owner.reconnect(first.result.id_connection))
    assert shown(end) == ("done", "ended.repaired")
    (connection,) = w.simulator.connections
    listed = [*connection.accounts(), *connection.subscriptions()]
    assert [one.disabled for one in listed] == [None, None]


def _with_both(folder: Path) -> Settings:
    file = folder / "connectors.toml"
    file.write_text(BOTH, "utf-8")
    return Settings(connector_files=(file,))


async def test_ids_of_somebody_else_cannot_be_approved(open_world: OpenWorld) -> None:
    w = await open_world()
    await run(w, Script(accounts="none"), owner="owner-2")
    (theirs,) = w.simulator.connections
    foreign = theirs.accounts()[0].id
    driver, view = await run_until(w, "choose_accounts", Script())
    with pytest.raises(EventRefused) as refused:
        await driver.owner.send(view.attempt_id, e.ChooseAccounts((foreign,), (1,)))
    assert set(refused.value.fields) == {"accounts", "subscriptions"}
    assert all(one.disabled is not None for one in theirs.accounts())


async def test_what_holders_own_leaves_the_snapshot_at_the_end(open_world: OpenWorld) -> None:
    w = await open_world()
    driver, view = await run_until(w, "choose_accounts", Script())
    await driver.run(view)
    attempt = await w.store.load(view.attempt_id)
    assert attempt is not None
    assert [(one.name, one.number, one.iban) for one in attempt.accounts] == [(None,) * 3] * 2
    assert attempt.user is None
    rows = await w.engine.history(view.attempt_id)
    assert "FR7630001007941234567890185" not in f"{rows!r}"
