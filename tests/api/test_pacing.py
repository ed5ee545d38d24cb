"""The limit of calls a minute: who has a turn, when, and what happens to those who have none."""

import asyncio
from contextlib import AsyncExitStack
from datetime import datetime
from typing import Any

import pytest

from powens_flow.api.client import PowensClient
from powens_flow.api.errors import PowensError, RateLimited, TemporaryFailure
from powens_flow.api.pacing import Pace, in_background
from powens_flow.api.recording import recorded_calls
from powens_flow.api.transport import Timeouts
from powens_flow.testing import ManualClock
from tests.api.conftest import TOKEN, Host

WINDOW = 60.5


class Line:
    """Calls that wait for their turn; `served` says in which order they had it."""

    def __init__(self, calls: int, ages_after: float = 30.0) -> None:
        self.clock = ManualClock()
        self.pace = Pace(calls, self.clock, ages_after=ages_after)
        self.served: list[str] = []
        self.refused: dict[str, TemporaryFailure] = {}

    async def comes(
        self, *names: str, background: bool = False, patience: float = 300.0
    ) -> list["asyncio.Task[None]"]:
        tasks = [asyncio.ensure_future(self._turn(n, background, patience)) for n in names]
        await settled()
        return tasks

    async def _turn(self, name: str, background: bool, patience: float) -> None:
        try:
            if background:
                with in_background():
                    await self.pace.turn(patience)
            else:
                await self.pace.turn(patience)
            self.served.append(name)
        except TemporaryFailure as error:
            self.refused[name] = error

    async def passes(self, seconds: float) -> None:
        self.clock.advance(seconds)
        await settled()


async def settled() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


# --- the window ---------------------------------------------------------------------------------


async def test_so_many_go_at_once_and_the_next_when_the_first_is_a_minute_ago() -> None:
    line = Line(2)
    await line.comes("a")
    await line.passes(20)
    await line.comes("b", "c", "d")
    assert line.served == ["a", "b"]
    await line.passes(WINDOW - 20 - 0.1)
    assert line.served == ["a", "b"]
    await line.passes(0.1)
    assert line.served == ["a", "b", "c"]
    await line.passes(20)
    assert line.served == ["a", "b", "c", "d"]
    assert line.pace.waiting == 0


async def test_no_minute_ever_has_more_than_the_limit() -> None:
    line = Line(7)
    times: list[datetime] = []
    tasks = await line.comes(*map(str, range(60)), patience=10_000)
    while not all(task.done() for task in tasks):
        times += [line.clock.now()] * (len(line.served) - len(times))
        await line.passes(0.5)
    times += [line.clock.now()] * (len(line.served) - len(times))
    gaps = [(times[n + 7] - times[n]).total_seconds() for n in range(53)]
    assert min(gaps) > 60
    assert max(gaps) < 62, "a turn was left unused"


async def test_the_limit_is_at_least_one() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        Pace(0, ManualClock())
    line = Line(1)
    await line.comes("poll", background=True)
    assert line.served == ["poll"], "of one call none can be kept for users"


async def test_a_clock_that_was_set_back_stops_nobody() -> None:
    line = Line(1)
    await line.comes("a")
    line.clock._now = line.clock._now.replace(year=2020)
    await line.comes("b")
    assert line.served == ["a", "b"]


# --- who goes first -----------------------------------------------------------------------------


async def test_user_facing_calls_go_before_polls_that_came_earlier() -> None:
    line = Line(5)
    await line.comes("1", "2", "3", "4", "5")
    await line.passes(WINDOW - 20)
    await line.comes("poll-1", "poll-2", background=True)
    await line.comes("user-1", "user-2")
    await line.passes(20)
    assert line.served[5:] == ["user-1", "user-2", "poll-1", "poll-2"]


async def test_polls_leave_some_turns_to_users() -> None:
    line = Line(10)
    await line.comes(*[f"poll-{n}" for n in range(12)], background=True)
    assert line.served == [f"poll-{n}" for n in range(8)]
    await line.comes("user-1", "user-2", "user-3")
    assert line.served[8:] == ["user-1", "user-2"]


async def test_a_poll_that_waited_long_counts_as_user_facing() -> None:
    line = Line(1)
    await line.comes("first")
    await line.comes("poll", background=True)
    await line.passes(20)
    await line.comes("early")
    await line.passes(WINDOW - 20)
    assert line.served == ["first", "poll"], "it came before, and is old enough by now"
    await line.passes(WINDOW)
    assert line.served == ["first", "poll", "early"]


async def test_a_poll_that_did_not_wait_long_gives_way() -> None:
    line = Line(1)
    await line.comes("first")
    await line.passes(WINDOW - 20)
    await line.comes("poll", background=True)
    await line.comes("user")
    await line.passes(20)
    assert line.served == ["first", "user"]


