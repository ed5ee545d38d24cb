"""The client against the simulator: every call, and nothing that a strict server minds."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import aiohttp
import pytest

from powens_flow.api.client import PowensClient
from powens_flow.api.constants import ConnectionState
from powens_flow.api.errors import (
    BadAnswer,
    ConnectionLocked,
    Gone,
    InputRefused,
    KeyRefused,
    OutcomeUnknown,
    PowensError,
    RateLimited,
    Rejected,
    TemporaryFailure,
    Unauthorised,
    UpToDate,
)
from powens_flow.api.models import Connection
from powens_flow.api.public_keys import PublicKeys
from powens_flow.api.sealing import seal_values
from powens_flow.secret import Secret
from powens_flow.simulator import Fault, Server, Settings, Simulator, at_the_bank, running

TEST_BANK, TWO_SOURCES, DOCUMENTS = 40, 59, 102
BACK = "https://app.example/callback"


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    simulator = Simulator(Settings())
    async with running(simulator) as served:
        yield served
    assert list(simulator.violations) == []


@pytest.fixture
async def powens(server: Server) -> AsyncIterator[PowensClient]:
    settings = server.simulator.settings
    async with PowensClient(server.url, settings.client_id, settings.client_secret) as client:
        yield client


@pytest.fixture
async def token(powens: PowensClient) -> Secret:
    return (await powens.init_user()).auth_token


async def sealed(powens: PowensClient, login: str) -> dict[str, str]:
    values = {"login": login, "password": "123456"}
    return seal_values(values, await PublicKeys(powens).current())


async def added(
    powens: PowensClient, token: Secret, login: str = "marie", id_connector: int = TEST_BANK
) -> Connection:
    return await powens.create_connection(
        token,
        id_connector=id_connector,
        source="directaccess",
        values=await sealed(powens, login),
    )


async def test_a_user_from_the_first_token_to_the_last(powens: PowensClient) -> None:
    user = await powens.init_user()
    assert (user.type, user.expires_in) == ("temporary", 1800)
    code = await powens.temporary_code(user.auth_token)
    assert (code.access, code.expires_in) == ("single", 1800)
    permanent = await powens.exchange_token(code.code)
    renewed = await powens.renew_token(user.id_user, revoke_previous=True)
    with pytest.raises(Unauthorised):
        await powens.connections(permanent)
    await powens.revoke_token(renewed)
    with pytest.raises(Unauthorised):
        await powens.connections(renewed)
    again = await powens.renew_token(user.id_user)
    await powens.delete_user(again)
    with pytest.raises(Unauthorised):
        await powens.connections(again)


async def test_a_user_made_permanent_at_once(powens: PowensClient) -> None:
    user = await powens.init_user(permanent=True)
    assert (user.type, user.expires_in) == ("permanent", None)


async def test_a_temporary_token_is_exchanged_itself(powens: PowensClient, token: Secret) -> None:
    permanent = await powens.exchange_token(token)
    assert await powens.connections(permanent) == ()


async def test_connectors_their_sources_and_fields(powens: PowensClient) -> None:
    expand = ("sources", "fields", "countries")
    at_once = await powens.all_connectors(expand=expand)
    assert at_once == await powens.all_connectors(expand=expand, limit=3)
    one = next(connector for connector in at_once if connector.id == TWO_SOURCES)
    assert [source.name for source in one.sources] == ["directaccess", "openapi"]
    assert [source.priority for source in one.sources] == [1, 2]
    by_uuid = await powens.connector(one.uuid)
    assert by_uuid.sources == await powens.connector_sources(one.id) == one.sources
    assert by_uuid.fields == await powens.connector_fields(one.uuid) == one.fields
    page = await powens.connectors(limit=2, offset=1)
    assert [connector.id for connector in page.items] == [one.id for one in at_once[1:3]]
    assert await powens.all_connectors(country_codes=("zz",)) == ()
    with pytest.raises(Gone):
        await powens.connector(999_999)


@pytest.mark.parametrize("dates", ["naive", "zoned"])
async def test_a_connection_is_made_read_and_deleted(
    powens: PowensClient, server: Server, token: Secret, dates: str
) -> None:
    server.simulator.configure(dates=dates)
    made = await added(powens, token)
    assert made.state is None
    assert made.created is not None
    assert abs((made.created - datetime.now(UTC)).total_seconds()) < 60
    read = await powens.connection(token, made.id, expand=("connector", "sources"))
    assert read.connector is not None
    assert read.connector.id == TEST_BANK
    assert read.sources == await powens.connection_sources(token, made.id)
    assert [one.id for one in await powens.connections(token, all_rows=True)] == [made.id]
    await powens.disable_source(token, made.id, read.sources[0].id)
    assert await powens.connection_sources(token, made.id) == ()
    await powens.delete_connection(token, made.id)
    with pytest.raises(Gone):
        await powens.connection(token, made.id)


async def test_accounts_and_subscriptions_are_activated(
    powens: PowensClient, token: Secret
) -> None:
    bank = await added(powens, token)
    accounts = await powens.accounts(token, bank.id)
    assert [one.disabled for one in accounts] == [True, True]
    assert accounts[0].iban is not None
    assert accounts[0].currency is not None
    assert accounts[0].currency.id == "EUR"
    await powens.activate_account(token, accounts[0].id)
    assert [one.disabled for one in await powens.accounts(token, bank.id)] == [False, True]
    await powens.activate_accounts(token, bank.id, [one.id for one in accounts])
    assert not any(one.disabled for one in await powens.accounts(token, bank.id))
    assert await powens.subscriptions(token, bank.id) == ()

    provider = await added(powens, token, id_connector=DOCUMENTS)
    subscriptions = await powens.subscriptions(token, provider.id)
    await powens.activate_subscriptions(token, provider.id, [one.id for one in subscriptions])
    assert not any(one.disabled for one in await powens.subscriptions(token, provider.id))


async def test_no_account_is_an_empty_list(powens: PowensClient, token: Secret) -> None:
    made = await added(powens, token, "no-accounts")
    assert await powens.accounts(token, made.id) == ()


async def test_a_code_by_sms(powens: PowensClient, token: Secret, server: Server) -> None:
    made = await added(powens, token, "sms-wrong")
    assert made.state == ConnectionState.ADDITIONAL_INFORMATION_NEEDED
    assert [one.name for one in made.fields] == ["code"]
    code = seal_values({"code": server.simulator.logins.good_code}, await powens.public_key())
    with pytest.raises(InputRefused):
        await powens.update_connection(token, made.id, values=code)
    answered = await powens.update_connection(token, made.id, values=code, expand=("sources",))
    assert answered.state is None
    assert answered.sources[0].state is None


async def test_an_approval_in_the_app(powens: PowensClient, token: Secret) -> None:
    made = await added(powens, token, "decoupled-2")
    assert made.state == ConnectionState.DECOUPLED
    await powens.resume_connection(token, made.id)
    states = [(await powens.connection(token, made.id)).state for _ in range(3)]
    assert states[0] == ConnectionState.DECOUPLED
    assert states[-1] is None


async def test_a_consent_that_is_wanted(powens: PowensClient, token: Secret) -> None:
    made = await added(powens, token, "sca")
    assert made.state == ConnectionState.SCA_REQUIRED
    synced = await powens.force_sync(token, made.id, psu_requested=True)
    assert synced.state is None


@pytest.mark.parametrize("way", ["url", "page"])
async def test_the_banks_page(powens: PowensClient, token: Secret, way: str) -> None:
    made = await added(powens, token, id_connector=TWO_SOURCES)
    if way == "url":
        url = await powens.webauth_url(
            token, BACK, id_connection=made.id, source="openapi", state="a+/="
        )
    else:
        code = await powens.temporary_code(token)
        url = powens.webauth_page(
            code.code, BACK, id_connection=made.id, source="openapi", state="a+/="
        )
    async with aiohttp.ClientSession() as browser:
        back = await at_the_bank(browser, url.reveal())
    assert parse_qs(urlsplit(back).query) == {"id_connection": [str(made.id)], "state": ["a+/="]}
    names = [one.name for one in await powens.connection_sources(token, made.id)]
    assert names == ["directaccess", "openapi"]
    refreshed = await powens.refresh_auth(token, made.id, source="openapi")
    assert refreshed.state is not None


async def test_a_connection_that_needs_no_page(powens: PowensClient, token: Secret) -> None:
    made = await added(powens, token)
    with pytest.raises(UpToDate):
        await powens.webauth_url(token, BACK, id_connection=made.id)


async def test_wrong_credentials_leave_nothing(powens: PowensClient, token: Secret) -> None:
    with pytest.raises(InputRefused) as refused:
        await added(powens, token, "wrongpass")
    assert refused.value.message == "Identifiant ou mot de passe incorrect."
    assert refused.value.request_id
    assert await powens.connections(token) == ()


async def test_a_key_that_is_not_in_force(
    powens: PowensClient, token: Secret, server: Server
) -> None:
    keys = PublicKeys(powens)
    old = await keys.current()
    server.simulator.rotate_key()
    values = {"login": "marie", "password": "x"}
    with pytest.raises(KeyRefused):
        await powens.create_connection(
            token, id_connector=TEST_BANK, values=seal_values(values, old)
        )
    new = await keys.refresh(unless="another")
    assert new.kid != old.kid
    await powens.create_connection(token, id_connector=TEST_BANK, values=seal_values(values, new))


async def test_a_connection_that_is_locked(
    powens: PowensClient, token: Secret, server: Server
) -> None:
    made = await added(powens, token)
    server.simulator.lock(made.id, 60)
    with pytest.raises(ConnectionLocked):
        await powens.force_sync(token, made.id)


Call = Callable[[PowensClient, Secret], Awaitable[object]]


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (Fault("status", status=500), TemporaryFailure),
        (Fault("status", status=503, retry_after=9), TemporaryFailure),
        (Fault("status", status=429, retry_after=9), RateLimited),
        (Fault("status", status=401), Unauthorised),
        (Fault("status", status=404), Gone),
        (Fault("error", code="config"), Rejected),
        (Fault("drop_before"), OutcomeUnknown),
        (Fault("drop_after"), OutcomeUnknown),
        (Fault("cut_body"), OutcomeUnknown),
        (Fault("not_json"), BadAnswer),
        (Fault("wrong_shape"), BadAnswer),
    ],
    ids=lambda value: value.kind if isinstance(value, Fault) else None,
)
async def test_each_fault_is_an_error_of_the_family(
    powens: PowensClient,
    token: Secret,
    server: Server,
    fault: Fault,
    kind: type[PowensError],
) -> None:
    values = await sealed(powens, "marie")
    server.simulator.add_fault(fault)
    with pytest.raises(kind) as failed:
        await powens.create_connection(token, id_connector=TEST_BANK, values=values)
    unsure = kind in (TemporaryFailure, OutcomeUnknown, BadAnswer)
    assert failed.value.may_have_acted is unsure
    assert failed.value.retry_after == fault.retry_after
    assert [planned.met for planned in server.simulator.faults] == [1]


@pytest.mark.parametrize(
    "call",
    [
        lambda powens, token: powens.delete_user(token),
        lambda powens, token: powens.create_connection(token, id_connector=TEST_BANK, values={}),
    ],
)
async def test_a_write_is_sent_once(
    powens: PowensClient, token: Secret, server: Server, call: Call
) -> None:
    server.simulator.add_fault(Fault("drop_after", times=None))
    before = sum(server.simulator.calls.values())
    with pytest.raises(OutcomeUnknown):
        await call(powens, token)
    assert sum(server.simulator.calls.values()) == before + 1
