"""An end user with patience, but not without end: tries again a few times, then cancels."""

from collections import Counter
from typing import Any

import aiohttp

from powens_flow import events as e
from powens_flow.api import PowensError
from powens_flow.prompts import Prompt
from powens_flow.testing import Driver
from powens_flow.view import View

PATIENCE = 3
"""How often one prompt is answered before the user gives up."""

LOOKS_UP = 30.0
"""Seconds until the user looks again, when they could do nothing."""

WAITED_FOR = ("wait", "approve_on_device", "working")


class EndUser(Driver):
    """A scripted end user who also meets faults; `submitted` counts the values that they sent.

    With `closes_tab` they approve at the bank, and never come back from there.
    """

    def __init__(self, *given: Any, closes_tab: bool = False, **options: Any) -> None:
        super().__init__(*given, longest=600, **options)
        self.submitted = 0
        self._closes_tab = closes_tab
        self._answered: Counter[tuple[str, str]] = Counter()

    async def step(self, view: View) -> View:
        """Answer one prompt; what the API cannot do for the user now they try again."""
        if view.prompt.kind in WAITED_FOR:
            return await super().step(view)
        if self._has_given_up(view.prompt):
            return await self.owner.send(view.attempt_id, e.Cancel())
        try:
            event = await self.answer(view)
        except PowensError:
            event = None
        if event is None:
            return await self._let_pass(LOOKS_UP, view)
        self.submitted += isinstance(event, e.SubmitValues)
        return await self.owner.send(view.attempt_id, event)

    async def _let_pass(self, seconds: float, view: View) -> View:
        self.clock.advance(seconds)
        await self.engine.tick()
        await self.engine.settled(within=1.0)
        return await self.owner.get(view.attempt_id)

    def _has_given_up(self, prompt: Prompt) -> bool:
        self._answered[prompt.kind, prompt.message_key] += 1
        return self._answered[prompt.kind, prompt.message_key] > PATIENCE

    async def _choose_connector(self, view: View) -> e.Event:
        """Looks for the bank in the list first, as a UI does."""
        await self.owner.connectors(view.attempt_id, "")
        return await super()._choose_connector(view)

    async def _open_url(self, view: View) -> e.Event | None:  # type: ignore[override]
        """A page that does not open, or a tab that is closed, brings nothing back."""
        try:
            event = await super()._open_url(view)
        except (RuntimeError, ValueError, aiohttp.ClientError):
            return None
        return None if self._closes_tab else event
