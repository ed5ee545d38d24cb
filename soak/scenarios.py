"""The attempts that are crashed: one for each kind of step that could be lost or done twice."""

from collections.abc import Mapping
from typing import Any

from attrs import field, frozen

from powens_flow.events import Cancel
from powens_flow.policy import CHAIN, Policy
from powens_flow.testing import REDIRECT_URI, Script

OFFER = Policy(redirect_uri=REDIRECT_URI)


@frozen
class Scenario:
    """One attempt, and how it ends when nothing crashes.

    `returning`: the owner has added connector 40 before, and is a permanent user. `reconnects`:
    that connection is repaired, from `found`, what `Simulator.set_state` is given.
    """

    name: str
    script: Script
    end: str = "completed"
    policy: Policy = OFFER
    returning: bool = False
    reconnects: bool = False
    found: Mapping[str, Any] = field(factory=dict)


SCENARIOS: Mapping[str, Scenario] = {
    one.name: one
    for one in (
        Scenario("credentials", Script("40", "camille")),
        Scenario("code", Script("40", "sms-wrong")),
        Scenario("refused", Script("40", "wrongpass-once")),
        Scenario("device", Script("40", "sca-decoupled-1")),
        Scenario("bank_page", Script("160")),
        Scenario("two_sources", Script("59", further=1)),
        Scenario(
            "chain",
            Script("63", values={"password": "123456"}),
            policy=Policy(sources=CHAIN, redirect_uri=REDIRECT_URI),
        ),
        Scenario("documents", Script("102")),
        Scenario(
            "cancelled",
            Script("40", "camille", answers={"choose_accounts": Cancel()}),
            end="cancelled",
        ),
        Scenario(
            "second_bank_cancelled",
            Script("59", answers={"choose_accounts": Cancel()}),
            end="cancelled",
            returning=True,
        ),
        Scenario(
            "repair",
            Script("40"),
            returning=True,
            reconnects=True,
            found={"state": "additionalInformationNeeded"},
        ),
    )
}