async def test_an_old_poll_takes_a_turn_that_is_kept_for_users() -> None:
    line = Line(5)
    await line.comes("1", "2", "3", "4", "poll", background=True)
    await line.passes(29)
    assert line.served == ["1", "2", "3", "4"]
    await line.passes(1)
    assert line.served[4:] == ["poll"]


async def test_polls_are_not_starved_by_users_who_never_stop() -> None:
    line = Line(5)
    await line.comes(*"12345")
    await line.comes("poll", background=True)
    for minute in range(3):
        await line.comes(*[f"{minute}-{n}" for n in range(9)], patience=10_000)
        await line.passes(WINDOW)
    assert "poll" in line.served[:10]


# --- those who leave ----------------------------------------------------------------------------


async def test_a_cancelled_call_leaves_the_line() -> None:
    line = Line(1)
    await line.comes("first")
    cancelled, *_ = await line.comes("cancelled", "next")
    cancelled.cancel()
    await settled()
    assert line.pace.waiting == 1
    await line.passes(WINDOW)
    assert line.served == ["first", "next"]


async def test_a_turn_given_to_a_cancelled_call_goes_to_the_next() -> None:
    line = Line(1)
    await line.comes("first")
    cancelled, *_ = await line.comes("cancelled", "next")
    line.clock.advance(WINDOW)
    line.pace.pause(0)  # turns are given out, and nobody came round to take them yet
    assert line.pace.waiting == 1
    cancelled.cancel()
    await settled()
    assert line.served == ["first", "next"]
    assert line.pace.waiting == 0


async def test_who_cannot_have_a_turn_in_time_is_told_at_once() -> None:
    line = Line(1)
    await line.comes("first")
    await line.passes(10)
    await line.comes("hasty", patience=30)
    assert line.served == ["first"]
    error = line.refused["hasty"]
    assert (error.may_have_acted, error.retryable, error.status) == (False, True, None)
    assert error.retry_after == WINDOW - 10
    assert line.pace.waiting == 0


async def test_who_was_overtaken_is_told_as_soon_as_no_turn_is_left_in_time() -> None:
    line = Line(1)
    await line.comes("first")
    await line.passes(WINDOW - 10)
    await line.comes("poll", background=True, patience=30)
    await line.comes("user", patience=30)
    assert "poll" not in line.refused
    await line.passes(10)
    assert line.served == ["first", "user"]
    assert line.refused["poll"].retry_after == WINDOW


async def test_who_waits_when_the_client_is_closed_is_sent_away() -> None:
    line = Line(1)
    await line.comes("first", "second")
    line.pace.close()
    await settled()
    assert list(line.refused) == ["second"]
    assert line.refused["second"].may_have_acted is False


# --- the API asks for a pause -------------------------------------------------------------------


async def test_a_pause_holds_everybody_back() -> None:
    line = Line(10)
    await line.comes("before")
    line.pace.pause(20)
    await line.comes("user")
    await line.comes("poll", background=True)
    await line.passes(19)
    assert line.served == ["before"]
    await line.passes(1)
    assert line.served == ["before", "user", "poll"]


async def test_a_shorter_pause_does_not_end_a_longer_one() -> None:
    line = Line(10)
    line.pace.pause(20)
    line.pace.pause(5)
    await line.comes("user")
    await line.passes(19)
    assert line.served == []


async def test_a_pause_that_outlasts_a_callers_patience_is_told_at_once() -> None:
    line = Line(1)
    await line.comes("first")
    await line.comes("patient", "other", patience=100)
    line.pace.pause(200)
    await settled()
    assert {name: error.retry_after for name, error in line.refused.items()} == {
        "patient": 200,
        "other": 200,
    }


async def test_a_pause_is_capped() -> None:
    line = Line(10)
    line.pace.pause(10**9)
    await line.comes("user", patience=1000)
    await line.passes(900)
    assert line.served == ["user"]


# --- in the client ------------------------------------------------------------------------------


async def limited(
    stack: AsyncExitStack, host: Host, clock: ManualClock, calls: int
) -> PowensClient:
    client = PowensClient(host.url, "1", clock=clock, calls_a_minute=calls)
    return await stack.enter_async_context(client)


async def error_of(call: asyncio.Future[Any]) -> PowensError:
    with pytest.raises(PowensError) as raised:
        await call
    return raised.value


async def test_a_call_that_has_no_turn_is_not_made_and_not_recorded(host: Host) -> None:
    host.answers({"id": 1})
    async with AsyncExitStack() as stack:
        client = await limited(stack, host, ManualClock(), 1)
        await client.connection(TOKEN, 1)
        with recorded_calls() as calls:
            error = await error_of(asyncio.ensure_future(client.connection(TOKEN, 2)))
    assert type(error) is TemporaryFailure
    assert error.may_have_acted is False
    assert error.__context__ is None
    assert (len(host.asked), calls) == (1, [])


