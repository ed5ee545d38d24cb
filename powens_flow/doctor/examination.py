"""All checks, in the order in which a person would make them."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Final

import aiohttp

from powens_flow.api import PowensClient
from powens_flow.clock import Clock, SystemClock
from powens_flow.config.values import Configuration, store_path
from powens_flow.doctor.domain import check_client, check_clock, check_domain
from powens_flow.doctor.finding import Finding, unknown
from powens_flow.doctor.keys import check_keys
from powens_flow.doctor.redirect import check_redirect
from powens_flow.doctor.store import check_store

PATIENCE: Final = aiohttp.ClientTimeout(total=10.0)


async def examine(
    configuration: Configuration,
    *,
    clock: Clock | None = None,
    environ: Mapping[str, str] | None = None,
) -> tuple[Finding, ...]:
    """What is found of a configuration. Reads only, and asks for nothing that could act."""
    clock = clock or SystemClock()
    store = store_path(configuration, environ)
    here = (*check_store(store), *check_keys(configuration, store))
    if configuration.is_simulated:
        says = "no domain is configured: the simulator is used"
        return (unknown("domain", says, "set powens.domain, or POWENS_DOMAIN"), *here)
    return (*await _outside(configuration, clock), *here)


async def _outside(configuration: Configuration, clock: Clock) -> tuple[Finding, ...]:
    async with _open(configuration) as (session, api):
        domain = await check_domain(api)
        findings = [domain.finding, *domain.key_findings()]
        if domain.is_there:
            findings.append(await check_client(api, configuration, session))
            findings.append(await check_clock(session, api.base_url, clock))
        findings += await check_redirect(session, configuration.policy.redirect_uri)
    return tuple(findings)


@asynccontextmanager
async def _open(
    configuration: Configuration,
) -> AsyncIterator[tuple[aiohttp.ClientSession, PowensClient]]:
    assert configuration.domain is not None
    assert configuration.client_id is not None
    async with (
        aiohttp.ClientSession(timeout=PATIENCE, cookie_jar=aiohttp.DummyCookieJar()) as session,
        PowensClient(
            configuration.domain,
            configuration.client_id,
            configuration.client_secret,
            session=session,
            calls_a_minute=configuration.calls_a_minute,
        ) as api,
    ):
        yield session, api
