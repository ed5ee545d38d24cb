"""The machines walked at random: nothing unhandled, every walk at rest, no secret anywhere.

Policies, connectors, logins, answers, faults and the clock are drawn; what must hold is in
`walker.Walk`.
"""

import asyncio
import base64
import random
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from tests.e2e.walker import walked
from tests.hunting import Hunt, forms

PARTS, WALKS, STEPS = 4, 16, 25
FAULTS = {"handler.failed", "drive.failed", "listener.failed"}
"""What the engine logs of an exception that nobody foresaw."""


@pytest.mark.parametrize("part", range(PARTS))  # so that several processes share the walks
@settings(
    max_examples=WALKS,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
@given(seed=st.integers(0, 2**64 - 1))
def test_walks_at_random_keep_every_promise(part: int, seed: int) -> None:
    luck = random.Random(f"{part} {seed}")  # noqa: S311 - the same walks in each run
    with tempfile.TemporaryDirectory() as name, capture_logs() as log:
        hunt = asyncio.run(walked(Path(name), luck, STEPS, log))
        assert len(hunt) > 0
        told = {str(one["event"]) for one in log}
        assert "attempt.transition" in told
        assert not [one for one in log if one["event"] in FAULTS]


@pytest.mark.parametrize(
    "hidden",
    [
        "before {} after",
        '{{"password": "{}"}}',
    ],
)
def test_a_secret_is_found_in_every_form(hidden: str) -> None:
    secret = "zq-1-geheïm/+=-word"
    hunt = Hunt()
    hunt.add([secret], "a word")
    hunt.expect_none("nothing", hidden.format("something else"))
    for form in forms(secret):
        with pytest.raises(AssertionError, match=r"^a secret stands in a text: a word"):
            hunt.expect_none("a text", hidden.format(form.decode()))
    for before in ("", "x", "xy", "xyz"):
        encoded = base64.b64encode(hidden.format(before + secret).encode())
        with pytest.raises(AssertionError):
            hunt.expect_none("a text", encoded)
