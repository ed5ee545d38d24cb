"""Requests that schemathesis makes of the served document, sound and unsound: no 5xx, and no answer
outside the document."""

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi import checks

from powens_flow.web.limits import Limits
from powens_flow.web.routes import ROUTES
from tests.web.site import site

STREAM = "stream"
CHECKED = (
    not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
)


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[str, str]]:
    """A server on the simulator in a thread of its own: its address, and an attempt in it."""
    told: Future[tuple[str, str]] = Future()
    ends = asyncio.Event()
    loop = asyncio.new_event_loop()

    async def serve() -> None:
        limits = Limits(changes=1_000_000)
        async with site(options={"limits": limits}) as s:
            view = await s.started()
            told.set_result((str(s.client.make_url("/connect")), view["attempt_id"]))
            await ends.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    yield told.result(timeout=20)
    loop.call_soon_threadsafe(ends.set)
    thread.join()
    loop.close()


@pytest.mark.parametrize("name", [one.name for one in ROUTES if one.name != STREAM])
def test_every_answer_is_in_the_document(served: tuple[str, str], name: str) -> None:
    address, attempt_id = served
    told = requests.get(f"{address}/openapi.json", timeout=20).json()
    document: Any = schemathesis.openapi.from_dict(told)  # by its address, it would leave that out
    every = [one.ok() for one in document.get_all_operations()]
    [operation] = [one for one in every if one.definition.raw["operationId"] == name]
    cases = st.one_of(*(operation.as_strategy(generation_mode=mode) for mode in GenerationMode))
    answered = []

    @seed(20250101)
    @settings(
        max_examples=40,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(cases, st.booleans())
    def ask(case: Any, is_known: bool) -> None:
        if is_known and "id" in (case.path_parameters or {}):
            case.path_parameters["id"] = attempt_id
        response = case.call_and_validate(
            base_url=address,
            headers={"X-User": "maya"},
            checks=list(CHECKED),
            allow_redirects=False,
        )
        answered.append(response.status_code)

    ask()
    assert answered
