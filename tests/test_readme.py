"""The README: its code runs, and its tables are true."""

import importlib
import inspect
import re
from collections import defaultdict
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import attrs
import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer, unused_port

from powens_flow.api.keys import public_key
from powens_flow.api.sealing import seal_values
from powens_flow.handlers import default_registry
from powens_flow.keyring import Keyring
from powens_flow.machine import load_machines
from powens_flow.policy import Deadlines, Policy
from powens_flow.simulator import Logins, Settings, Simulator, at_the_bank, running
from powens_flow.testing import REDIRECT_URI, ManualClock, Script, world
from powens_flow.vocabulary import EVENT_TRIGGERS, PROMPT_KINDS

README = (Path(__file__).parents[1] / "README.md").read_text("utf-8")
Client = TestClient[web.Request, web.Application]


@pytest.fixture
def open_port() -> int:
    """A port that nobody listens on."""
    return unused_port()


def block(name: str) -> dict[str, Any]:
    """What the code block under the comment of that name defines."""
    found = re.search(rf"<!-- {name}: .*? -->\n```python\n(.*?)```", README, re.S)
    assert found is not None, f"the README has no block {name!r}"
    defined: dict[str, Any] = {"__name__": name}
    exec(compile(found[1], f"README.md: {name}", "exec"), defined)  # noqa: S102 - our own README
    return defined


def rows(name: str) -> list[list[str]]:
    """The cells of the table between the comments of that name, its head left out."""
    found = re.search(rf"<!-- {name}: .*? -->\n(.*?)<!-- /{name} -->", README, re.S)
    assert found is not None, f"the README has no table {name!r}"
    lines = [line for line in found[1].splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines[2:]]


def test_what_must_stand_near_the_top_does() -> None:
    top = " ".join(README[:1200].replace("> ", "").split())

    assert "Agent status" in top
    assert "L523-1" in top
    assert "Code monétaire et financier" in top
    assert "not Powens'" in top


@pytest.fixture
async def embedded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[tuple[Client, Simulator]]:
    """The embedding example, running, and the simulator that is its Powens."""
    settings = Settings(redirect_uris=("https://app.example/connect/callback",))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("POWENS_CLIENT_ID", settings.client_id)
    monkeypatch.setenv("POWENS_CLIENT_SECRET", settings.client_secret)
    monkeypatch.setenv("POWENS_FLOW_KEYS", Keyring.generate().to_jwk_set().reveal())
    async with running(Simulator(settings)) as server:
        monkeypatch.setenv("POWENS_DOMAIN", server.url)
        app = block("example")["application"]()
        async with TestClient(TestServer(app), cookies={"user": "maya"}) as client:
            yield client, server.simulator


async def test_the_embedding_example_adds_a_connection(
    embedded: tuple[Client, Simulator], capsys: pytest.CaptureFixture[str]
) -> None:
    client, simulator = embedded

    view = await _added(client)

    assert view["state"] == "completed"
    assert len(view["result"]["accounts"]) == 4
    assert "added for maya Result(" in capsys.readouterr().out
    assert not simulator.violations


async def test_the_embedding_example_shows_the_page(embedded: tuple[Client, Simulator]) -> None:
    client, _ = embedded

    async with client.get("/bank") as page:
        shown = await page.text()

    named = re.findall(r'src="(/connect/page/[^"]+)"', shown)
    assert named
    for path in named:
        async with client.get(path) as file:
            assert (file.status, file.content_type) == (200, "text/javascript")


def test_the_trial_stays_on_one_site() -> None:
    """A browser that came back to another host than it left from would be nobody's."""
    trial = README.partition("To try it on your machine")[2].partition("\n\n")[0]
    [callback] = re.findall(r"(http://\S+)/connect/callback", trial)
    [page] = re.findall(r"(http://\S+)/bank ", trial)
    [(host, port)] = re.findall(r"aiohttp\.web -H (\S+) -P (\d+)", trial)
    assert callback == page == f"http://{host}:{port}"


async def test_the_embedding_example_knows_nobody_without_a_session(
    embedded: tuple[Client, Simulator],
) -> None:
    client, _ = embedded
    client.session.cookie_jar.clear()

    async with client.post("/connect/attempts", json={}) as answer:
        assert (answer.status, (await answer.json())["code"]) == (401, "unauthenticated")


