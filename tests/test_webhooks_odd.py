"""Webhooks that are no text in UTF-8, or name what no store can hold: refused or taken, no more."""

import json
from pathlib import Path
from typing import Any

import pytest

from powens_flow.secret import Secret
from powens_flow.store.sqlite import SQLiteStore
from powens_flow.testing import world
from powens_flow.testing.clock import BEGINNING
from powens_flow.webhooks import Receiver, Request, Signature, UserToken

HALF_A_PAIR = "\ud800"
NO_UTF_8 = "\udcff"


async def anybody(request: Request, now: object) -> bool:
    return True


async def token_of(id_user: int) -> Secret | None:
    return Secret("a-users-token")


@pytest.mark.parametrize("odd", [HALF_A_PAIR, NO_UTF_8])
async def test_a_token_or_a_path_that_is_no_utf_8_is_not_authenticated(odd: str) -> None:
    body = json.dumps({"user": {"id": 1}}).encode()
    headers = {
        "Authorization": f"Bearer {odd}",
        "BI-Signature": "x",
        "BI-Signature-Date": BEGINNING.isoformat(),
    }
    async with world() as w:
        for authentication in (UserToken(token_of), Signature(Secret("s"))):
            receiver = Receiver(w.engine, authentication)
            assert (await receiver.receive("POST", f"/{odd}", headers, body)).status == 401


@pytest.mark.parametrize(
    "named",
    [
        {"id_webhook_data": HALF_A_PAIR},
        {"id_webhook_data": "x" * 100_000},
        {"id_webhook_data": 10**40},
        {"id_webhook_data": [1]},
        {"id_webhook_data": True},
        {"user": {"id": 2**63}},
        {"id_user": 10**40},
        {"user": {"id": 1}, "connection": {"id": 10**40}},
    ],
    ids=lambda named: str(named)[:40],
)
async def test_what_a_webhook_names_is_taken_whatever_it_is(
    tmp_path: Path, named: dict[str, Any]
) -> None:
    body = json.dumps(named).encode()
    async with SQLiteStore(tmp_path / "attempts.db") as store, world(store=store) as w:
        answer = await Receiver(w.engine, anybody).receive("POST", "/", {}, body)
    assert (answer.status, answer.reason) == (200, "taken")


async def test_a_long_name_of_a_delivery_tells_a_double_all_the_same() -> None:
    one, other = (json.dumps({"id_webhook_data": "x" * 500 + end}).encode() for end in "ab")
    async with world() as w:
        receiver = Receiver(w.engine, anybody)
        answers = [await receiver.receive("POST", "/", {}, body) for body in (one, other, one)]
    assert [answer.reason for answer in answers] == ["taken", "taken", "taken before"]
