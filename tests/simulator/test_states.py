"""Each state a login leads to, and what ends it."""

import asyncio

import pytest

from powens_flow.simulator import Settings
from tests.simulator.client import Client, Reply, until

pytestmark = pytest.mark.usefixtures("user")
CONNECTIONS = "users/me/connections"


async def stopped_at(client: Client, login: str, state: str) -> str:
    """Creates a connection that stops at `state`; answers its path."""
    made = await client.create(login)
    assert (made.status, made.body["state"], made.body["error"]) == (202, state, state)
    return f"{CONNECTIONS}/{made.body['id']}"


async def state(client: Client, path: str) -> str | None:
    shape: dict[str, str | None] = (await client.get(path)).body
    return shape["state"]


async def answer_code(client: Client, path: str, code: str = "123456") -> Reply:
    return await client.post(path, await client.sealed(code=code))


async def test_a_code_is_asked_for_by_the_connections_fields(client: Client) -> None:
    path = await stopped_at(client, "sms", "additionalInformationNeeded")
    shape = (await client.get(path)).body
    assert [field["name"] for field in shape["fields"]] == ["code"]
    assert shape["error_message"] == "Saisissez le code reçu par SMS."
    wrong = await answer_code(client, path, "000000")
    assert (wrong.status, wrong.body["code"]) == (400, "wrongpass")
    assert await state(client, path) == "additionalInformationNeeded"
    assert (await answer_code(client, path)).status == 200


async def test_a_code_twice(client: Client) -> None:
    path = await stopped_at(client, "sms-twice", "additionalInformationNeeded")
    again = await answer_code(client, path)
    assert (again.status, again.body["state"]) == (202, "additionalInformationNeeded")
    assert (await answer_code(client, path)).body["state"] is None


async def test_the_first_code_is_refused(client: Client) -> None:
    path = await stopped_at(client, "sms-wrong", "additionalInformationNeeded")
    assert (await answer_code(client, path)).body["message"] == "Code incorrect."
    assert (await answer_code(client, path)).body["state"] is None


async def test_approval_comes_at_the_nth_poll_after_the_resume(client: Client) -> None:
    path = await stopped_at(client, "decoupled-2", "decoupled")
    for _ in range(3):
        assert await state(client, path) == "decoupled"
    resumed = await client.post(path, {"resume": True}, background="true")
    assert (resumed.status, resumed.body["state"]) == (202, "decoupled")
    assert [await state(client, path) for _ in range(2)] == ["decoupled", None]


async def test_a_blocking_resume_counts_as_a_poll(client: Client) -> None:
    path = await stopped_at(client, "decoupled-2", "decoupled")
    assert (await client.post(path, {"resume": True})).status == 202
    assert (await client.post(path, {"resume": True})).body["state"] is None
    assert (await client.post(path, {"resume": True})).status == 200


async def test_a_blocking_resume_blocks_until_approval(client: Client) -> None:
    path = await stopped_at(client, "decoupled-after-30", "decoupled")
    resume = asyncio.create_task(client.post(path, {"resume": True}))
    await until(lambda: client.simulator.clock.sleepers)
    assert (await client.post(path, {"resume": True})).status == 409
    assert await state(client, path) == "decoupled"
    assert not resume.done()
    client.simulator.advance(30)
    assert (await resume).body["state"] is None


@pytest.mark.parametrize("settings", [Settings(resume_block_seconds=60)])
async def test_a_resume_that_is_not_approved_ends_at_last(client: Client) -> None:
    path = await stopped_at(client, "decoupled-never", "decoupled")
    resume = asyncio.create_task(client.post(path, {"resume": True}))
    await until(lambda: client.simulator.clock.sleepers)
    client.simulator.advance(60)
    assert (await resume).status == 202


