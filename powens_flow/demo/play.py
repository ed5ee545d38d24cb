"""Plays one scenario, step by step, and tells of it."""

import time

from powens_flow.api import PowensClient
from powens_flow.demo.narration import Narrator
from powens_flow.demo.report import Report, report_of
from powens_flow.demo.scenario import Scenario
from powens_flow.demo.stage import Stage
from powens_flow.testing import Driver
from powens_flow.testing.driver import ENDS
from powens_flow.vault import PermanentUser, Vault
from powens_flow.view import View

LONGEST = 200
"""Prompts after which an attempt that does not end is left alone."""


async def play(stage: Stage, scenario: Scenario, narrator: Narrator) -> Report:
    """The scenario's attempt, from its start to its end.

    An attempt that does not end is reported where it stands, as a fault.
    """
    owner = stage.owner(scenario.name)
    id_user = await _returning(stage.api, stage.vault, owner) if scenario.returning else None
    driver = Driver(stage.engine, stage.clock, scenario.script, owner=owner, policy=scenario.policy)
    narrator.begins(scenario)
    begun = time.perf_counter()
    views = await _played(stage, driver, narrator)
    seconds = time.perf_counter() - begun
    attempt = await stage.store.load(views[-1].attempt_id)
    assert attempt is not None, "it was driven a moment ago"
    rows = await stage.engine.history(attempt.id)
    return report_of(scenario, attempt, rows, views=views, id_user=id_user, seconds=seconds)


async def _returning(api: PowensClient, vault: Vault, owner: str) -> int:
    """Give the owner a permanent user, as an earlier attempt would have left it."""
    made = await api.init_user(permanent=True)
    await vault.put(owner, PermanentUser(made.id_user, made.auth_token))
    return made.id_user


async def _played(stage: Stage, driver: Driver, narrator: Narrator) -> list[View]:
    """All views of the attempt, the last one last."""
    views = [await driver.owner.start(policy=driver.policy)]
    while views[-1].prompt.kind not in ENDS and len(views) < LONGEST:
        await stage.engine.settled()
        views.append(await _step(stage, driver, narrator, views[-1]))
    await stage.engine.settled()
    narrator.shows(views[-1], stage.clock.now())
    return views


async def _step(stage: Stage, driver: Driver, narrator: Narrator, view: View) -> View:
    narrator.shows(view, stage.clock.now())
    event = await driver.answer(view)
    narrator.answers(event)
    if event is None:
        return await driver.wait(view)
    return await driver.owner.send(view.attempt_id, event)
