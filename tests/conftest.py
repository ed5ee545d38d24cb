"""What the whole suite shares."""

import pytest

from tests.taken import Recorder


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers",
        "provokes_violations: the test makes the simulator count calls that a client must not make",
    )
    config.addinivalue_line("markers", "stage(...): what a test of the page is played on")
    config.addinivalue_line("markers", "context(...): the browser context of a test of the page")
    config.pluginmanager.register(Recorder(config), "taken")
