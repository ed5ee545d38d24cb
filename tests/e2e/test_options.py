"""The guide's three ways to handle several sources, with one, two and three of them."""

from collections.abc import Mapping

import pytest

from powens_flow import events as e
from powens_flow.testing import Script, World
from tests.e2e.story import (
    ACCOUNTS,
    ACTIVATE,
    CHOOSE,
    DONE,
    FAILED,
    FILL_IN,
    SUBMIT,
    TEST_BANK,
    UPDATE,
    OpenWorld,
    assert_completed,
    assert_nothing_left,
    errors,
    policy,
    run,
    run_until,
    shown,
)

PAGE = ("open_url", "webauth.open")
PASSWORDS = {"password": "123456"}
"""The three-source bank wants six digits."""

STEPS = {"credentials": [FILL_IN], "webauth": [PAGE], "list": [FILL_IN, PAGE]}
"""What the user is asked for a source of that mechanism; `list` is webauth after a field."""

ONE = {
    "40": ("directaccess", "credentials", TEST_BANK),
    "140": ("", "credentials", ("PEE",)),
    "160": ("openapi", "webauth", ("Cuenta corriente",)),
    "71": ("openapi", "list", ("Compte Eurocompte", "Livret Bleu", "Compte professionnel")),
}
"""Connectors of one source: its name, what is asked, its accounts. 140 has no sources at all."""

SEVERAL: Mapping[str, list[tuple[str, str, tuple[str, ...]]]] = {
    "59": [
        ("directaccess", "credentials", ("Livret Développement durable", "Compte titres")),
        ("openapi", "webauth", ("Compte courant", "Carte Premier")),
    ],
    "150": [
        ("directaccess", "credentials", ("Compte joint",)),
        ("fallback", "credentials", ("Livret Horizon",)),
    ],
    "63": [
        ("openapi", "webauth", ("Compte de dépôt",)),
        ("directaccess", "credentials", ("Livret Jeune", "Plan épargne logement")),
        ("fallback", "credentials", ("Assurance vie",)),
    ],
}
"""Connectors of two and three sources, in order of priority."""


def _activations(w: World) -> int:
    return w.simulator.calls[ACTIVATE]


@pytest.mark.parametrize("sources", ["offer", "restrict", "chain"])
@pytest.mark.parametrize("connector", ONE)
async def test_with_one_source_each_option_adds_it(
    open_world: OpenWorld, sources: str, connector: str
) -> None:
    name, mechanism, active = ONE[connector]
    w = await open_world(policy=policy(sources=sources))
    driver, end = await run(w, Script(connector, further=1))
    assert driver.prompts == [CHOOSE, *STEPS[mechanism], ACCOUNTS, DONE]
    assert driver.steps[-2].view.prompt.content["offered"] == []
    await assert_completed(w, end, sources=(name,) if name else (), active=active)
    assert _activations(w) == 1


@pytest.mark.parametrize("connector", SEVERAL)
async def test_offer_adds_the_first_source_and_offers_the_next(
    open_world: OpenWorld, connector: str
) -> None:
    w = await open_world(policy=policy(sources="offer"))
    first, *others = SEVERAL[connector]
    driver, view = await run_until(w, "choose_accounts", Script(connector, values=PASSWORDS))
    assert driver.prompts == [CHOOSE, *STEPS[first[1]]]
    assert [one["name"] for one in view.prompt.content["accounts"]] == list(first[2])
    assert [one["name"] for one in view.prompt.content["offered"]] == [one[0] for one in others]
    end = await driver.run(view)
    await assert_completed(w, end, sources=(first[0],), active=first[2])


@pytest.mark.parametrize("connector", SEVERAL)
async def test_offer_adds_as_many_sources_as_the_user_wants_then_activates_once(
    open_world: OpenWorld, connector: str
) -> None:
    w = await open_world(policy=policy(sources="offer"))
    rows = SEVERAL[connector]
    driver, end = await run(w, Script(connector, values=PASSWORDS, further=len(rows) - 1))
    told = [CHOOSE]
    for _, mechanism, _ in rows:
        told += [*STEPS[mechanism], ACCOUNTS]
    assert driver.prompts == [*told, DONE]
    await assert_completed(
        w,
        end,
        sources=[name for name, _, _ in rows],
        active=[account for _, _, accounts in rows for account in accounts],
    )
    assert _activations(w) == 1


