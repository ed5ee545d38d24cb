"""An existing connection: which source is failing, its consent, what is new in it."""

import pytest
from attrs import evolve

from powens_flow.api import errors as api
from powens_flow.api import models as m
from powens_flow.attempt import Account, Problem, Subscription, User
from tests.decisions.made import attempt, with_fates
from tests.handlers.told import after, connection, source, told

KEPT = User(7, "sealed", permanent=True, kept=True)
REPAIRING = attempt(machine="reconnect", user=KEPT, id_connection=12)


async def test_the_vaults_user_is_needed() -> None:
    outcome, _ = await told("find_user", evolve(REPAIRING, user=None), {"kept_user": KEPT})
    assert (outcome.kind, outcome.changes) == ("done", {"user": KEPT})
    assert outcome.facts == {"user": 7}
    outcome, _ = await told("find_user", evolve(REPAIRING, user=None), {"kept_user": None})
    assert (outcome.kind, outcome.problem) == ("rejected", Problem("user.unknown"))


async def test_a_connection_that_is_fine_needs_nothing() -> None:
    fine = connection(None, source(), source("openapi", id=32))
    outcome, _ = await told("check_connection", REPAIRING, {"connection": fine})
    assert (outcome.kind, outcome.facts) == ("done", {"state": None})
    assert outcome.changes["present_sources"] == ("directaccess", "openapi")


async def test_failing_sources_are_mended_one_after_the_other() -> None:
    failing = connection(
        "bug",
        source("fallback", "wrongpass", id=33),
        source("openapi", "webauthRequired", id=32),
        source("directaccess", "bug", id=31, disabled=True),
    )
    outcome, _ = await told("check_connection", REPAIRING, {"connection": failing})
    assert outcome.kind == "interaction_needed"
    assert outcome.facts == {"source": "openapi", "state": "webauthRequired"}
    made = with_fates(after(REPAIRING, outcome), openapi="unusable")
    assert (made.source, made.source_id) == ("openapi", 32)
    outcome, _ = await told("check_connection", made, {"connection": failing})
    assert outcome.facts["source"] == "fallback"
    made = with_fates(made, openapi="unusable", fallback="added")
    outcome, _ = await told("check_connection", made, {"connection": failing})
    assert outcome.kind == "done"


async def test_a_connection_without_sources_is_mended_as_a_whole() -> None:
    outcome, _ = await told("check_connection", REPAIRING, {"connection": connection("bug")})
    assert outcome.facts == {"source": "", "state": "bug"}


@pytest.mark.parametrize("uuid", [None, "uuid-40"])
async def test_its_connector_is_read_once(uuid: str | None) -> None:
    bank = m.Connector(id=40, uuid="uuid-40", name="Banque")
    unknown = evolve(REPAIRING, connector=None)
    answers = {"connection": connection(connector_uuid=uuid), "connector": bank}
    outcome, context = await told("check_connection", unknown, answers)
    assert context.made[-1] == ("connector", {"ref": uuid or "40"})
    assert outcome.changes["connector"].name == "Banque"
    _, context = await told("check_connection", REPAIRING, {"connection": connection()})
    assert context.names == ["connection"]


async def test_a_connector_that_is_gone_hinders_nothing() -> None:
    unknown = evolve(REPAIRING, connector=None)
    answers = {"connection": connection(None, source()), "connector": api.Gone()}
    outcome, _ = await told("check_connection", unknown, answers)
    assert outcome.kind == "done"
    assert "connector" not in outcome.changes


async def test_a_consent_is_renewed_once() -> None:
    outcome, _ = await told(
        "refresh_consent", REPAIRING, {"refresh_auth": connection("SCARequired")}
    )
    assert (outcome.kind, outcome.facts) == ("done", {"state": "SCARequired"})
    lost = {"refresh_auth": api.OutcomeUnknown(may_have_acted=True)}
    assert (await told("refresh_consent", REPAIRING, lost))[0].kind == "unknown"
    outcome, context = await told("refresh_consent", REPAIRING, recovering=True)
    assert (outcome.kind, context.made) == ("unknown", [])


async def test_only_what_is_disabled_still_is_new() -> None:
    answers = {
        "accounts": (m.Account(1), m.Account(2, disabled=True)),
        "subscriptions": (m.Subscription(8, disabled=True), m.Subscription(9)),
    }
    outcome, _ = await told("list_new_accounts", REPAIRING, answers)
    made = after(REPAIRING, outcome)
    assert (made.accounts, made.subscriptions) == ((Account(2),), (Subscription(8),))
    assert (outcome.facts["accounts"], outcome.facts["subscriptions"]) == (1, 1)
