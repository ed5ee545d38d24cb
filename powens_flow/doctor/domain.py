"""The domain: whether it answers, its public key, the client, and what time it thinks it is."""

import secrets
from collections.abc import Iterable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final

import aiohttp
from attrs import frozen
from jwcrypto.jwk import JWK

from powens_flow.api import PowensClient, PowensError
from powens_flow.api.errors import BadAnswer
from powens_flow.api.keys import PublicKey
from powens_flow.clock import Clock
from powens_flow.config.values import Configuration
from powens_flow.doctor.finding import Finding, ok, unknown, warning, wrong
from powens_flow.doctor.unreached import why_unreached
from powens_flow.secret import Secret

SLOW_CLOCK: Final = 30.0
"""Seconds between the two clocks from which it is worth a word."""

WRONG_CLOCK: Final = 240.0
"""Seconds: signed webhooks are refused from 300 on."""


@frozen
class Domain:
    """Whether the domain answered, and the key that it gave."""

    finding: Finding
    is_there: bool = True
    key: PublicKey | None = None

    def key_findings(self) -> tuple[Finding, ...]:
        """What is to be said of the key, where there is one."""
        if self.key is None:
            return ()
        named = f"RSA, {self.key.bits} bits, kid {self.key.kid}"
        if self.key.kid != _thumbprint_kid(self.key):
            mend = "ask Powens whether the key is theirs: in production the kid is its thumbprint"
            says = f"{named}, which is not its thumbprint (RFC 7638)"
            return (warning("public key", says, mend),)
        return (ok("public key", named),)


async def check_domain(api: PowensClient) -> Domain:
    """`GET /publickey`: it needs no client, and shows the key that credentials are sealed for."""
    where = api.base_url
    try:
        key = await api.public_key()
    except BadAnswer as error:
        return Domain(_bad_answer(where, error), error.path is not None)
    except PowensError as error:
        if error.status is None:
            why, mend = why_unreached(error.met)
            says = f"{where} does not answer: {why}"
            return Domain(wrong("domain", says, mend), is_there=False)
        mend = "check powens.domain; if it is right, Powens has trouble"
        return Domain(wrong("domain", f"{where} answers {error}", mend), is_there=False)
    return Domain(ok("domain", f"{where} answers"), key=key)


def _bad_answer(where: str, error: BadAnswer) -> Finding:
    if error.path is None:
        mend = "check powens.domain: this is not the Powens API"
        return wrong("domain", f"{where} answers {error}", mend)
    mend = "credentials cannot be sealed: tell Powens"
    says = f"the key's {error.path.lstrip('.')} is not {error.wanted}"
    return wrong("public key", says, mend)


def _thumbprint_kid(key: PublicKey) -> str:
    members = {name: value for name, value in key.members.items() if name in ("kty", "n", "e")}
    return f"rsa-{JWK(**members).thumbprint()}"


# --- the client ----------------------------------------------------------------------------------


async def check_client(
    api: PowensClient, configuration: Configuration, session: aiohttp.ClientSession
) -> Finding:
    """The client id and secret, by exchanging a code that does not exist: nothing comes of it.

    No read of the API wants them. A client that is known is refused for the code; so it is known
    if it is answered otherwise than one whose secret was made up just now. Both secrets are
    hidden in both answers: one that is a word of the answer would tell them apart.
    """
    made_up = Secret(secrets.token_hex(32))
    stranger = PowensClient(api.base_url, api.client_id, made_up, session=session)
    hidden = [one for one in (made_up, configuration.client_secret) if one is not None]
    ours, strangers = await _refusal(api, hidden), await _refusal(stranger, hidden)
    if ours is None or strangers is None:
        return unknown("client", "the API does not answer an exchange", "try again later")
    if ours == strangers:
        mend = "compare powens.client_id and the client secret with the console"
        says = "the client id and secret are answered as a made-up secret is"
        return wrong("client", says, mend)
    return ok("client", f"client {configuration.client_id} is known, with this secret")


async def _refusal(api: PowensClient, hidden: Iterable[Secret]) -> tuple[Any, ...] | None:
    try:
        await api.exchange_token(Secret("no-such-code"), hidden=hidden)
    except PowensError as error:
        if error.status is None or error.retryable:
            return None
        return error.status, error.code, error.description
    return ("exchanged",)


# --- the clock -----------------------------------------------------------------------------------


async def check_clock(session: aiohttp.ClientSession, base: str, clock: Clock) -> Finding:
    """This machine's clock against the `Date` of the server's answer."""
    theirs = await _date(session, f"{base}publickey")
    if theirs is None:
        return unknown("clock", "the server does not say what time it is")
    apart = (clock.now() - theirs).total_seconds()
    says = f"{abs(apart):.0f} s {'ahead of' if apart > 0 else 'behind'} the server's"
    mend = "synchronise the clock (NTP)"
    if abs(apart) >= WRONG_CLOCK:
        return wrong("clock", f"{says}: signed webhooks are refused", mend)
    if abs(apart) >= SLOW_CLOCK:
        return warning("clock", says, mend)
    return ok("clock", "as the server's")


async def _date(session: aiohttp.ClientSession, url: str) -> datetime | None:
    try:
        async with session.get(url, allow_redirects=False) as response:
            date = parsedate_to_datetime(response.headers.get("Date", ""))
    except (TimeoutError, aiohttp.ClientError, OSError, ValueError):
        return None
    return date if date.tzinfo is not None else date.replace(tzinfo=UTC)
