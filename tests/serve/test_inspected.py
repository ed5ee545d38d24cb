"""`/inspect` of a served process: for whoever sits at the machine, where all is simulated."""

from pathlib import Path

import aiohttp
import pytest

from benchmarks.load.person import Person, Plan
from powens_flow.config import Configuration
from powens_flow.serve.staff import is_own
from powens_flow.simulator import Settings, Simulator, running
from tests.serve.conftest import Serve, serving
from tests.serve.test_options import at_once
from tests.serve.test_run import configured


async def looked(address: str, path: str = "/inspect/", host: str | None = None) -> tuple[int, str]:
    """Status and text of a page, asked for without a cookie, by any name of the host."""
    headers = {"Host": host} if host else {}
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"{address}{path}", headers=headers) as response,
    ):
        return response.status, await response.text()


async def test_attempts_are_seen_to_move(served: Serve) -> None:
    here = await served()
    assert here.inspect == f"{here.address}/inspect/"
    status, text = await looked(here.address)
    assert (status, "Seen by developer." in text) == (200, True)
    end = await Person(here.address, Plan("40", login="sms"), at_once).run()
    status, text = await looked(here.address, f"/inspect/attempts/{end['attempt_id']}")
    assert status == 200
    assert "state.additionalInformationNeeded" in text
    _, text = await looked(here.address, "/")
    assert 'href="/inspect/"' in text


@pytest.mark.parametrize(
    ("host", "status"),
    [("localhost:1", 200), ("[::1]", 200), ("127.0.0.1.evil.example", 403), ("0.0.0.0:80", 403)],
)
async def test_a_name_that_may_lead_anywhere_is_refused(
    served: Serve, host: str, status: int
) -> None:
    """A page of elsewhere, whose name was made to lead to this machine, is of its own origin."""
    here = await served()
    assert (await looked(here.address, host=host))[0] == status


async def test_where_others_reach_the_machine_there_is_none() -> None:
    async with serving(Configuration(port=0, host="0.0.0.0")) as here:  # noqa: S104 - what is tried
        assert here.inspect is None
        assert (await looked(here.address))[0] == 404
        assert "/inspect/" not in (await looked(here.address, "/"))[1]


async def test_on_a_real_domain_there_is_none(tmp_path: Path) -> None:
    async with (
        running(Simulator(Settings())) as server,
        serving(configured(server, tmp_path)) as here,
    ):
        assert here.inspect is None
        assert (await looked(here.address))[0] == 404


@pytest.mark.parametrize("host", ["", "x", "[::", "evil.example", "192.0.2.1", "localhost.evil"])
def test_another_host_is_not_our_own(host: str) -> None:
    assert not is_own(host)
