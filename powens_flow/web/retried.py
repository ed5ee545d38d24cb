"""Requests that come again with their idempotency key."""

import asyncio
import re
from collections.abc import Callable, Coroutine
from typing import Any, Final

from attrs import frozen

from powens_flow.idempotency import IdempotencyKey
from powens_flow.view import View
from powens_flow.web.problems import Problem

HEADER: Final = "Idempotency-Key"
_KEY: Final = re.compile(r'"?([!#-~]{1,200})"?')

Work = Callable[[], Coroutine[Any, Any, View]]


def key_of(header: str | None, owner: str, request: Any) -> IdempotencyKey | None:
    """The request's key, if it has one: as it is, or quoted (the IETF's draft). Raises Problem."""
    if header is None:
        return None
    found = _KEY.fullmatch(header)
    if found is None:
        accepted = "must be 1 to 200 visible ASCII characters without quotes"
        raise Problem("invalid", f"wrong {HEADER}", {HEADER: accepted})
    return IdempotencyKey.of(owner, found[1], request)


@frozen
class _UnderWay:
    digest: str
    task: asyncio.Task[View]


class Retried:
    """The requests under way in this process that have a key: one that comes again joins."""

    def __init__(self) -> None:
        self._under_way: dict[str, _UnderWay] = {}

    async def run(self, key: IdempotencyKey | None, work: Work) -> View:
        """What the work comes to, or what the same request's comes to that came before.

        A caller that is cancelled cancels nothing for the other.
        """
        if key is None:
            return await work()
        first = self._under_way.get(key.name)
        if first is None or first.digest != key.digest:
            first = _UnderWay(key.digest, asyncio.get_running_loop().create_task(work()))
            self._under_way.setdefault(key.name, first)
            first.task.add_done_callback(lambda _: self._ended(key.name, first))
        return await asyncio.shield(first.task)

    def _ended(self, name: str, ended: _UnderWay) -> None:
        if self._under_way.get(name) is ended:
            del self._under_way[name]
        if not ended.task.cancelled():
            ended.task.exception()  # seen, should everyone have left
