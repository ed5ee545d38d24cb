"""Which fields a form asks for, when a source's form was not all that was asked, or was refused."""

from pathlib import Path

from powens_flow import events as e
from powens_flow.simulator import Settings
from powens_flow.testing import Script
from powens_flow.view import View
from tests.e2e.story import (
    OpenWorld,
    assert_completed,
    policy,
    run_until,
)

CHAIN = policy(sources="chain")

BANKS = Path(__file__).parents[1] / "banks.toml"
"""510: a page and then a form share fields; 511: two forms do."""


def names(view: View) -> list[str]:
    """The fields of the form that is shown."""
    return [one["name"] for one in view.prompt.content["fields"]]


async def test_what_a_form_asked_for_is_answered_whatever_the_bank_asked_since(
    open_world: OpenWorld,
) -> None:
    w = await open_world(policy=CHAIN)
    for login in ("1:sms", "1:wrongpass-later", "1:sms+decoupled-1"):
        driver, view = await run_until(w, "values.needed", Script("150", login=login), owner=login)
        assert names(view) == ["login", "password"]
        second = await driver.until("values.needed", view=await driver.step(view))
        assert (second.prompt.source, names(second)) == ("fallback", ["savings_password"])
        await driver.owner.send(second.attempt_id, e.Cancel())


async def test_a_field_that_the_banks_page_could_not_ask_for_is_asked_of_the_next_source(
    open_world: OpenWorld,
) -> None:
    w = await open_world(settings=Settings(connector_files=(BANKS,)), policy=CHAIN)
    driver, page = await run_until(w, "values.needed", Script("510"))
    assert (names(page), page.prompt.content["sealed"]) == (["website"], False)
    form = await driver.until("values.needed", view=await driver.step(page))
    assert (form.prompt.source, names(form)) == ("directaccess", ["login", "password"])
    await assert_completed(
        w, await driver.run(form), sources=("openapi", "directaccess"), active=("A", "B")
    )
