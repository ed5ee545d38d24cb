"""Attempts that the demo leaves under way in a kept store, so that there is something to look at.

They have no end, so they are no scenarios: nothing is reported of them.
"""

from collections.abc import Sequence
from typing import Final

from attrs import frozen

from powens_flow.demo.narration import Narrator
from powens_flow.demo.scenario import Scenario
from powens_flow.demo.stage import Stage
from powens_flow.testing import Driver, Script
from powens_flow.view import View


@frozen
class Parked:
    """An attempt that stays where the prompt of the message key `until` is shown."""

    scenario: Scenario
    until: str


PARKED: Final[Sequence[Parked]] = (
    Parked(
        Scenario(
            "left-approving",
            "left under way: the approval in the bank's app is waited for",
            Script(login="decoupled-never"),
        ),
        until="state.decoupled",
    ),
    Parked(
        Scenario(
            "left-at-sms", "left under way: the code by SMS is waited for", Script(login="sms")
        ),
        until="state.additionalInformationNeeded",
    ),
    Parked(
        Scenario(
            "left-stuck",
            "left under way: a state that nobody has heard of, somebody has to decide",
            Script(login="unknown-state"),
        ),
        until="state.unknown",
    ),
)


async def park(stage: Stage, parked: Parked, narrator: Narrator) -> View:
    """Carry the attempt to where it stays; answers what its user is shown there."""
    scenario = parked.scenario
    narrator.begins(scenario)
    owner = stage.owner(scenario.name)
    driver = Driver(stage.engine, stage.clock, scenario.script, owner=owner, policy=scenario.policy)
    view = await driver.until(parked.until)
    await stage.engine.settled()
    narrator.shows(view, stage.clock.now())
    return view
