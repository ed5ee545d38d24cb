"""The domain: each way of not answering, and keys that nothing can be sealed for."""

from pathlib import Path
from typing import Any

import pytest
from aiohttp.test_utils import unused_port
from attrs import evolve

from powens_flow.config import Configuration
from powens_flow.doctor.unreached import why_unreached
from powens_flow.simulator import Server, Settings, Simulator, running
from powens_flow.simulator.faults import Fault
from tests.doctor.certificates import self_signed, served_with
from tests.doctor.findings import WARNING, WRONG, found


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
