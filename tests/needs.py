"""What a test needs beside Python: found, or the test is skipped with the reason; in CI it fails.

CI makes all of it present, so that there a skip would hide a missing install step.
"""

import os
import shutil
from pathlib import Path
from typing import NoReturn

import pytest

PACKAGES = Path(__file__).parent / "js" / "node_modules"
"""Where `make test` puts the npm packages that tests use."""

BROWSERS = ("chromium", "chromium-browser", "google-chrome")


def browser() -> str:
    """The path of a Chromium."""
    return next((found for name in BROWSERS if (found := shutil.which(name))), None) or _missing(
        f"a browser (one of {', '.join(BROWSERS)})"
    )


def npm_package(name: str) -> Path:
    """The folder of an npm package that `tests/js/package.json` names."""
    folder = PACKAGES / name
    return folder if folder.is_dir() else _missing(f"the npm package {name} (npm, then make test)")


def _missing(what: str) -> NoReturn:
    if os.environ.get("CI"):
        pytest.fail(f"CI has to make this present: {what}")
    pytest.skip(f"not found: {what}")
