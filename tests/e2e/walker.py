"""One walk at random through the machines, on SQLite: whatever comes, the promises hold."""

import asyncio
import logging
import random
import traceback
from collections.abc import AsyncIterator, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import aiohttp

from powens_flow import events as e
from powens_flow.api import PowensError
from powens_flow.attempt import Attempt
from powens_flow.errors import FlowError
from powens_flow.keyring import Keyring
from powens_flow.listeners import Change
from powens_flow.policy import Policy
from powens_flow.simulator import Settings, at_the_bank
from powens_flow.simulator.faults import Fault
from powens_flow.simulator.tokens import Tokens
from powens_flow.store.fleet import Wanted
from powens_flow.store.sqlite import SQLiteStore
from powens_flow.testing import REDIRECT_URI, World, world
from powens_flow.vault import StoreVault
from powens_flow.view import View
from tests.e2e.drawing import BARRED, CODES, CONNECTORS, KINDS, LOGINS, PATHS, STATES
from tests.e2e.story import EVENTS, OWNER, assert_replays
from tests.hunting import Hunt

DOCUMENTED = (FlowError, e.InvalidEvent, PowensError)
"""All that may come out of an owner's methods."""


class RecordingTokens(Tokens):
    """The simulated domain's tokens, and a note of each that it ever gave out."""

    hunt: Hunt

    def issue(self, id_user: int, *rest: Any) -> str:
        text = super().issue(id_user, *rest)
        self.hunt.add([text], "a user token")
        return text

    def code(self, id_user: int, *rest: Any) -> str:
        text = super().code(id_user, *rest)
        self.hunt.add([text], "a temporary code")
        return text