async def _added(client: Client) -> dict[str, Any]:
    """A connection of credentials, then the bank's page, as a browser does it."""
    view = await _answer(client, "/connect/attempts", {"machine": "add_connection"})
    path = f"/connect/attempts/{view['attempt_id']}"
    async with client.get(f"{path}/connectors?q=deux+rives") as found:
        chosen = (await found.json())["connectors"][0]["uuid"]
    await _answer(client, f"{path}/events", {"type": "choose_connector", "connector": chosen})
    async with client.get("/connect/publickey") as told:
        key = public_key(await told.json())
    values = seal_values({"login": "camille", "password": "98765"}, key)
    await _answer(client, f"{path}/events", {"type": "submit_values", "values": values})
    view = await _answer(client, f"{path}/events", {"type": "add_source"})
    back = await at_the_bank(client.session, view["prompt"]["url"], login="camille")
    callback = f"/connect/callback?{back.partition('?')[2]}"
    async with client.get(callback, allow_redirects=False) as returned:
        assert returned.headers["Location"] == f"/bank?attempt={view['attempt_id']}"
    async with client.get(path) as known:
        view = await known.json()
    ids = [account["id"] for account in view["prompt"]["accounts"]]
    return await _answer(client, f"{path}/events", {"type": "choose_accounts", "accounts": ids})


async def _answer(client: Client, path: str, body: Any) -> dict[str, Any]:
    async with client.post(path, json=body) as response:
        assert response.ok, await response.text()
        answer: dict[str, Any] = await response.json()
        return answer


async def test_the_webhooks_example_takes_what_powens_sends(open_port: int) -> None:
    clock = ManualClock()
    url = f"http://127.0.0.1:{open_port}/powens/webhooks/{{event}}"
    settings = Settings(webhook_url=url)
    policy = Policy(permanent_user=True, redirect_uri=REDIRECT_URI)
    async with world(clock=clock, settings=settings, policy=policy) as w:
        app = web.Application()
        block("webhooks")["add_webhooks"](app, w.engine, settings.webhook_secret)
        async with TestServer(app, port=open_port):
            await w.driver(Script()).run()
            await w.simulator.outbox.drained()
        statuses = {one.status for one in w.simulator.outbox.deliveries}
        assert statuses == {200}


async def test_the_testing_example_passes() -> None:
    await block("testing")["test_a_code_by_sms"]()


def test_the_registry_example_registers_beside_ours() -> None:
    registry = block("registry")["registry"]

    assert "is_weekend" in registry.guards
    assert load_machines(registry)


def test_the_prompts_are_told_with_the_events_that_the_machines_take() -> None:
    takes: dict[str, set[str]] = defaultdict(set)
    for machine in load_machines(default_registry()).values():
        for state in machine.states.values():
            takes[state.table.prompt or "working"] |= set(machine.accepts(state.name))
    common = {"cancel", "skip_source"}

    told = {row[0].strip("`"): set(re.findall(r"`(\w+)`", row[2])) for row in rows("prompts")}

    events = set(EVENT_TRIGGERS) - common
    assert told == {kind: takes[kind] & events for kind in PROMPT_KINDS}


def test_the_policy_is_told_with_its_defaults() -> None:
    told = {row[0].strip("`"): row[1] for row in rows("policy")}
    policy = Policy()

    assert list(told) == [a.name for a in attrs.fields(Policy)]
    for name, default in told.items():
        assert default == _shown(getattr(policy, name))
    deadlines = next(row[2] for row in rows("policy") if row[0] == "`deadlines`")
    assert re.findall(r"`(\w+)` (\d+)", deadlines) == [
        (a.name, f"{a.default:g}") for a in attrs.fields(Deadlines)
    ]


def _shown(default: Any) -> str:
    if isinstance(default, bool):
        return "yes" if default else "no"
    if default is None or default == () or isinstance(default, Deadlines):
        return {None: "none", (): "any"}.get(default, "see there")
    return f"`{default}`"


def test_the_errors_are_told_with_where_they_stand() -> None:
    table = README.partition("## Errors")[2].partition("## ")[0]
    named = re.findall(r"^\| `([\w.]+)\.(\w+)` \|", table, re.M)
    modules = {name: importlib.import_module(f"powens_flow.{name}") for name, _ in named}

    assert named
    for name, error in named:
        assert issubclass(getattr(modules[name], error), Exception)
    own = {
        name
        for name, kind in inspect.getmembers(modules["errors"], inspect.isclass)
        if kind.__module__ == "powens_flow.errors"
    }
    assert own - {"FlowError", "HandlerError"} <= {error for _, error in named}


def test_the_logins_are_the_simulators() -> None:
    table = Logins(Settings().login_files).markdown()

    told = re.search(r"<!-- logins: .*? -->\n(.*?)<!-- /logins -->", README, re.S)

    assert told is not None
    assert told[1] == table
