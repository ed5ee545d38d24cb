"""`python -m soak faults|crash|race|clock|fuzz|all [--seed N]`: prints one line of JSON a proof.

Each line is also appended to `build/soak.jsonl`. Exit status 0 only if no proof found anything bad.
"""

import argparse
import asyncio
import json
import sys
import time
import traceback
from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from soak.line import BAD, is_good
from soak.progress import Stalled, going_on

LINES = Path(__file__).parents[1] / "build" / "soak.jsonl"


PROOFS = ("faults", "crash", "race", "clock", "fuzz")


def main(arguments: list[str] | None = None) -> int:
    """Run the proofs that were asked for; the exit status."""
    parser = argparse.ArgumentParser(prog="python -m soak", description=(__doc__ or "").strip())
    parser.add_argument("proof", choices=[*PROOFS, "all"])
    parser.add_argument("--seed", type=int, help="of what is random (each proof has its own)")
    given = parser.parse_args(arguments)
    options = {} if given.seed is None else {"seed": given.seed}
    lines = [asyncio.run(proven(name, options)) for name in _asked(given.proof)]
    return 0 if all(map(is_good, lines)) else 1


def _asked(name: str) -> Iterator[str]:
    if name != "all":
        yield name
        return
    yield from (one for one in PROOFS if find_spec(f"soak.{one}") is not None)


async def proven(name: str, options: dict[str, Any]) -> dict[str, Any]:
    """The line of one proof, printed and kept."""
    begun = time.perf_counter()
    try:
        async with going_on():
            line = await import_module(f"soak.{name}").run(**options)
    except Exception as error:
        traceback.print_exc()
        words = f": {error}" if isinstance(error, Stalled) else ""
        what = f"unhandled: {type(error).__name__}{words}"
        line = {"proof": name, "tried": 0, **dict.fromkeys(BAD, 0), "unhandled": 1, "wrong": [what]}
    line["seconds"] = round(time.perf_counter() - begun, 1)
    _keep(json.dumps(line, ensure_ascii=False))
    return dict(line)


def _keep(text: str) -> None:
    print(text, flush=True)
    LINES.parent.mkdir(exist_ok=True)
    with LINES.open("a", encoding="utf-8") as lines:
        lines.write(f"{text}\n")


if __name__ == "__main__":
    sys.exit(main())