@pytest.mark.parametrize("connector", SEVERAL)
async def test_chain_adds_every_source_before_the_accounts_are_shown(
    open_world: OpenWorld, connector: str
) -> None:
    w = await open_world(policy=policy(sources="chain"))
    rows = SEVERAL[connector]
    driver, end = await run(w, Script(connector, values=PASSWORDS))
    told = [CHOOSE]
    for _, mechanism, _ in rows:
        told += [step for step in STEPS[mechanism] if step != told[-1]]
    assert driver.prompts == [*told, ACCOUNTS, DONE]
    assert driver.steps[-2].view.prompt.content["offered"] == []
    await assert_completed(
        w,
        end,
        sources=[name for name, _, _ in rows],
        active=[account for _, _, accounts in rows for account in accounts],
    )
    assert _activations(w) == 1


RESTRICTED = [
    ("59", ("checking",), [1]),
    ("59", ("savings",), [0]),
    ("59", ("loan", "card"), [0, 1]),
    ("63", ("savings",), [1]),
    ("63", ("checking", "lifeinsurance"), [0, 2]),
    ("63", ("checking", "savings", "market"), [0, 1, 2]),
]


@pytest.mark.parametrize(("connector", "types", "wanted"), RESTRICTED)
async def test_restrict_adds_only_the_sources_that_give_the_account_types(
    open_world: OpenWorld, connector: str, types: tuple[str, ...], wanted: list[int]
) -> None:
    w = await open_world(policy=policy(sources="restrict", account_types=types))
    rows = [SEVERAL[connector][place] for place in wanted]
    driver, end = await run(w, Script(connector, values=PASSWORDS, further=3))
    told = [CHOOSE]
    for _, mechanism, _ in rows:
        told += [step for step in STEPS[mechanism] if step != told[-1]]
    assert driver.prompts == [*told, ACCOUNTS, DONE]
    assert driver.steps[-2].view.prompt.content["offered"] == []
    await assert_completed(
        w,
        end,
        sources=[name for name, _, _ in rows],
        active=[account for _, _, accounts in rows for account in accounts],
    )


async def test_restrict_adds_by_account_usage_too(open_world: OpenWorld) -> None:
    w = await open_world(policy=policy(sources="restrict", account_usages=("ORGA",)))
    view = await w.engine.for_owner("owner-1").start()
    page = await w.engine.for_owner("owner-1").connectors(view.attempt_id)
    assert [one["id"] for one in page.connectors] == [71]


async def test_a_disabled_source_is_never_touched(open_world: OpenWorld) -> None:
    w = await open_world(policy=policy(sources="chain"))
    driver, end = await run(w, Script("110"))
    assert driver.prompts == [CHOOSE, FILL_IN, ACCOUNTS, DONE]
    await assert_completed(w, end, active=("Compte courant",))


async def test_an_unknown_mechanism_is_unsupported_and_said_so(open_world: OpenWorld) -> None:
    w = await open_world()
    driver, end = await run(w, Script("130"))
    assert driver.prompts == [CHOOSE, FAILED]
    assert shown(end) == FAILED
    assert errors(driver) == ["source.unsupported_mechanism"]
    await assert_nothing_left(w)


async def test_a_document_provider_gives_subscriptions(open_world: OpenWorld) -> None:
    w = await open_world()
    driver, view = await run_until(w, "choose_accounts", Script("102"))
    assert view.prompt.content["accounts"] == []
    assert [one["label"] for one in view.prompt.content["subscriptions"]] == [
        "Contrat 4521",
        "Contrat 4522",
    ]
    end = await driver.run(view)
    await assert_completed(w, end, active=("Contrat 4521", "Contrat 4522"))
    assert _activations(w) == 0
    assert end.result is not None
    assert len(end.result.subscriptions) == 2


