"""Attempts over HTTP: started, read, moved, ended."""

from powens_flow.simulator import at_the_bank
from tests.web.site import site


async def test_a_connection_is_added_from_the_first_request_to_the_last() -> None:
    async with site() as s:
        view = await s.started()
        assert (view["prompt"]["kind"], view["version"] > 0) == ("choose_connector", True)
        path = f"/attempts/{view['attempt_id']}"
        found = await (await s.get(f"{path}/connectors", params={"q": "deux rives"})).json()
        chosen = found["connectors"][0]["uuid"]
        view = await s.sent(view, type="choose_connector", connector=chosen)
        assert view["prompt"]["kind"] == "fill_in_fields"
        view = await s.sealed(view, login="camille", password="98765")
        view = await s.sent(view, type="add_source")
        url = await at_the_bank(s.client.session, view["prompt"]["url"], login="camille")
        back = await s.get(f"/callback?{url.partition('?')[2]}", user=None)
        assert back.status == 303
        assert back.headers["Location"] == f"/bank?attempt={view['attempt_id']}"
        view = await (await s.get(path)).json()
        ids = [account["id"] for account in view["prompt"]["accounts"]]
        view = await s.sent(view, type="choose_accounts", accounts=ids)
        assert view["state"] == "completed"
        assert view["result"]["accounts"] == ids
        assert not s.world.simulator.violations


async def test_the_public_key_is_the_domains() -> None:
    async with site() as s:
        key = await (await s.get("/publickey")).json()
        assert (key["kty"], key["use"]) == ("RSA", "enc")
        assert key == await s.world.engine.public_key()
        assert set(key) == {"kty", "use", "n", "e", "kid"}


async def test_nobody_asks_without_an_owner() -> None:
    async with site() as s:
        view = await s.started()
        path = f"/attempts/{view['attempt_id']}"
        for answer in (
            await s.post("/attempts", {}, user=None),
            await s.get(path, user=None),
            await s.post(f"{path}/events", {"type": "cancel"}, user=None),
            await s.get(f"{path}/connectors", user=None),
            await s.get(f"{path}/stream", user=None),
            await s.get("/publickey", user=None),
        ):
            assert answer.status == 401
            assert (await answer.json())["code"] == "unauthenticated"


async def test_anothers_attempt_does_not_exist() -> None:
    async with site() as s:
        view = await s.started()
        path = f"/attempts/{view['attempt_id']}"
        for answer in (
            await s.get(path, user="eve"),
            await s.post(f"{path}/events", {"type": "cancel"}, user="eve"),
            await s.get(f"{path}/connectors", user="eve"),
            await s.get(f"{path}/stream", user="eve"),
        ):
            assert answer.status == 404
            assert (await answer.json())["code"] == "no_such_attempt"
        assert (await (await s.get(path)).json()) == view
