"""One run: three processes (simulator, served, people), and what was measured."""

import asyncio
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import attrs

from benchmarks.load.pace import Size
from benchmarks.load.person import Request
from benchmarks.load.results import Load, steps_without_call
from benchmarks.load.served import served
from benchmarks.simulated import Simulated, simulated


def load(size: Size, build: Path) -> Load:
    """Measure; the store lies in `build` meanwhile, and not where there may be no disk."""
    build.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=build) as folder, simulated() as powens:
        return _loaded(size, Path(folder), powens)


def _loaded(size: Size, folder: Path, powens: Simulated) -> Load:
    store = folder / "attempts.sqlite"
    with served(powens, store) as process:
        told = _people(process.address, size, folder / "people.json")
    violations = asyncio.run(powens.violations())
    errors = [*told["errors"], *(f"the simulator counted: {one}" for one in violations)]
    return Load(
        size=size,
        seconds=told["seconds"],
        ended=told["ended"],
        errors=errors,
        requests=[Request(**one) for one in told["requests"]],
        without_call=asyncio.run(steps_without_call(store)),
        cpu={"served": process.cpu, "people": told["cpu"]},
    )


def _people(address: str, size: Size, file: Path) -> dict[str, Any]:
    given = json.dumps(attrs.asdict(size))
    command = [sys.executable, "-m", "benchmarks.load.people", address, str(file), given]
    subprocess.run(command, check=True)  # noqa: S603 - us
    told: dict[str, Any] = json.loads(file.read_text("utf-8"))
    return told