@pytest.mark.parametrize("sources", ["offer", "chain"])
async def test_a_further_source_is_added_to_the_same_connection(
    open_world: OpenWorld, sources: str
) -> None:
    w = await open_world(policy=policy(sources=sources))
    _, end = await run(w, Script("150", further=1))
    await assert_completed(
        w, end, sources=("directaccess", "fallback"), active=("Compte joint", "Livret Horizon")
    )
    assert (w.simulator.calls[SUBMIT], w.simulator.calls[UPDATE]) == (1, 1)


async def test_only_the_fields_of_the_source_are_asked_less_those_answered(
    open_world: OpenWorld,
) -> None:
    w = await open_world(policy=policy(sources="chain"))
    driver, view = await run_until(w, "fill_in_fields", Script("150"))
    assert [one["name"] for one in view.prompt.content["fields"]] == ["login", "password"]
    second = await driver.step(view)
    assert second.prompt.source == "fallback"
    assert [one["name"] for one in second.prompt.content["fields"]] == ["savings_password"]


async def test_fields_of_sources_already_added_are_left_out(open_world: OpenWorld) -> None:
    w = await open_world(policy=policy(sources="chain"))
    driver, _ = await run(w, Script("63", values=PASSWORDS))
    asked = [
        [one["name"] for one in step.view.prompt.content["fields"]]
        for step in driver.steps
        if step.view.prompt.kind == "fill_in_fields"
    ]
    assert asked == [["login", "password"], ["wealth_login", "wealth_password"]]


# --- choosing the source, where the policy says so ----------------------------------------------


async def test_the_user_chooses_the_source_only_where_the_policy_says_so(
    open_world: OpenWorld,
) -> None:
    w = await open_world(policy=policy(sources="chain", choose_source=True))
    driver, view = await run_until(w, "choose_source", Script("63", values=PASSWORDS))
    assert shown(view) == ("choose_source", "source.choose")
    assert [one["name"] for one in view.prompt.content["sources"]] == [
        "openapi",
        "directaccess",
        "fallback",
    ]
    view = await driver.owner.send(view.attempt_id, e.ChooseSource("openapi"))
    view = await driver.until("choose_source", view=view)
    assert [one["name"] for one in view.prompt.content["sources"]] == ["directaccess", "fallback"]
    end = await driver.run(view)
    assert end.result is not None
    assert end.result.sources == ("openapi", "directaccess", "fallback")


async def test_one_source_alone_is_not_asked_for(open_world: OpenWorld) -> None:
    w = await open_world(policy=policy(choose_source=True))
    driver, end = await run(w, Script("40"))
    assert driver.prompts == [CHOOSE, FILL_IN, ACCOUNTS, DONE]
    await assert_completed(w, end)


async def test_choosing_a_later_source_passes_over_the_earlier_ones(open_world: OpenWorld) -> None:
    w = await open_world(policy=policy(sources="chain", choose_source=True))
    driver, view = await run_until(w, "choose_source", Script("63", values=PASSWORDS))
    view = await driver.owner.send(view.attempt_id, e.ChooseSource("directaccess"))
    assert view.prompt.source == "directaccess"
    end = await driver.run(view)
    await assert_completed(
        w,
        end,
        sources=("directaccess", "fallback"),
        active=("Livret Jeune", "Plan épargne logement", "Assurance vie"),
    )


async def test_an_offered_source_can_be_named_but_an_earlier_one_no_more(
    open_world: OpenWorld,
) -> None:
    w = await open_world(policy=policy(sources="offer"))
    driver, view = await run_until(w, "choose_accounts", Script("63", values=PASSWORDS))
    view = await driver.owner.send(view.attempt_id, e.AddSource("fallback"))
    assert view.prompt.source == "fallback"
    view = await driver.until("choose_accounts", view=view)
    assert view.prompt.content["offered"] == []
    assert "add_source" not in view.prompt.accepts
    end = await driver.run(view)
    await assert_completed(
        w, end, sources=("openapi", "fallback"), active=("Compte de dépôt", "Assurance vie")
    )
