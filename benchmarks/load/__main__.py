"""`python -m benchmarks.load`: prints the table, and writes `build/load.json`."""

import argparse
import json
import sys
from pathlib import Path

from benchmarks.load.pace import Size
from benchmarks.load.results import LIMIT
from benchmarks.load.run import load

BUILD = Path("build")


def size_of(arguments: list[str] | None = None) -> Size:
    """The size that the command line asks for."""
    size = Size()
    parser = argparse.ArgumentParser(prog="python -m benchmarks.load", description=__doc__)
    parser.add_argument("--people", type=int, default=size.people)
    parser.add_argument("--seconds", type=float, default=size.seconds)
    parser.add_argument(
        "--think", type=float, nargs=2, default=size.think, metavar=("LEAST", "MOST")
    )
    given = parser.parse_args(arguments)
    return Size(given.people, given.seconds, tuple(given.think))


def main() -> int:
    """1 if anybody met an error, or the limit was not kept."""
    measured = load(size_of(), BUILD)
    text = json.dumps(measured.as_json(), indent=2)
    (BUILD / "load.json").write_text(f"{text}\n", "utf-8")
    print(measured.table())
    for error in measured.errors[:20]:
        print(error, file=sys.stderr)
    told = measured.as_json()["event_without_call_ms"]
    return int(bool(measured.errors) or told.get("p99", 0.0) >= LIMIT)


if __name__ == "__main__":
    sys.exit(main())
