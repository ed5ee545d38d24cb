"""The client's id and secret, and what time the domain thinks it is."""

from datetime import timedelta

import pytest
from attrs import evolve

from powens_flow.clock import SystemClock
from powens_flow.config import Configuration
from powens_flow.doctor import Status
from powens_flow.secret import Secret
from powens_flow.simulator import Server, Settings, Simulator, running
from powens_flow.simulator.faults import Fault
from powens_flow.testing import ManualClock
from tests.doctor.findings import OK, UNKNOWN, WARNING, WRONG, found


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