@pytest.mark.parametrize("settings", [Settings(resume_block_seconds=30)])
async def test_a_blocking_resume_counts_for_the_state_it_was_made_in(client: Client) -> None:
    path = await stopped_at(client, "decoupled-2", "decoupled")
    read = asyncio.create_task(client.post(path, {"resume": True}))
    await until(lambda: client.simulator.clock.sleepers)
    assert [await state(client, path) for _ in range(2)] == ["decoupled", None]
    client.simulator.advance(30)
    assert (await read).status == 200

    path = await stopped_at(client, "decoupled-2", "decoupled")
    changed = asyncio.create_task(client.post(path, {"resume": True}))
    await until(lambda: client.simulator.clock.sleepers)
    client.simulator.set_state(int(path.rpartition("/")[2]), "wrongpass")
    client.simulator.advance(30)
    assert (await changed).body["state"] == "wrongpass"


async def test_validating_passes_by_itself(client: Client) -> None:
    path = await stopped_at(client, "validating-2", "validating")
    assert [await state(client, path) for _ in range(2)] == ["validating", None]


async def test_approval_leads_by_validating(client: Client) -> None:
    path = await stopped_at(client, "decoupled-validating-2", "decoupled")
    await client.post(path, {"resume": True}, background="true")
    assert [await state(client, path) for _ in range(3)] == ["validating", "validating", None]


@pytest.mark.parametrize(
    ("login", "then"),
    [
        ("sca", None),
        ("sca-sms", "additionalInformationNeeded"),
        ("sca-decoupled-1", "decoupled"),
        ("sca-validating-1", "validating"),
        ("sca-webauth", "webauthRequired"),
        ("sca-wrongpass", "wrongpass"),
        ("sca-password-expired", "passwordExpired"),
        ("sca-action-needed", "actionNeeded"),
        ("sca+bug-5", "bug"),
        ("sca+sms+decoupled-1", "additionalInformationNeeded"),
    ],
)
async def test_a_forced_sync_brings_sca_required_to_the_next_state(
    client: Client, login: str, then: str | None
) -> None:
    path = await stopped_at(client, login, "SCARequired")
    assert (await client.post(path, {})).body["state"] == then


async def test_sms_and_then_approval(client: Client) -> None:
    path = await stopped_at(client, "sms+decoupled-1", "additionalInformationNeeded")
    assert (await answer_code(client, path)).body["state"] == "decoupled"
    assert (await client.post(path, {"resume": True})).body["state"] is None


async def test_action_needed_ends_with_a_forced_sync(client: Client) -> None:
    path = await stopped_at(client, "action-needed", "actionNeeded")
    assert "conditions générales" in (await client.get(path)).body["error_message"]
    assert (await client.put(path)).body["state"] is None


@pytest.mark.parametrize(
    ("login", "shown"), [("wrongpass-later", "wrongpass"), ("password-expired", "passwordExpired")]
)
async def test_new_values_end_a_wrong_or_expired_password(
    client: Client, login: str, shown: str
) -> None:
    path = await stopped_at(client, login, shown)
    assert (await client.post(path, {})).body["state"] == shown
    fields = (await client.get(path)).body.get("fields", [])
    assert [field["name"] for field in fields] == (
        ["login", "password"] if shown == "wrongpass" else []
    )
    assert (await client.post(path, await client.sealed(password="new"))).body["state"] is None


async def test_other_credentials_bring_their_own_scenario(client: Client) -> None:
    path = await stopped_at(client, "wrongpass-later", "wrongpass")
    refused = await client.post(path, await client.sealed(login="wrongpass", password="pw"))
    assert (refused.status, refused.body["code"]) == (400, "wrongpass")
    assert await state(client, path) == "wrongpass"
    asked = await client.post(path, await client.sealed(login="sms", password="pw"))
    assert asked.body["state"] == "additionalInformationNeeded"


@pytest.mark.parametrize(
    ("login", "shown"),
    [
        ("rate-limiting-60", "rateLimiting"),
        ("unavailable-60", "websiteUnavailable"),
        ("bug-60", "bug"),
    ],
)
async def test_a_temporary_state_heals_by_itself(client: Client, login: str, shown: str) -> None:
    path = await stopped_at(client, login, shown)
    assert (await client.get(path)).body["next_try"] == "2025-03-10 13:01:00"
    client.simulator.advance(59)
    assert (await client.post(path, {})).body["state"] == shown
    client.simulator.advance(1)
    assert await state(client, path) is None


