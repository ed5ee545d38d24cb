"""The pytest plugin, in a run of its own."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
WITHOUT = ("-m", "pytest", "-q", "-p", "no:asyncio", "-p", "no:xdist", "test_one.py")


def test_without_its_companion_the_fixture_says_so(tmp_path: Path) -> None:
    (tmp_path / "test_one.py").write_text("def test_one(powens_world): ...", "utf-8")
    (tmp_path / "pytest_asyncio.py").write_text("raise ImportError", "utf-8")
    run = subprocess.run(  # noqa: S603 - this very interpreter
        [sys.executable, *WITHOUT],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 1, run.stderr
    assert "powens_world needs pytest-asyncio" in run.stdout