class Kept(logging.Handler):
    """Every record of the standard library's log, asyncio's and aiohttp's among them."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))


class Walk:
    """One attempt, or a few of one owner, walked at random."""

    def __init__(self, w: World, hunt: Hunt, luck: random.Random) -> None:
        self.w, self.hunt, self.luck = w, hunt, luck
        self.owner = w.engine.for_owner(OWNER)
        self.attempts: list[str] = []
        self.heard: list[str] = []
        self.state_was_moved = False
        self._typed = 0

    def pick(self, choices: Any) -> Any:
        return self.luck.choice(choices)

    def chance(self, percent: int) -> bool:
        return self.luck.randrange(100) < percent

    # --- a walk ------------------------------------------------------------------------------

    async def walk(self, steps: int) -> None:
        await self._try(self._started())
        for _ in range(steps):
            await self._meddle()
            if self.attempts:
                await self._step(self.pick(self.attempts))
            if self.chance(8) or not self.attempts:
                await self._try(self._started())
            await self._check_rest()
        await self._come_to_an_end()

    async def _started(self) -> View:
        kept = await self.w.vault.get(OWNER)
        if kept is not None and self.w.simulator.connections and self.chance(40):
            id_connection = self.pick([one.id for one in self.w.simulator.connections])
            view = await self.owner.reconnect(id_connection, policy=self._policy())
        else:
            view = await self.owner.start(policy=self._policy())
        self.attempts.append(view.attempt_id)
        return view

    def _policy(self) -> Policy:
        return Policy(
            redirect_uri=REDIRECT_URI,
            sources=self.pick(("offer", "restrict", "chain")),
            choose_source=self.chance(30),
            permanent_user=self.chance(20),
            at_least_one=self.chance(20),
            existing=self.pick(("ask", "repair", "add")),
            cleanup=self.chance(80),
            account_types=self.pick(((), (), ("checking",), ("savings", "market"))),
            connectors=self.pick(((), (), (), ("40",), ("160",))),
            no_progress_limit=self.pick((1, 3)),
        )

    async def _meddle(self) -> None:
        """What goes wrong beside the user: faults, other hands, the clock."""
        if self.chance(20):
            self.w.simulator.add_fault(self._fault())
        if self.chance(8) and self.w.simulator.connections:
            one = self.pick([found.id for found in self.w.simulator.connections])
            self.w.simulator.set_state(one, self.pick(STATES))
            self.state_was_moved = True
        if self.chance(3) and self.w.simulator.connections:
            self.w.simulator.delete_connection(self.w.simulator.connections[0].id)
        if self.chance(3):
            self.w.simulator.rotate_key()
        if self.chance(35):
            self.w.clock.advance(self.pick((1, 3, 15, 70, 400, 1000)))
            await self._finished(self.w.engine.tick())

    def _fault(self) -> Fault:
        return Fault(
            self.pick(KINDS),
            path=self.pick(PATHS),
            times=self.pick((1, 2, 6)),
            seconds=7,
            status=self.pick((400, 401, 403, 404, 429, 500, 503)),
            code=self.pick((None, *CODES)),
            retry_after=self.pick((None, 5)),
        )

    async def _step(self, attempt_id: str) -> None:
        view = await self._try(self.owner.get(attempt_id))
        if not isinstance(view, View):
            return
        if self.chance(20):
            await self._try(self.owner.connectors(attempt_id, "banque"))
        events = [await self._event(view)]
        if self.chance(10):
            events.append(self._any_event())
        for one in await self._sent(attempt_id, [one for one in events if one is not None]):
            self._look_at(one)

    async def _sent(self, attempt_id: str, events: list[e.Event | dict[str, Any]]) -> list[object]:
        sending = (self._try(self.owner.send(attempt_id, event)) for event in events)
        return await asyncio.gather(*sending)

    # --- what the user does --------------------------------------------------------------------

    async def _event(self, view: View) -> e.Event | dict[str, Any] | None:
        """Mostly what fits the prompt."""
        if self.chance(15):
            return self._any_event()
        if view.prompt.kind in ("fill_in_fields", "open_url"):
            return await self._filled(view)
        fitting = [name for name in view.prompt.accepts if name != "cancel" or self.chance(10)]
        if not fitting:
            return None
        return self._content(self.pick(fitting), view)

    def _any_event(self) -> dict[str, Any]:
        name = self.pick([*EVENTS, "dance"])
        return {"type": name, **EVENTS.get(name, {})}

    def _content(self, name: str, view: View) -> dict[str, Any]:
        content = view.prompt.content
        if name == "choose_connector":
            return {"type": name, "connector": self.pick(CONNECTORS * 3 + BARRED)}
        if name == "choose_source":
            return {"type": name, "source": self.pick(content["sources"])["name"]}
        if name == "choose_accounts":
            some = [
                [one["id"] for one in content[key] if self.chance(70)]
                for key in ("accounts", "subscriptions")
            ]
            return {"type": name, "accounts": some[0], "subscriptions": some[1]}
        if name == "repair_connection":
            return {"type": name, "connection": self.pick(content["connections"])}
        return {"type": name, **EVENTS.get(name, {})}

    async def _filled(self, view: View) -> e.Event | dict[str, Any] | None:
        if view.prompt.kind == "open_url":
            return await self._at_the_bank(view)
        values = {
            one["name"]: self._typed_value(one)
            for one in view.prompt.content["fields"]
            if one["required"] or self.chance(30)
        }
        made = await self._try(self.owner.seal(view.attempt_id, values))
        if not isinstance(made, e.SubmitValues):
            return None
        if view.prompt.content["sealed"]:
            self.hunt.add(made.values.values(), "a sealed value")
        return made

    def _typed_value(self, asked: dict[str, Any]) -> str:
        """A value that fits its field; a credential can be told from every other text."""
        self._typed += 1
        name, kind = asked["name"], asked["type"]
        if name == "code":
            return str(self.pick(("123456", "123456", "654321")))
        if kind in ("date", "number", "list"):
            values = asked.get("values") or [{"value": ""}]
            return str({"date": "1990-01-31", "number": "29", "list": values[0]["value"]}[kind])
        if asked.get("regex") in ("^[0-9]{6}$", "^[a-z]+$"):
            return "246810" if "9" in asked["regex"] else "camille"
        secret = f"zq-{self._typed}-geheïm-{name}"
        self.hunt.add([secret], "a typed credential")
        if kind == "password":
            return secret
        return ",".join([self._scenario(), secret])

    def _scenario(self) -> str:
        if self.chance(45):
            return "camille"
        return "+".join(self.pick(LOGINS) for _ in range(self.pick((1, 1, 2))))

    async def _at_the_bank(self, view: View) -> e.Event:
        url = view.prompt.content["url"]
        self.hunt.add([dict(parse_qsl(urlsplit(url).query))["flow"]], "a code in an address")
        decision = self.pick(("approve", "approve", "approve", "refuse", "fail"))
        back = ""
        async with aiohttp.ClientSession() as session:
            try:
                visit = at_the_bank(session, url, decision=decision, login=self.pick(LOGINS))
                back = await self._finished(visit)
            except RuntimeError:  # the link has expired, or the bank asks again
                pass
        parameters = dict(parse_qsl(urlsplit(back).query, keep_blank_values=True))
        if self.chance(10):
            parameters["id_connection"] = "1"
        return e.Returned(parameters)

    # --- what must hold --------------------------------------------------------------------------

    async def _try(self, work: Coroutine[Any, Any, Any]) -> object:
        """What came of it; an error that is not documented fails the walk."""
        try:
            came = await self._finished(work)
        except DOCUMENTED as error:
            self._look_at(error)
            return error
        self._look_at(came)
        return came

    async def _finished(self, work: Coroutine[Any, Any, Any]) -> Any:
        """What came of it; simulated time goes on while the simulator sleeps."""
        task = asyncio.ensure_future(work)
        while not task.done():
            await asyncio.wait({task}, timeout=0.002)
            if not task.done() and self.w.simulator.clock.sleepers:
                self.w.clock.advance(1)
        return task.result()

    def _look_at(self, came: object) -> None:
        """No secret in the repr of what came out, nor in an error's words or chain."""
        self.hunt.expect_none(f"the repr of a {type(came).__name__}", repr(came))
        if isinstance(came, BaseException):
            told = "".join(traceback.format_exception(came))
            self.hunt.expect_none(f"the chain of a {type(came).__name__}", told)

    async def _check_rest(self) -> None:
        """Each attempt waits, has ended, or knows when it goes on; its journal replays."""
        await self.w.engine.settled(within=2.0)
        self.hunt.add(self.w.simulator.flows, "a code in an address")
        connections: set[int | None] = set()
        for attempt_id in self.attempts:
            attempt = await self._loaded(attempt_id)
            if attempt.id_connection is not None and attempt.id_connection in connections:
                self.state_was_moved = True  # one attempt answers what another asks
            connections.add(attempt.id_connection)
            definition = self.w.engine.machines[attempt.machine]
            kind = definition.state(attempt.state).kind
            assert (attempt.due_at is None) == (kind == "final"), f"{attempt.state} is no rest"
            rows = await self.w.engine.history(attempt_id)
            assert_replays(definition, attempt, rows)
            self._look_at(attempt)
            self._look_at(rows)

    async def _loaded(self, attempt_id: str) -> Attempt:
        attempt = await self.w.store.load(attempt_id)
        assert attempt is not None
        return attempt

    async def _come_to_an_end(self) -> None:
        """With nothing going wrong any more and nobody answering, every attempt ends."""
        self.w.simulator.faults.clear()
        for seconds in [60.0] * 5 + [600.0] * 12 + [7200.0] * 20:
            if not await self._live():
                break
            self.w.clock.advance(seconds)
            await self._finished(self.w.engine.tick())
            await self._check_rest()
        assert not await self._live(), "an attempt never ends"

    def check_violations(self) -> None:
        """Powens was sent nothing that it does not know; but an answer may come too late.

        Values for a state that has gone meanwhile hold fields that the next one does not ask for.
        """
        late = {"unknown_key"} if self.state_was_moved else set()
        assert [one for one in self.w.simulator.violations if one.kind not in late] == []

    async def _live(self) -> bool:
        return bool(await self.w.store.live(OWNER))


