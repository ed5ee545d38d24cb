"""The scripted end user."""

from collections.abc import AsyncIterator

import pytest

from powens_flow import events as e
from powens_flow.policy import CHAIN, Policy
from powens_flow.testing import REDIRECT_URI, Script, World, world
from powens_flow.view import View


@pytest.fixture
async def here() -> AsyncIterator[World]:
    async with world() as made:
        yield made


async def test_it_answers_every_prompt_and_remembers_them(here: World) -> None:
    driver = here.driver(Script(login="sms"))
    end = await driver.run()
    assert end.state == "completed"
    assert driver.prompts == [
        ("choose_connector", "connector.choose"),
        ("fill_in_fields", "values.needed"),
        ("fill_in_fields", "state.additionalInformationNeeded"),
        ("choose_accounts", "accounts.choose"),
        ("done", "ended.completed"),
    ]
    assert driver.steps[-1].view == end
    assert [type(step.event) for step in driver.steps[:2]] == [e.ChooseConnector, e.SubmitValues]


async def test_it_lets_time_pass_where_time_is_waited_for(here: World) -> None:
    before = here.clock.now()
    driver = here.driver(Script(login="decoupled-3"))
    assert (await driver.run()).state == "completed"
    assert ("approve_on_device", "state.decoupled") in driver.prompts
    assert here.clock.now() > before


@pytest.mark.parametrize(("bank", "state"), [("approve", "completed"), ("refuse", "cancelled")])
async def test_it_goes_to_the_banks_page(here: World, bank: str, state: str) -> None:
    giving_up = {"webauth.refused": e.Cancel()}
    driver = here.driver(Script(connector="160", bank=bank, answers=giving_up))  # type: ignore[arg-type]  # by name
    assert (await driver.run()).state == state
    assert ("open_url", "webauth.open") in driver.prompts


@pytest.mark.parametrize(
    ("accounts", "approved"), [("all", 2), ("none", 0), ((), 0), ((999_999,), 0)]
)
async def test_it_approves_the_accounts_it_is_told_to(
    here: World, accounts: object, approved: int
) -> None:
    end = await here.driver(Script(accounts=accounts)).run()  # type: ignore[arg-type]  # by name
    assert end.result is not None
    assert len(end.result.accounts) == approved


async def test_it_adds_as_many_of_the_offered_sources_as_it_is_told_to(here: World) -> None:
    end = await here.driver(Script(connector="150", further=1)).run()
    assert end.result is not None
    assert end.result.sources == ("directaccess", "fallback")


async def test_a_source_may_have_its_own_login(here: World) -> None:
    policy = Policy(sources=CHAIN, redirect_uri=REDIRECT_URI)
    script = Script(connector="63", logins={"directaccess": "sms"})
    driver = here.driver(script, policy=policy)
    end = await driver.run()
    assert end.state == "completed"
    assert [key for _, key in driver.prompts].count("state.additionalInformationNeeded") == 1


async def test_an_answer_can_be_replaced_by_key_or_kind(here: World) -> None:
    answers = {"choose_connector": {"type": "choose_connector", "connector": 40}}
    cancelling = {"values.needed": e.Cancel()}
    driver = here.driver(Script(connector="nobody", answers={**answers, **cancelling}))
    assert (await driver.run()).state == "cancelled"


async def test_a_list_of_answers_is_used_up_one_by_one(here: World) -> None:
    asked: list[str] = []

    def wrong_first(view: View) -> e.Event:
        asked.append(view.prompt.kind)
        return e.ChooseConnector("120")  # hidden, so it is asked again

    driver = here.driver(Script(answers={"connector.choose": [wrong_first]}))
    assert (await driver.run()).state == "completed"
    assert asked == ["choose_connector"]
    assert driver.prompts[0] == ("choose_connector", "connector.choose")
    assert driver.steps[1].view.prompt.error is not None


async def test_it_stops_where_it_is_told_to_and_goes_on_from_there(here: World) -> None:
    driver = here.driver(Script(login="sms"))
    view = await driver.until("state.additionalInformationNeeded")
    assert view.prompt.kind == "fill_in_fields"
    assert (await driver.run(view)).state == "completed"


async def test_what_never_comes_is_said(here: World) -> None:
    with pytest.raises(RuntimeError, match="none of"):
        await here.driver().until("open_url")


async def test_an_attempt_without_end_is_said(here: World) -> None:
    endless = {"fill_in_fields": lambda view: e.ChooseAnotherConnector()}
    driver = here.driver(Script(answers=endless), longest=9)
    with pytest.raises(RuntimeError, match="goes on and on"):
        await driver.run()


async def test_two_users_are_two_owners(here: World) -> None:
    ends = [await here.driver(owner=owner).run() for owner in ("owner-1", "owner-2")]
    users = {end.result.id_user for end in ends if end.result is not None}
    assert len(users) == 2


async def test_no_step_shows_what_was_typed(here: World) -> None:
    driver = here.driver(Script(login="camille", values={"password": "S3cr3t"}))
    await driver.run()
    assert "S3cr3t" not in repr(driver.steps)
