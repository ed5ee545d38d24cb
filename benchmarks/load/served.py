"""The served process, as `powens-flow serve` starts it, on the simulator of another process."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from attrs import define

from benchmarks.simulated import Simulated

REDIRECT_URI = "http://127.0.0.1/callback"
"""One that the simulator knows; the people bring what comes back to the served process."""


@define(eq=False)
class Process:
    """The served process: its page's address, and, once it has ended, its CPU seconds."""

    address: str
    cpu: float = 0.0


@contextmanager
def served(simulated: Simulated, store: Path) -> Iterator[Process]:
    """It runs for as long as the block does."""
    command = [sys.executable, "-m", "powens_flow", "serve", "--port", "0", "--store", str(store)]
    given = {
        "POWENS_DOMAIN": simulated.url,
        "POWENS_CLIENT_ID": simulated.client_id,
        "POWENS_CLIENT_SECRET": simulated.client_secret,
        "POWENS_FLOW_POLICY_REDIRECT_URI": REDIRECT_URI,
    }
    with subprocess.Popen(  # noqa: S603 - us
        command, stdout=subprocess.PIPE, text=True, env={**os.environ, **given}
    ) as process:
        try:
            assert process.stdout is not None
            told = process.stdout.readline().split()
            if not told:
                raise RuntimeError("it did not start")
            running = Process(told[1].rstrip("/"))
            yield running
        finally:
            process.terminate()
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
    running.cpu = usage.ru_utime + usage.ru_stime
    if process.returncode != 0:
        raise RuntimeError(f"it ended with {process.returncode}")
