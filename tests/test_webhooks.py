"""Webhooks received: what is refused and why, and what is taken changes nothing but the time."""

import base64
import gzip
import hashlib
import hmac
import json
import tracemalloc
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from powens_flow.attempt import Attempt
from powens_flow.policy import Policy
from powens_flow.secret import Secret
from powens_flow.testing import REDIRECT_URI, Script, World, world
from powens_flow.testing.clock import BEGINNING
from powens_flow.webhooks import (
    LARGEST,
    Authentication,
    Receiver,
    Request,
    Signature,
    UserToken,
    tokens_of,
)

SECRET = "a-webhook-secret"
TOKEN = "a-users-token"
PATH = "/hooks/powens"
SIGNATURE = Signature(Secret(SECRET))
PERMANENT = Policy(redirect_uri=REDIRECT_URI, permanent_user=True)


def hook(id_user: int = 1, number: int | None = 7, **more: Any) -> bytes:
    """A webhook's body."""
    numbered = {} if number is None else {"id_webhook_data": number}
    return json.dumps({**numbered, "user": {"id": id_user}, **more}).encode()


def signed(body: bytes, over: bytes | None = None, /, **changed: str) -> dict[str, str]:
    """The headers of a signed webhook, written down here a second time on purpose."""
    date = changed.get("date", BEGINNING.isoformat())
    parts = [changed.get("method", "POST"), changed.get("path", PATH), date]
    text = ".".join(parts).encode() + b"." + (body if over is None else over)
    key = changed.get("secret", SECRET).encode()
    signature = base64.b64encode(hmac.new(key, text, hashlib.sha256).digest()).decode()
    return {"BI-Signature": signature, "BI-Signature-Date": date}


def at(seconds: float) -> str:
    return (BEGINNING + timedelta(seconds=seconds)).isoformat()


async def nobody(id_user: int) -> Secret | None:
    return None


async def users_token(id_user: int) -> Secret | None:
    return Secret(TOKEN) if id_user == 1 else None


async def anybody(request: Request, now: object) -> bool:
    return True


@pytest.fixture
async def w() -> AsyncIterator[World]:
    async with world(policy=PERMANENT) as made:
        yield made


async def status(
    w: World,
    body: bytes,
    headers: dict[str, str] | None = None,
    authentication: Authentication = SIGNATURE,
    **options: int,
) -> int:
    """What a receiver answers."""
    receiver = Receiver(w.engine, authentication, **options)
    answer = await receiver.receive("POST", PATH, headers or {}, body)
    return answer.status


class TestSignature:
    async def test_a_good_one_is_taken(self, w: World) -> None:
        assert await status(w, hook(), signed(hook())) == 200

    @pytest.mark.parametrize("seconds", [-300, 300])
    async def test_the_date_may_be_five_minutes_off(self, w: World, seconds: int) -> None:
        assert await status(w, hook(), signed(hook(), date=at(seconds))) == 200

    @pytest.mark.parametrize("seconds", [-301, 301, -864000])
    async def test_an_old_one_and_one_of_the_future_are_refused(
        self, w: World, seconds: int
    ) -> None:
        assert await status(w, hook(), signed(hook(), date=at(seconds))) == 401

    @pytest.mark.parametrize(
        "date", ["2026-01-05T09:00:00", "2026-01-05T09:00:00Z", "2026-01-05T10:00:00+01:00"]
    )
    async def test_a_date_without_a_zone_is_utc(self, w: World, date: str) -> None:
        assert await status(w, hook(), signed(hook(), date=date)) == 200

    @pytest.mark.parametrize("date", ["", "yesterday", "1767603600", "2026-13-40T00:00:00Z"])
    async def test_what_is_no_date_is_refused(self, w: World, date: str) -> None:
        assert await status(w, hook(), signed(hook(), date=date)) == 401

    @pytest.mark.parametrize("changed", [{"secret": "another"}, {"path": "/"}, {"method": "PUT"}])
    async def test_a_forged_one_is_refused(self, w: World, changed: dict[str, str]) -> None:
        assert await status(w, hook(), signed(hook(), **changed)) == 401

    async def test_a_changed_body_is_refused(self, w: World) -> None:
        assert await status(w, hook(id_user=2), signed(hook(id_user=1))) == 401

    @pytest.mark.parametrize("signature", [None, "", "é", "not base64", "AAAA"])
    async def test_what_is_no_signature_is_refused(self, w: World, signature: str | None) -> None:
        headers = signed(hook())
        del headers["BI-Signature"]
        if signature is not None:
            headers["BI-Signature"] = signature
        assert await status(w, hook(), headers) == 401

    async def test_the_names_of_headers_may_be_of_any_case(self, w: World) -> None:
        headers = {name.upper(): value for name, value in signed(hook()).items()}
        assert await status(w, hook(), headers) == 200

    @pytest.mark.parametrize("signs_the_plain", [False, True])
    async def test_a_zipped_body_may_be_signed_either_way(
        self, w: World, signs_the_plain: bool
    ) -> None:
        zipped = gzip.compress(hook())
        headers = signed(zipped, hook() if signs_the_plain else zipped)
        assert await status(w, zipped, headers | {"Content-Encoding": "gzip"}) == 200

    async def test_the_tolerance_can_be_set(self, w: World) -> None:
        strict = Signature(Secret(SECRET), timedelta(seconds=10))
        assert await status(w, hook(), signed(hook(), date=at(10)), strict) == 200
        assert await status(w, hook(), signed(hook(), date=at(11)), strict) == 401

    def test_its_repr_tells_no_secret(self) -> None:
        assert SECRET not in repr(SIGNATURE)