@asynccontextmanager
async def opened(folder: Path, hunt: Hunt, luck: random.Random) -> AsyncIterator[World]:
    """A world on an SQLite file in `folder`, whose tokens are hunted."""
    keyring = Keyring.generate()
    settings = Settings(
        webauth_state=luck.choice(("echoed", "connection_state", "absent")),
        webauth_id_key=luck.choice(("id_connection", "connection_id")),
        webauth_url_in_message=luck.choice((True, False)),
        token_key=luck.choice(("access_token", "token")),
        dates=luck.choice(("naive", "zoned")),
        creation_status=luck.choice((200, 201)),
    )
    hunt.add([settings.client_secret], "the client secret")
    async with AsyncExitStack() as stack:
        store = await stack.enter_async_context(SQLiteStore(folder / "flow.db"))
        w = await stack.enter_async_context(
            world(store=store, vault=StoreVault(store, keyring), keyring=keyring, settings=settings)
        )
        tokens = RecordingTokens(w.simulator.ids)
        tokens.hunt = hunt
        w.simulator.tokens = tokens
        yield w


async def hunt_what_is_under_way(w: World, hunt: Hunt) -> None:
    """The codes in addresses, and the sealed texts of the snapshots: they are nothing to show."""
    hunt.add(w.simulator.flows, "a code in an address")
    assert isinstance(w.store, SQLiteStore)
    for one in (await w.store.attempts(Wanted(), limit=200)).attempts:
        attempt = await w.store.load(one.id)
        assert attempt is not None
        token = attempt.user.token if attempt.user else None
        sealed = (token, attempt.url, attempt.url_state)
        hunt.add(filter(None, sealed), "a sealed token or address")


async def walked(folder: Path, luck: random.Random, steps: int, log: list[Any]) -> Hunt:
    """One walk; afterwards nothing that it kept, logged or answered holds a secret."""
    hunt, kept = Hunt(), Kept()
    logging.getLogger().addHandler(kept)
    try:
        async with opened(folder, hunt, luck) as w:
            walk = Walk(w, hunt, luck)

            @w.engine.on()
            async def hear(change: Change) -> None:
                walk.heard.append(repr(change))

            await walk.walk(steps)
            await w.engine.settled(within=2.0)
            walk.check_violations()
            hunt.expect_none("what listeners heard", "".join(walk.heard))
            hunt.expect_none("a repr", f"{w!r}{w.engine!r}{w.store!r}{w.vault!r}{w.api!r}")
            assert hunt.expect_none_in_files(folder) > 0
        hunt.expect_none_in_files(folder)
    finally:
        logging.getLogger().removeHandler(kept)
    hunt.expect_none("the log", f"{log!r}" + "\n".join(kept.lines))
    return hunt