async def test_a_call_waits_as_long_as_it_may_take(host: Host) -> None:
    host.answers({"id": 1})
    clock = ManualClock()
    async with AsyncExitStack() as stack:
        client = await limited(stack, host, clock, 1)
        await client.connection(TOKEN, 1)
        checking = asyncio.ensure_future(client.create_connection(TOKEN, id_connector=1))
        await settled()
        clock.advance(WINDOW)
        await checking
    assert [asked.method for asked in host.asked] == ["GET", "POST"]


async def test_429_with_retry_after_holds_all_calls_back(host: Host) -> None:
    host.answers({"code": "tooManyRequests"}, status=429, headers={"Retry-After": "12"})
    host.answers({"id": 1})
    clock = ManualClock()
    async with AsyncExitStack() as stack:
        client = await limited(stack, host, clock, 100)
        error = await error_of(asyncio.ensure_future(client.connection(TOKEN, 1)))
        assert isinstance(error, RateLimited)
        others = [asyncio.ensure_future(client.connection(TOKEN, n)) for n in (2, 3)]
        await settled()
        clock.advance(11)
        await settled()
        assert len(host.asked) == 1
        clock.advance(1)
        await asyncio.gather(*others)
    assert len(host.asked) == 3


@pytest.mark.parametrize(
    ("status", "body", "headers"),
    [
        (429, {"code": "tooManyRequests"}, {}),
        (409, {"code": "tooManySync"}, {"Retry-After": "12"}),
        (503, {"code": "maintenance"}, {"Retry-After": "12"}),
    ],
)
async def test_what_is_no_limit_of_the_domain_holds_nobody_back(
    host: Host, status: int, body: dict[str, str], headers: dict[str, str]
) -> None:
    host.answers(body, status=status, headers=headers)
    host.answers({"id": 1})
    async with AsyncExitStack() as stack:
        client = await limited(stack, host, ManualClock(), 100)
        await error_of(asyncio.ensure_future(client.connection(TOKEN, 1)))
        await client.connection(TOKEN, 2)
    assert len(host.asked) == 2


async def test_every_page_of_a_list_counts(host: Host) -> None:
    link = {"_links": {"next": {"href": "/2.0/users/me/connections/1/accounts?all&offset=1"}}}
    host.answers({"accounts": []} | link)
    host.answers({"accounts": []})
    async with AsyncExitStack() as stack:
        client = await limited(stack, host, ManualClock(), 1)
        await error_of(asyncio.ensure_future(client.accounts(TOKEN, 1)))
    assert len(host.asked) == 1


async def test_a_call_that_waits_when_the_client_is_closed_fails(host: Host) -> None:
    host.answers({"id": 1})
    async with AsyncExitStack() as stack:
        client = await limited(stack, host, ManualClock(), 1)
        await client.connection(TOKEN, 1)
        waiting = asyncio.ensure_future(client.create_connection(TOKEN, id_connector=1))
        await settled()
    assert type(await error_of(waiting)) is TemporaryFailure


def pace_of(domain: str, calls_a_minute: int | None = None) -> Pace | None:
    return PowensClient(domain, "1", calls_a_minute=calls_a_minute)._transport._pace


@pytest.mark.parametrize(
    ("domain", "calls"),
    [
        ("acme-sandbox", 30),
        ("https://acme-sandbox.biapi.pro/2.0/", 30),
        ("acme", None),
        ("sandbox-acme", None),
        ("https://acme.biapi.pro/2.0/acme-sandbox", None),
        ("http://127.0.0.1:8080/2.0/", None),
    ],
)
def test_a_sandbox_is_limited_by_itself(domain: str, calls: int | None) -> None:
    pace = pace_of(domain)
    assert (pace and pace._calls) == calls


def test_the_limit_can_be_set() -> None:
    for domain in ("acme", "acme-sandbox"):
        pace = pace_of(domain, calls_a_minute=7)
        assert pace is not None
        assert pace._calls == 7
    with pytest.raises(ValueError, match="at least 1"):
        pace_of("acme", calls_a_minute=0)


async def test_a_poll_ages_before_its_call_gives_up(host: Host) -> None:
    """Otherwise it would be starved all the same, one time-out after the other."""
    host.answers({"id": 1})
    clock = ManualClock()
    timeouts = Timeouts(total=30)
    async with PowensClient(
        host.url, "1", clock=clock, timeouts=timeouts, calls_a_minute=5
    ) as client:
        await asyncio.gather(*[client.connection(TOKEN, n) for n in range(4)])
        with in_background():
            poll = asyncio.ensure_future(client.connection(TOKEN, 9))
        await settled()
        clock.advance(15)
        await poll
    assert len(host.asked) == 5