class TestUserToken:
    @pytest.mark.parametrize(
        ("header", "wanted"),
        [
            (f"Bearer {TOKEN}", 200),
            (f"bearer  {TOKEN} ", 200),
            (f"Basic {TOKEN}", 401),
            (TOKEN, 401),
            (f"Bearer {TOKEN}x", 401),
            ("Bearer é", 401),
            ("Bearer", 401),
            ("", 401),
        ],
    )
    async def test_only_that_users_token_is_taken(self, w: World, header: str, wanted: int) -> None:
        headers = {"Authorization": header}
        assert await status(w, hook(1), headers, UserToken(users_token)) == wanted

    @pytest.mark.parametrize("body", [hook(2), b"{}", b'{"user": {"id": true}}'])
    async def test_another_user_or_none_is_refused(self, w: World, body: bytes) -> None:
        headers = {"Authorization": f"Bearer {TOKEN}"}
        assert await status(w, body, headers, UserToken(users_token)) == 401

    async def test_a_user_whose_token_nobody_knows_is_refused(self, w: World) -> None:
        assert await status(w, hook(), {"Authorization": "Bearer "}, UserToken(nobody)) == 401

    async def test_what_concerns_nobody_is_no_refusal_and_leaves_nothing_behind(
        self, w: World
    ) -> None:
        known = UserToken(tokens_of(w.store, w.vault, w.keyring))
        assert await status(w, hook(99, number=7), {"Authorization": "Bearer x"}, known) == 200
        assert await w.store.claimed("webhook:7", w.clock.now()) is None
        assert await status(w, hook(99), {}, known) == 401

    async def test_the_user_may_stand_in_id_user(self, w: World) -> None:
        headers = {"Authorization": f"Bearer {TOKEN}"}
        assert await status(w, b'{"id_user": 1}', headers, UserToken(users_token)) == 200


class TestOwnCheck:
    async def test_it_sees_the_request_and_decides(self, w: World) -> None:
        seen: list[Request] = []

        async def own(request: Request, now: object) -> bool:
            seen.append(request)
            return request.headers.get("x-token") == "good"

        zipped = gzip.compress(hook())
        headers = {"X-Token": "good", "Content-Encoding": "gzip"}
        assert await status(w, zipped, headers, own) == 200
        assert await status(w, hook(), {"X-Token": "bad"}, own) == 401
        assert (seen[0].method, seen[0].path, seen[0].body) == ("POST", PATH, zipped)
        assert (seen[0].plain, seen[0].data["user"]) == (hook(), {"id": 1})
        assert "good" not in repr(seen[0])


BOMB = gzip.compress(b'{"a":[' + b"[]," * 3_000_000 + b"[]]}")
"""Nine megabytes that are three million values."""


async def come_to(
    w: World, body: bytes, headers: dict[str, str], authentication: Authentication = SIGNATURE
) -> tuple[int, set[str]]:
    """The answer to a zipped webhook, and what was read of it on the way."""
    seen: list[Request] = []

    async def noted(request: Request, now: datetime) -> bool:
        seen.append(request)
        return await authentication(request, now)

    answer = await status(w, body, {"Content-Encoding": "gzip"} | headers, noted)
    return answer, {"plain", "data"} & vars(seen[0]).keys()


