"""No secret is on any page: the very values of a run are looked for in every answer."""

import html
import random
from pathlib import Path
from urllib.parse import quote

from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from powens_flow.store.fleet import Wanted
from powens_flow.store.sqlite import SQLiteStore
from powens_flow.testing import Script, World
from powens_flow.web.inspect import inspect_app
from tests.e2e.walker import Walk, hunt_what_is_under_way, opened
from tests.hunting import Hunt
from tests.web.inspect.desk import authenticate_staff
from tests.web.inspect.test_access import PATHS

STEPS, LOOKS = 12, 6


def holders_data(w: World) -> set[str]:
    """What the simulated banks know of their customers: names, numbers, IBANs, balances."""
    found = set()
    for connection in w.simulator.connections:
        for source in connection.sources:
            for one in (*source.accounts, *source.subscriptions):
                names = ("name", "number", "iban", "balance", "label", "subscriber")
                found |= {str(one.facts[name]) for name in names if one.facts.get(name)}
    return found


async def looked_through(
    client: TestClient[web.Request, web.Application], w: World, hunt: Hunt
) -> int:
    """Every route for every attempt; answers how many answers were looked through."""
    assert isinstance(w.store, SQLiteStore)
    page = await w.store.attempts(Wanted(), limit=200)
    addresses = [path for path in PATHS if "{id}" not in path]
    for one in page.attempts:
        addresses += [path.replace("{id}", one.id) for path in PATHS if "{id}" in path]
        addresses += [f"/attempts/{one.id}?part=", f"/attempts?owner={one.owner}"]
    for address in addresses:
        response = await client.get(f"/inspect{address}", headers={"X-Staff": "nora"})
        assert response.status < 400, address
        body = await response.read()
        hunt.expect_none(address, body)
        told = html.unescape(body.decode())
        for value in holders_data(w):
            assert value not in told, address
            assert quote(value) not in told, address
        hunt.expect_none(f"headers of {address}", repr(response.raw_headers))
    return len(addresses)


async def test_no_credential_token_address_or_holders_data_is_on_any_page(tmp_path: Path) -> None:
    hunt, luck, looked = Hunt(), random.Random(7), 0  # noqa: S311 - the same walk in each run
    async with opened(tmp_path, hunt, luck) as w:
        app = web.Application()
        app.add_subapp("/inspect", inspect_app(w.engine, authenticate_staff=authenticate_staff))
        async with TestClient(TestServer(app)) as client:
            walk = Walk(w, hunt, luck)
            for _ in range(LOOKS):
                await walk.walk(STEPS)
                await w.driver(Script(), owner=f"parked-{looked}").until("choose_accounts")
                at_bank = w.driver(Script(login="webauth"), owner=f"at-the-bank-{looked}")
                await at_bank.until("open_url")
                assert len(holders_data(w)) > 3
                await hunt_what_is_under_way(w, hunt)
                looked += await looked_through(client, w, hunt)
    assert len(hunt) > 20
    assert looked > 100
