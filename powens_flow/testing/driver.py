"""Answers prompts from a script, and moves the clock while the attempt waits."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import aiohttp
from attrs import frozen

from powens_flow import events as e
from powens_flow.engine import Engine
from powens_flow.policy import Policy
from powens_flow.simulator import at_the_bank
from powens_flow.testing.clock import ManualClock
from powens_flow.testing.script import Answer, Script
from powens_flow.view import View

ENDS = ("done", "failed")
CODE_WORDS = ("code", "otp", "sms")


@frozen
class Step:
    """A prompt that was shown, and the event that answered it; None: time was let pass."""

    view: View
    event: e.Event | None


class Driver:
    """One scripted end user on one engine.

    With a `ManualClock` waiting costs no time. `steps` holds what was seen and done.
    """

    def __init__(
        self,
        engine: Engine,
        clock: ManualClock,
        script: Script,
        *,
        owner: str = "owner-1",
        policy: Policy | None = None,
        longest: int = 120,
    ) -> None:
        if not isinstance(script, Script):
            raise TypeError(f"script must be a Script(...), not {type(script).__name__}")
        self.engine = engine
        self.clock = clock
        self.script = script
        self.owner = engine.for_owner(owner)
        self.policy = policy
        self.steps: list[Step] = []
        self._longest = longest
        self._further = script.further
        self._answers = {
            key: list(answer) if isinstance(answer, list) else answer
            for key, answer in script.answers.items()
        }

    async def run(self, view: View | None = None) -> View:
        """From the start, or from `view`, to the end; answers the last view.

        Raises:
            RuntimeError: the attempt does not end.
        """
        view = view or await self.owner.start(policy=self.policy)
        for _ in range(self._longest):
            if view.prompt.kind in ENDS:
                self.steps.append(Step(view, None))
                return view
            view = await self.step(view)
        raise RuntimeError(f"the attempt goes on and on: {view.state}")

    async def until(self, *keys: str, view: View | None = None) -> View:
        """From the start, or from `view`, until a prompt of one of these kinds or message keys.

        Raises:
            RuntimeError: the attempt ends, or goes on and on, without one.
        """
        view = view or await self.owner.start(policy=self.policy)
        for _ in range(self._longest):
            if view.prompt.kind in keys or view.prompt.message_key in keys:
                return view
            if view.prompt.kind in ENDS:
                break
            view = await self.step(view)
        raise RuntimeError(f"none of {keys} came: {view.state}")

    async def step(self, view: View) -> View:
        """Answer one prompt, or let time pass."""
        event = await self.answer(view)
        self.steps.append(Step(view, event))
        if event is None:
            return await self.wait(view)
        return await self.owner.send(view.attempt_id, event)

    async def wait(self, view: View) -> View:
        """Let time pass until something is due, and let the engine take it up."""
        due = view.prompt.content.get("next_look") or view.prompt.until
        moment = datetime.fromisoformat(due) if isinstance(due, str) else due
        if moment is not None:
            self.clock.advance_to(moment)
        else:
            self.clock.advance(1.0)
        await self.engine.tick()
        await self.engine.settled(within=1.0)
        return await self.owner.get(view.attempt_id)

    async def answer(self, view: View) -> e.Event | None:
        """The event that answers the prompt; None for one that is only waited for."""
        scripted = self._scripted(view)
        if scripted is not None:
            return scripted
        return await getattr(self, f"_{view.prompt.kind}")(view)  # type: ignore[no-any-return]  # one method for each kind

    @property
    def prompts(self) -> list[tuple[str, str]]:
        """Kind and message key of each prompt that was shown, repetitions left out."""
        seen: list[tuple[str, str]] = []
        for step in self.steps:
            key = (step.view.prompt.kind, step.view.prompt.message_key)
            if not seen or seen[-1] != key:
                seen.append(key)
        return seen

    # --- one answer for each kind of prompt ------------------------------------------------------

    def _scripted(self, view: View) -> e.Event | None:
        for key in (view.prompt.message_key, view.prompt.kind):
            answer = self._answers.get(key)
            if isinstance(answer, list):
                answer = answer.pop(0) if answer else None
            if answer is not None:
                return _event(answer, view)
        return None

    async def _choose_connector(self, view: View) -> e.Event:
        return e.ChooseConnector(self.script.connector)

    async def _already_connected(self, view: View) -> e.Event:
        return e.AddAnother()

    async def _choose_source(self, view: View) -> e.Event:
        return e.ChooseSource(view.prompt.content["sources"][0]["name"])

    async def _fill_in_fields(self, view: View) -> e.Event:
        fields = view.prompt.content["fields"]
        values = {one["name"]: self._value(one, view) for one in fields if one["required"]}
        return await self.owner.seal(view.attempt_id, values)

    def _value(self, asked: Mapping[str, Any], view: View) -> str:
        name = asked["name"]
        if name in self.script.values:
            return self.script.values[name]
        by_type = {
            "password": "987654",
            "date": "1990-01-31",
            "number": "42",
            "list": (asked.get("values") or [{"value": ""}])[0]["value"],
        }
        if any(word in name.casefold() for word in CODE_WORDS):
            return self.script.code
        login = self.script.logins.get(view.prompt.source or "", self.script.login)
        return str(by_type.get(asked["type"], login))

    async def _open_url(self, view: View) -> e.Event:
        """What the bank's redirect brought; a page that does not open is as good as refused."""
        login = self.script.logins.get(view.prompt.source or "", self.script.login)
        async with aiohttp.ClientSession() as session:
            back = await at_the_bank(
                session, view.prompt.content["url"], decision=self.script.bank, login=login
            )
        return e.Returned(dict(parse_qsl(urlsplit(back).query, keep_blank_values=True)))

    async def _approve_on_device(self, view: View) -> None:
        return None

    async def _wait(self, view: View) -> None:
        return None

    async def _working(self, view: View) -> None:
        return None

    async def _act_at_bank(self, view: View) -> e.Event:
        return e.Acted()

    async def _try_again(self, view: View) -> e.Event:
        if view.prompt.message_key == "state.unknown":  # trying again brings the same
            return e.FinishLater()
        return e.TryAgain()

    async def _choose_accounts(self, view: View) -> e.Event:
        offered = view.prompt.content["offered"]
        if offered and self._further > 0:
            self._further -= 1
            return e.AddSource()
        return e.ChooseAccounts(
            self._ids(view.prompt.content["accounts"]),
            self._ids(view.prompt.content["subscriptions"]),
        )

    def _ids(self, listed: list[Mapping[str, Any]]) -> tuple[int, ...]:
        ids = tuple(one["id"] for one in listed)
        if self.script.accounts == "all":
            return ids
        if self.script.accounts == "none":
            return ()
        return tuple(one for one in ids if one in self.script.accounts)


def _event(answer: Answer, view: View) -> e.Event:
    given = answer(view) if callable(answer) and not isinstance(answer, e.Event) else answer
    return given if isinstance(given, e.Event) else e.event_from_json(given)