class TestStrangers:
    @pytest.mark.parametrize(
        "headers",
        [
            {},
            {"BI-Signature": "AAAA"},
            {"BI-Signature-Date": at(0)},
            {"BI-Signature": "", "BI-Signature-Date": at(0)},
            signed(BOMB, date=at(-301)),
        ],
        ids=["none", "no date", "no signature", "an empty signature", "an old one"],
    )
    async def test_without_a_signature_of_now_nothing_is_even_inflated(
        self, w: World, headers: dict[str, str]
    ) -> None:
        assert await come_to(w, BOMB, headers) == (401, set())

    async def test_with_a_forged_signature_no_json_is_read(self, w: World) -> None:
        assert await come_to(w, BOMB, signed(BOMB, secret="another")) == (401, {"plain"})

    async def test_what_was_signed_as_sent_is_inflated_once_it_is_known_to_be_powens(
        self, w: World
    ) -> None:
        zipped = gzip.compress(hook())
        assert await come_to(w, zipped, signed(zipped)) == (200, {"plain", "data"})

    @pytest.mark.parametrize("given", [None, "", "Bearer", "Bearer  ", f"Basic {TOKEN}", TOKEN])
    async def test_without_a_token_nothing_is_even_inflated(
        self, w: World, given: str | None
    ) -> None:
        headers = {} if given is None else {"Authorization": given}
        assert await come_to(w, BOMB, headers, UserToken(users_token)) == (401, set())

    async def test_a_body_of_too_many_values_is_read_for_no_token(self, w: World) -> None:
        headers = {"Authorization": "Bearer forged"}
        assert await come_to(w, BOMB, headers, UserToken(users_token)) == (413, {"plain"})

    async def test_a_first_sync_of_several_megabytes_is_taken(self, w: World) -> None:
        entry = {"id": 1, "original_wording": "CARTE 03/01 BOULANGERIE, PARIS", "value": -2.4}
        body = hook(connection={"transactions": [entry] * 90_000})
        assert 7_000_000 < len(body) < LARGEST
        assert await status(w, body, signed(body)) == 200


class TestBody:
    @pytest.mark.parametrize(
        "body",
        [b"", b"not json", b"[]", b"null", b'"text"', b'{"cut": ', b"\xff\xfe", b"[" * 100_000],
    )
    async def test_what_is_no_json_object_is_refused(self, w: World, body: bytes) -> None:
        assert await status(w, body, signed(body)) == 400

    async def test_what_is_said_to_be_gzip_and_is_not_is_refused(self, w: World) -> None:
        headers = signed(b"\x00\x01") | {"Content-Encoding": "gzip"}
        assert await status(w, b"\x00\x01", headers) == 400

    async def test_gzip_that_was_cut_is_refused(self, w: World) -> None:
        zipped = gzip.compress(hook(filler="x" * 1000))[:-6]
        assert await status(w, zipped, signed(zipped) | {"Content-Encoding": "gzip"}) == 400

    async def test_a_body_that_the_framework_inflated_already_is_taken(self, w: World) -> None:
        assert await status(w, hook(), signed(hook()) | {"Content-Encoding": "gzip"}) == 200

    async def test_one_that_is_too_large_is_refused(self, w: World) -> None:
        body = hook(filler="x" * 1000)
        assert await status(w, body, signed(body), largest=1000) == 413
        assert await status(w, body, signed(body), largest=2000) == 200

    async def test_a_gzip_bomb_is_refused_before_it_is_inflated(self, w: World) -> None:
        bomb = gzip.compress(b" " * 50_000_000)
        tracemalloc.start()
        try:
            headers = signed(bomb) | {"Content-Encoding": "gzip"}
            assert await status(w, bomb, headers, largest=100_000) == 413
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert peak < 2_000_000


async def waiting(w: World, login: str = "validating-never") -> Attempt:
    """An attempt that waits for its connection, of a permanent user."""
    await w.driver(Script(login=login)).until("wait", "approve_on_device")
    (attempt_id,) = await w.store.concerned(w.simulator.users[0].id)
    attempt = await w.store.load(attempt_id)
    assert attempt is not None
    return attempt


