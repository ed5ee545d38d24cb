"""The doctor, on the simulator: all well, and each fault found, with what to mend."""

import sqlite3
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer, unused_port
from attrs import evolve
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from powens_flow.clock import SystemClock
from powens_flow.config import Configuration
from powens_flow.config.keys import keyring
from powens_flow.doctor import Finding, Status, examine
from powens_flow.doctor.unreached import why_unreached
from powens_flow.keyring import Keyring
from powens_flow.policy import Policy
from powens_flow.secret import Secret
from powens_flow.simulator import Server, Settings, Simulator, running
from powens_flow.simulator.faults import Fault
from powens_flow.store.sqlite import SQLiteStore
from powens_flow.testing import ManualClock
from powens_flow.vault import PermanentUser, StoreVault

OK, WARNING, WRONG, UNKNOWN = Status.OK, Status.WARNING, Status.WRONG, Status.UNKNOWN


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    async with running(Simulator(Settings())) as made:
        yield made


@pytest.fixture
async def callback() -> AsyncIterator[str]:
    """A backend that takes the bank's redirect."""

    async def back(_: web.Request) -> web.Response:
        return web.Response(status=303, headers={"Location": "/"})

    async def broken(_: web.Request) -> web.Response:
        return web.Response(status=502)

    app = web.Application()
    app.add_routes([web.get("/callback", back), web.get("/broken", broken)])
    async with TestServer(app) as made:
        yield str(made.make_url("/callback"))


@pytest.fixture
def configured(server: Server, callback: str, tmp_path: Path) -> Configuration:
    settings = server.simulator.settings
    return Configuration(
        domain=server.url,
        client_id=settings.client_id,
        client_secret=Secret(settings.client_secret),
        store=tmp_path / "attempts.sqlite",
        policy=Policy(redirect_uri=callback),
    )


