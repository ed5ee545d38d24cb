"""Processes that are made quickly, and waited for without blocking: what a crash test needs."""

import asyncio
import multiprocessing
from collections.abc import Callable
from multiprocessing.context import ForkServerProcess
from typing import Any

_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload(["soak.life", "soak.racer"])
"""One process imports everything once; each new one is forked from it, and is as good as fresh."""


def started(work: Callable[..., None], *arguments: Any) -> ForkServerProcess:
    """A new process that does the work. It ends with this one."""
    process = _FORKS.Process(target=work, args=arguments, daemon=True)
    process.start()
    return process


async def ended(process: ForkServerProcess, within: float) -> int | None:
    """The process's exit code, negative for a signal; None: it goes on and on, and was killed."""
    loop, over = asyncio.get_running_loop(), asyncio.Event()
    loop.add_reader(process.sentinel, over.set)
    try:
        await asyncio.wait_for(over.wait(), within)
    except TimeoutError:
        process.kill()
        process.join()
        return None
    finally:
        loop.remove_reader(process.sentinel)
    # In no other thread: starting a process looks for those that ended, too.
    process.join()
    return process.exitcode


def pipe() -> Any:
    """Two ends of a pipe that can be handed to a new process."""
    return _FORKS.Pipe()
