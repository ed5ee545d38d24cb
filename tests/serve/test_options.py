"""A person gets through each of the three options, over HTTP, as a browser would."""

import asyncio

import pytest

from benchmarks.load.person import Person, Plan
from powens_flow.config import Configuration
from powens_flow.policy import Policy
from tests.serve.conftest import Serve

THREE_SOURCES = "63"


async def at_once() -> None:
    """Nobody thinks here."""
    await asyncio.sleep(0)


@pytest.mark.parametrize(
    ("plan", "sources", "accounts"),
    [
        (Plan("40", sources="offer"), ["directaccess"], 2),
        (
            Plan(THREE_SOURCES, sources="offer", further=2),
            ["openapi", "directaccess", "fallback"],
            4,
        ),
        (Plan(THREE_SOURCES, sources="restrict"), ["directaccess"], 2),
        (Plan(THREE_SOURCES, sources="chain"), ["openapi", "directaccess", "fallback"], 4),
    ],
    ids=["offer, one source", "offer", "restrict", "chain"],
)
async def test_a_person_gets_through(
    served: Serve, plan: Plan, sources: list[str], accounts: int
) -> None:
    here = await served()
    end = await Person(here.address, plan, at_once).run()
    assert end["state"] == "completed"
    assert end["result"]["sources"] == sources
    assert len(end["result"]["accounts"]) == accounts


@pytest.mark.parametrize("login", ["sms", "wrongpass-once", "sca-webauth", "action-needed"])
async def test_the_logins_that_are_worth_a_try_lead_through(served: Serve, login: str) -> None:
    here = await served()
    end = await Person(here.address, Plan("40", login=login), at_once).run()
    assert end["state"] == "completed"


async def test_an_option_for_everybody_cannot_be_chosen_away(served: Serve) -> None:
    here = await served(sources="chain")
    end = await Person(here.address, Plan(THREE_SOURCES, sources="restrict"), at_once).run()
    assert end["result"]["sources"] == ["openapi", "directaccess", "fallback"]


async def test_a_configured_policy_is_the_simulators_too(served: Serve) -> None:
    policy = Policy(connectors=("40",), at_least_one=True)
    here = await served(Configuration(port=0, policy=policy))
    end = await Person(here.address, Plan("40"), at_once).run()
    assert end["state"] == "completed"