async def test_what_is_set_aside_heals_when_it_is_used_again(client: Client) -> None:
    path = await stopped_at(client, "bug-60", "bug")
    source = f"{path}/sources/{client.simulator.connections[0].sources[0].id}"
    await client.post(source, {"disabled": True})
    client.simulator.advance(60)
    (set_aside,) = (await client.get(f"{path}/sources?all")).body["sources"]
    assert (set_aside["state"], set_aside["last_update"]) == ("bug", None)
    assert (await client.post(source, {"disabled": False})).body["state"] is None


async def test_a_sync_of_a_source_that_was_not_added_is_refused(client: Client) -> None:
    path = await stopped_at(client, "sca", "SCARequired")
    refused = await client.put(path, source="openapi")
    assert (refused.status, refused.body["code"]) == (400, "notSupported")
    assert (await client.put(path, source="directaccess")).body["state"] is None


async def test_what_is_deleted_heals_no_more(client: Client) -> None:
    path = await stopped_at(client, "bug-60", "bug")
    await client.delete("users/me")
    client.simulator.advance(60)
    await client.new_user()
    path = await stopped_at(client, "bug-60", "bug")
    connection = client.simulator.connections[0]
    await client.delete(path)
    client.simulator.advance(60)
    assert connection.state == "bug"


@pytest.mark.parametrize(
    ("login", "shown"),
    [
        ("rate-limiting-never", "rateLimiting"),
        ("unavailable-never", "websiteUnavailable"),
        ("bug-never", "bug"),
        ("decoupled-never", "decoupled"),
        ("validating-never", "validating"),
        ("not-supported", "notSupported"),
        ("unknown-state", "solarEclipse"),
    ],
)
async def test_some_states_never_end(client: Client, login: str, shown: str) -> None:
    path = await stopped_at(client, login, shown)
    await client.post(path, {"resume": True}, background="true")
    client.simulator.advance(1700)
    assert (await client.post(path, {})).body["state"] == shown


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("bankMessage", 400),
        ("websiteUnavailable", 503),
        ("bug", 500),
        ("tooManySync", 429),
        ("connectionLocked", 409),
        ("keymanager", 400),
        ("forbidden", 403),
        ("wrongPass", 400),
        ("neverHeardOf", 400),
    ],
)
async def test_each_error_code_can_be_had(client: Client, code: str, status: int) -> None:
    refused = await client.create(f"error-{code}-once")
    assert (refused.status, refused.body["code"]) == (status, code)
    assert (await client.create(f"error-{code}-once")).status == 201
    assert (await client.create(f"error-{code}")).status == status


async def test_no_account(client: Client) -> None:
    number = (await client.create("no-accounts")).body["id"]
    for kind in ("accounts", "subscriptions"):
        none = await client.get(f"{CONNECTIONS}/{number}/{kind}", all="")
        assert (none.status, none.body["code"]) == (400, "noAccount")


async def test_a_slow_check_makes_the_connection_at_its_end(client: Client) -> None:
    creation = asyncio.create_task(client.create("slow-90"))
    await until(lambda: client.simulator.clock.sleepers)
    assert (await client.get(CONNECTIONS)).body["connections"] == []
    client.simulator.advance(90)
    assert (await creation).status == 201


async def test_a_slow_check_can_go_on_in_the_background(client: Client) -> None:
    path = f"{CONNECTIONS}/{(await client.create()).body['id']}"
    values = await client.sealed(login="slow-60+sms", password="pw")
    assert (await client.post(path, values, background="true")).status == 200
    await until(lambda: client.simulator.clock.sleepers)
    assert (await client.post(path, {})).body["code"] == "connectionLocked"
    client.simulator.advance(60)
    await client.simulator.settle()
    assert await state(client, path) == "additionalInformationNeeded"
