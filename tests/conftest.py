"""What the whole suite shares."""

import pytest

from tests.taken import Recorder


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers",
        "provokes_violations: the test makes the simulator count calls that a client must not make",
    )
    config.pluginmanager.register(Recorder(config), "taken")