def self_signed(folder: Path) -> ssl.SSLContext:
    """A server's context, whose certificate nobody vouches for."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = SystemClock().now()
    made = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    made = made.not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
    form = serialization.Encoding.PEM
    plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    file = folder / "server.pem"
    signed = made.sign(key, hashes.SHA256())
    file.write_bytes(key.private_bytes(form, *plain) + signed.public_bytes(form))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(file)
    return context


@asynccontextmanager
async def served_with(context: ssl.SSLContext) -> AsyncIterator[int]:
    """The port of a TLS server."""
    runner = web.AppRunner(web.Application())
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context).start()
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()


async def found(configuration: Configuration, **options: Any) -> dict[str, Finding]:
    """The worst finding of each check."""
    worst: dict[str, Finding] = {}
    order = [OK, UNKNOWN, WARNING, WRONG]
    for finding in await examine(configuration, **options):
        before = worst.get(finding.check)
        if before is None or order.index(finding.status) > order.index(before.status):
            worst[finding.check] = finding
        assert finding.mend or finding.status in (OK, UNKNOWN)
    return worst


def redirected_to(configuration: Configuration, address: str | None) -> Configuration:
    return evolve(configuration, policy=Policy(redirect_uri=address))


# --- all well -----------------------------------------------------------------------------------


async def test_where_all_is_well_nothing_is_wrong_and_nothing_has_changed(
    configured: Configuration, server: Server
) -> None:
    findings = await found(configured)
    assert {name: one.status for name, one in findings.items()} == {
        "domain": OK,
        "public key": OK,
        "client": OK,
        "clock": OK,
        "redirect URI": WARNING,  # plain http, on this machine
        "redirect URI's page": OK,
        "redirect URI's registration": UNKNOWN,
        "store": OK,
        "disk": OK,
        "keys": OK,
    }
    assert configured.store is not None
    assert list(configured.store.parent.iterdir()) == []
    assert not server.simulator.users
    assert not server.simulator.violations


async def test_without_a_domain_only_this_machine_is_looked_at(tmp_path: Path) -> None:
    findings = await found(Configuration(store=tmp_path / "attempts.sqlite"))
    assert findings["domain"].status is UNKNOWN
    assert "the simulator is used" in findings["domain"].says
    assert "client" not in findings


# --- the domain ---------------------------------------------------------------------------------


async def test_a_domain_that_does_not_answer(configured: Configuration) -> None:
    nobody = evolve(configured, domain=f"http://127.0.0.1:{unused_port()}/2.0/")
    findings = await found(nobody)
    assert findings["domain"].status is WRONG
    assert "does not answer: the connection is refused" in findings["domain"].says
    assert "(ConnectionRefusedError)" in findings["domain"].says
    assert "firewalls" in findings["domain"].mend
    assert "client" not in findings


async def test_a_domain_whose_name_nobody_knows(configured: Configuration) -> None:
    finding = (await found(evolve(configured, domain="https://nobody.invalid/2.0/")))["domain"]
    assert finding.status is WRONG
    assert "its name cannot be looked up (ClientConnectorDNSError)" in finding.says
    assert "DNS" in finding.mend


async def test_a_domain_whose_certificate_is_not_trusted(
    configured: Configuration, tmp_path: Path
) -> None:
    async with served_with(self_signed(tmp_path)) as port:
        there = f"https://127.0.0.1:{port}/2.0/"
        finding = (await found(evolve(configured, domain=there)))["domain"]
    assert finding.status is WRONG
    assert "its certificate is not trusted here (ClientConnectorCertificate" in finding.says
    assert "certificates" in finding.mend


async def test_a_domain_that_speaks_no_tls(configured: Configuration, callback: str) -> None:
    there = callback.replace("http:", "https:").replace("/callback", "/2.0/")
    finding = (await found(evolve(configured, domain=there)))["domain"]
    assert "no TLS can be spoken with it (ClientConnectorSSLError)" in finding.says


@pytest.mark.parametrize(
    ("met", "said"),
    [
        ("ConnectionTimeoutError", "no connection is made in time (ConnectionTimeoutError)"),
        ("TimeoutError", "says nothing in time (TimeoutError)"),
        ("OddError", "no answer comes (OddError)"),
        (None, "no answer comes"),
    ],
)
def test_each_way_of_not_answering_says_what_it_means(met: str | None, said: str) -> None:
    says, mend = why_unreached(met)
    assert says.endswith(said)
    assert mend


async def test_a_domain_that_is_something_else(configured: Configuration, callback: str) -> None:
    findings = await found(evolve(configured, domain=callback.removesuffix("/callback")))
    assert findings["domain"].status is WRONG
    assert "check powens.domain" in findings["domain"].mend


async def test_a_domain_in_trouble(configured: Configuration, server: Server) -> None:
    server.simulator.add_fault(Fault("status", path="/publickey", status=503, times=None))
    findings = await found(configured)
    assert findings["domain"].status is WRONG
    assert "503" in findings["domain"].says


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"kty": "EC"}, "the key's kty is not RSA"),
        ({"kty": "RSA", "use": "sig"}, "the key's use is not enc"),
        ({"kty": "RSA", "use": "enc", "n": "AQAB", "e": "AQAB"}, "the key's n is not 2048"),
    ],
)
async def test_a_key_that_nothing_can_be_sealed_for(
    configured: Configuration, server: Server, body: Any, said: str
) -> None:
    fault = Fault("wrong_shape", path="/publickey", body=body, times=None)
    server.simulator.add_fault(fault)
    findings = await found(configured)
    assert findings["public key"].status is WRONG
    assert said in findings["public key"].says


async def test_a_key_whose_kid_is_not_its_thumbprint(
    configured: Configuration, tmp_path: Path
) -> None:
    async with running(Simulator(Settings(kid="mine"))) as other:
        findings = await found(evolve(configured, domain=other.url))
    assert findings["public key"].status is WARNING
    assert "thumbprint" in findings["public key"].says


# --- the client ---------------------------------------------------------------------------------


async def test_a_wrong_secret(configured: Configuration) -> None:
    findings = await found(evolve(configured, client_secret=Secret("S3cr3t")))
    assert findings["client"].status is WRONG
    assert "S3cr3t" not in str(findings)


@pytest.mark.parametrize("word", ["wrong", "secret", "client", "e", "no-such-code", "forbidden"])
async def test_a_secret_that_is_a_word_of_the_answer(configured: Configuration, word: str) -> None:
    findings = await found(evolve(configured, client_secret=Secret(word)))
    assert findings["client"].status is WRONG
    async with running(Simulator(Settings(client_secret=word))) as other:
        right = evolve(configured, domain=other.url, client_secret=Secret(word))
        assert (await found(right))["client"].status is OK


async def test_a_wrong_client_id(configured: Configuration) -> None:
    assert (await found(evolve(configured, client_id="99")))["client"].status is WRONG


async def test_a_client_that_nobody_can_judge(configured: Configuration, server: Server) -> None:
    server.simulator.add_fault(Fault("drop_before", path="/auth/**", times=None))
    assert (await found(configured))["client"].status is UNKNOWN


# --- the clock ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("seconds", "status", "said"),
    [(-600, WRONG, "behind"), (600, WRONG, "ahead of"), (90, WARNING, "ahead of"), (0, OK, "")],
)
async def test_a_clock_that_is_not_the_servers(
    configured: Configuration, seconds: float, status: Status, said: str
) -> None:
    clock = ManualClock(SystemClock().now() + timedelta(seconds=seconds))
    finding = (await found(configured, clock=clock))["clock"]
    assert finding.status is status
    assert said in finding.says


# --- the redirect URI ---------------------------------------------------------------------------


async def test_a_redirect_uri_that_nobody_serves(configured: Configuration) -> None:
    there = f"http://127.0.0.1:{unused_port()}/callback"
    findings = await found(redirected_to(configured, there))
    assert findings["redirect URI's page"].status is WARNING


@pytest.mark.parametrize(("path", "status"), [("/nowhere", "404"), ("/broken", "502")])
async def test_a_redirect_uri_whose_page_is_broken(
    configured: Configuration, callback: str, path: str, status: str
) -> None:
    findings = await found(redirected_to(configured, callback.replace("/callback", path)))
    assert findings["redirect URI's page"].status is WRONG
    assert status in findings["redirect URI's page"].says


async def test_a_redirect_uri_over_plain_http(configured: Configuration) -> None:
    findings = await found(redirected_to(configured, "http://app.invalid/callback"))
    assert findings["redirect URI"].status is WRONG


async def test_a_redirect_uri_of_an_app(configured: Configuration) -> None:
    findings = await found(redirected_to(configured, "myapp://callback"))
    assert findings["redirect URI"].status is UNKNOWN


async def test_no_redirect_uri(configured: Configuration) -> None:
    assert (await found(redirected_to(configured, None)))["redirect URI"].status is WRONG


# --- the store and its keys ---------------------------------------------------------------------


def with_store(configured: Configuration) -> tuple[Configuration, Path]:
    assert configured.store is not None
    return configured, configured.store


async def test_a_store_that_is_in_use(configured: Configuration) -> None:
    configured, path = with_store(configured)
    ring = keyring(configured, path)
    async with SQLiteStore(path) as store:
        await StoreVault(store, ring).put("ann", PermanentUser(7, Secret("token")))
        findings = await found(configured)
    assert findings["store"].status is OK
    assert "has schema" in findings["store"].says
    assert findings["keys"].status is OK


async def test_another_applications_database(configured: Configuration) -> None:
    configured, path = with_store(configured)
    with sqlite3.connect(path) as db:
        db.execute("create table cats (name text)")
    db.close()
    finding = (await found(configured))["store"]
    assert finding.status is WRONG
    assert "another application's" in finding.says


async def test_a_store_of_a_newer_version(configured: Configuration) -> None:
    configured, path = with_store(configured)
    async with SQLiteStore(path):
        pass
    with sqlite3.connect(path) as db:
        db.execute("pragma user_version = 99")
    db.close()
    finding = (await found(configured))["store"]
    assert finding.status is WRONG
    assert "schema 99" in finding.says


async def test_a_file_that_is_no_database(configured: Configuration) -> None:
    configured, path = with_store(configured)
    path.write_bytes(b"not a database, however long it may be" * 100)
    finding = (await found(configured))["store"]
    assert finding.status is WRONG
    assert "cannot be opened" in finding.says


async def test_a_store_that_cannot_be_made(configured: Configuration, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    there = evolve(configured, store=tmp_path / "file" / "attempts.sqlite")
    finding = (await found(there))["store"]
    assert finding.status is WRONG
    assert "cannot be made" in finding.says


@pytest.mark.parametrize(("free", "status"), [(10**6, WRONG), (10**8, WARNING), (10**12, OK)])
async def test_a_full_disk(
    configured: Configuration, monkeypatch: pytest.MonkeyPatch, free: int, status: Status
) -> None:
    class Usage:
        pass

    Usage.free = free  # type: ignore[attr-defined] # all that is looked at
    monkeypatch.setattr("shutil.disk_usage", lambda _: Usage)
    assert (await found(configured))["disk"].status is status


async def stored_under(configured: Configuration, ring: Keyring) -> None:
    assert configured.store is not None
    async with SQLiteStore(configured.store) as store:
        await StoreVault(store, ring).put("ann", PermanentUser(7, Secret("token")))


async def test_tokens_that_no_key_opens(configured: Configuration) -> None:
    configured, path = with_store(configured)
    await stored_under(configured, Keyring.generate("lost"))
    keyring(configured, path)
    finding = (await found(configured))["keys"]
    assert finding.status is WRONG
    assert "give back the key lost" in finding.mend


async def test_keys_that_are_lost(configured: Configuration) -> None:
    await stored_under(configured, Keyring.generate())
    finding = (await found(configured))["keys"]
    assert finding.status is WRONG
    assert "is not there" in finding.says


async def test_keys_that_others_can_read(configured: Configuration) -> None:
    configured, path = with_store(configured)
    keyring(configured, path)
    file = path.with_name(f"{path.name}.keys")
    assert file.stat().st_mode & 0o777 == 0o600
    file.chmod(0o644)
    finding = (await found(configured))["keys"]
    assert finding.status is WARNING
    assert "chmod 600" in finding.mend


async def test_a_file_of_keys_that_is_none(configured: Configuration) -> None:
    configured, path = with_store(configured)
    path.with_name(f"{path.name}.keys").write_text("S3cr3t")
    finding = (await found(configured))["keys"]
    assert finding.status is WRONG
    assert "S3cr3t" not in finding.says


def test_keys_are_made_once(configured: Configuration) -> None:
    configured, path = with_store(configured)
    assert keyring(configured, path).kids == keyring(configured, path).kids
    own = evolve(configured, keys=Keyring.generate("own").to_jwk_set())
    assert keyring(own, path).kids == ("own",)
