import asyncio
import gc

import pytest
from jwcrypto.jwk import JWK

from powens_flow.api.client import PowensClient
from powens_flow.api.errors import BadAnswer, TemporaryFailure
from powens_flow.api.public_keys import PublicKeys
from tests.api.conftest import Host

MEMBERS = JWK.generate(kty="RSA", size=2048, use="enc").export_public(as_dict=True)


def key(kid: str) -> dict[str, str]:
    return {**MEMBERS, "kid": kid}


@pytest.fixture
def keys(client: PowensClient) -> PublicKeys:
    return PublicKeys(client)


async def test_the_key_is_fetched_once_for_all(host: Host, keys: PublicKeys) -> None:
    host.answers(key("k1"))
    found = await asyncio.gather(*[keys.current() for _ in range(20)])
    assert {one.kid for one in found} == {"k1"}
    assert (await keys.current()).kid == "k1"
    assert len(host.asked) == 1


async def test_a_refresh_fetches_anew_once_for_all(host: Host, keys: PublicKeys) -> None:
    host.answers(key("k1"))
    host.answers(key("k2"))
    await keys.current()
    found = await asyncio.gather(*[keys.refresh() for _ in range(20)])
    assert {one.kid for one in found} == {"k2"}
    assert (await keys.current()).kid == "k2"
    assert len(host.asked) == 2


async def test_a_key_that_is_here_already_is_not_fetched(host: Host, keys: PublicKeys) -> None:
    host.answers(key("k1"))
    host.answers(key("k2"))
    await keys.current()
    assert (await keys.refresh(unless="k2")).kid == "k2"
    assert (await keys.refresh(unless="k2")).kid == "k2"
    assert len(host.asked) == 2


async def test_who_is_cancelled_cancels_nothing_for_the_others(
    host: Host, keys: PublicKeys
) -> None:
    host.answers(key("k1"))
    first, second = asyncio.ensure_future(keys.current()), asyncio.ensure_future(keys.current())
    await asyncio.sleep(0)
    first.cancel()
    assert (await second).kid == "k1"
    assert first.cancelled()
    assert len(host.asked) == 1


async def test_a_failure_reaches_all_who_wait_and_is_not_kept(host: Host, keys: PublicKeys) -> None:
    host.answers({}, status=503)
    host.answers(key("k1"))
    failed = await asyncio.gather(*[keys.current() for _ in range(3)], return_exceptions=True)
    assert [type(one) for one in failed] == [TemporaryFailure] * 3
    assert (await keys.current()).kid == "k1"


async def test_a_failed_refresh_leaves_the_key_at_hand(host: Host, keys: PublicKeys) -> None:
    host.answers(key("k1"))
    host.answers({"kty": "EC"})
    await keys.current()
    with pytest.raises(BadAnswer) as bad:
        await keys.refresh()
    assert bad.value.path == "kty"
    assert (await keys.current()).kid == "k1"


async def test_a_failure_that_nobody_waits_for_is_no_noise(host: Host, keys: PublicKeys) -> None:
    host.answers({}, status=503)
    noise: list[object] = []
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, context: noise.append(context))
    alone = asyncio.ensure_future(keys.current())
    await asyncio.sleep(0)
    alone.cancel()
    with pytest.raises(TemporaryFailure):
        await keys.current()
    gc.collect()
    assert noise == []