async def after(w: World, attempt: Attempt) -> Attempt | None:
    await w.engine.settled()
    return await w.store.load(attempt.id)


class TestWaking:
    async def test_a_waiting_attempt_looks_at_once(self, w: World) -> None:
        attempt = await waiting(w)
        assert attempt.user is not None
        w.simulator.set_state(attempt.id_connection or 0, None)
        assert await status(w, hook(attempt.user.id), authentication=anybody) == 200
        woken = await after(w, attempt)
        assert woken is not None
        assert woken.state == "choosing_accounts"
        rows = await w.engine.history(attempt.id)
        assert [row.cause for row in rows].count("webhook") == 1

    async def test_a_signal_without_news_leaves_the_wait_as_it_was(self, w: World) -> None:
        attempt = await waiting(w)
        assert attempt.user is not None
        for number in range(5):
            await status(w, hook(attempt.user.id, number), authentication=anybody)
            looked = await after(w, attempt)
            assert looked is not None
            assert (looked.state, looked.deadline_at) == (attempt.state, attempt.deadline_at)
            assert looked.due_at is not None

    async def test_a_double_is_taken_once(self, w: World) -> None:
        attempt = await waiting(w)
        assert attempt.user is not None
        assert await status(w, hook(attempt.user.id, 9), authentication=anybody) == 200
        looked = await after(w, attempt)
        assert looked is not None
        assert looked.version > attempt.version
        assert await status(w, hook(attempt.user.id, 9), authentication=anybody) == 200
        assert await after(w, attempt) == looked

    async def test_one_without_a_number_is_taken_each_time(self, w: World) -> None:
        attempt = await waiting(w)
        assert attempt.user is not None
        for _ in range(2):
            before = await after(w, attempt)
            await status(w, hook(attempt.user.id, None), authentication=anybody)
            assert await after(w, attempt) != before

    @pytest.mark.parametrize("concerns", ["user", "connection"])
    async def test_one_about_somebody_else_changes_nothing(self, w: World, concerns: str) -> None:
        attempt = await waiting(w)
        assert attempt.user is not None
        body = {
            "user": hook(attempt.user.id + 1),
            "connection": hook(attempt.user.id, connection={"id": 424242}),
        }[concerns]
        assert await status(w, body, authentication=anybody) == 200
        assert await after(w, attempt) == attempt

    async def test_a_refused_one_changes_nothing(self, w: World) -> None:
        attempt = await waiting(w)
        assert attempt.user is not None
        body = hook(attempt.user.id)
        calls = sum(w.simulator.calls.values())
        assert await status(w, body, signed(body, secret="another")) == 401
        assert await status(w, body, signed(body), largest=10) == 413
        assert await after(w, attempt) == attempt
        assert sum(w.simulator.calls.values()) == calls
        # It was not remembered as taken, either.
        assert await status(w, body, signed(body)) == 200
        assert await after(w, attempt) != attempt

    async def test_a_state_that_takes_no_signal_stays_as_it_is(self, w: World) -> None:
        view = await w.driver(Script(login="sms")).until("state.additionalInformationNeeded")
        before = await w.store.load(view.attempt_id)
        body = hook(w.simulator.users[0].id)
        assert await status(w, body, authentication=anybody) == 200
        await w.engine.settled()
        assert await w.store.load(view.attempt_id) == before

    async def test_a_late_one_changes_nothing_of_an_ended_attempt(self, w: World) -> None:
        end = await w.driver(Script()).run()
        before = await w.store.load(end.attempt_id)
        body = hook(w.simulator.users[0].id)
        assert await status(w, body, authentication=anybody) == 200
        await w.engine.settled()
        assert await w.store.load(end.attempt_id) == before


def test_nobody_can_be_told_from_a_stranger_by_an_empty_secret() -> None:
    with pytest.raises(ValueError, match="must not be empty"):
        Signature(Secret(""))
    with pytest.raises(TypeError, match="must be a Secret, not str"):
        Signature("S3cr3t")  # type: ignore[arg-type]  # that is the point


async def test_an_authentication_is_async() -> None:
    not_one: tuple[Any, ...] = ("secret", None, lambda request, now: True)
    async with world() as w:
        for wrong in not_one:
            with pytest.raises(TypeError, match=r"^authentication must be Signature"):
                Receiver(w.engine, wrong)
