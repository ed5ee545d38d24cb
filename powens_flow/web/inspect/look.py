"""What the pages read: the store, asked in one place and no oftener than it has to be."""

import hashlib
from collections.abc import Hashable, Mapping
from datetime import datetime, timedelta
from typing import Final

from aiohttp import web
from attrs import define

from powens_flow.clock import Clock
from powens_flow.diagrams import Overlay
from powens_flow.inspection import Funnel, Story, funnel_of, heat_of, left_out, story_of, trouble
from powens_flow.inspection.verdict import Verdict, verdict_on
from powens_flow.machine import Definition, Machines
from powens_flow.store.fleet import Fleet, Page, Trouble, Wanted
from powens_flow.web.inspect.cache import Cache
from powens_flow.web.inspect.figures import Figures
from powens_flow.web.inspect.limits import InspectLimits

FIRST_STUCK: Final = 20
"""How many stuck attempts the first page lists."""

LIST_CACHE: Final = 50
PICTURES: Final = 40
KEPT: Final = 3600.0
"""Seconds that a picture is kept whose content is its key."""


@define(eq=False)
class Look:
    """Reads for all pages. `fleet` is there from the application's start on."""

    limits: InspectLimits
    _fleet: Fleet | None = None
    _machines: Machines | None = None
    _clock: Clock | None = None
    _figures: Cache | None = None
    _lists: Cache | None = None
    _pictures: Cache | None = None

    def begin(self, fleet: Fleet, machines: Machines, clock: Clock) -> None:
        """Read from here from now on."""
        self._fleet, self._machines, self._clock = fleet, machines, clock
        self._figures, self._lists = Cache(clock), Cache(clock, most=LIST_CACHE)
        self._pictures = Cache(clock, most=PICTURES)

    async def close(self) -> None:
        """Ask nothing more."""
        for cache in (self._figures, self._lists, self._pictures):
            if cache is not None:
                await cache.close()

    @property
    def fleet(self) -> Fleet:
        """The store. Raises RuntimeError before the application has started."""
        if self._fleet is None:
            raise RuntimeError("the application has not started: there is no store yet")
        return self._fleet

    @property
    def machines(self) -> Machines:
        """The machines that stories are told by."""
        assert self._machines is not None, "begun with the store"
        return self._machines

    @property
    def pictures(self) -> Cache:
        """Pictures that were drawn."""
        assert self._pictures is not None, "begun with the store"
        return self._pictures

    def now(self) -> datetime:
        """The present moment."""
        assert self._clock is not None, "begun with the store"
        return self._clock.now()

    def trouble(self) -> Trouble:
        """What counts as stuck at this moment."""
        return trouble(self.machines, self.now())

    # --- the fleet -------------------------------------------------------------------------------

    async def figures(self, since: timedelta | None = None) -> Figures:
        """The fleet's figures: of all attempts, or of those begun since so long ago."""
        assert self._figures is not None, "begun with the store"
        spent = await self._figures.get("spent", self.limits.times, self.fleet.spent)

        async def ask() -> Figures:
            start = None if since is None else self.now() - since
            counts = await self.fleet.counts(since=start)
            losses = await self.fleet.losses(since=start)
            return Figures(counts, losses, spent, await self.fleet.connectors())

        return await self._figures.get(("figures", since), self.limits.figures, ask)

    async def funnels(self, since: timedelta | None) -> tuple[Funnel, ...]:
        """The funnel of each machine that has attempts."""
        known = await self.figures(since)
        each = (
            funnel_of(machine, known.counts, known.losses, known.connectors)
            for machine in self.machines.values()
        )
        return tuple(one for one in each if one.attempts)

    async def left_out(self, since: timedelta | None) -> Mapping[str, int]:
        """How many attempts are of machines that are not loaded here, by their names."""
        return left_out(self.machines, (await self.figures(since)).counts)

    async def heat(self, machine: Definition) -> Overlay:
        """The live picture's overlay, which may be some seconds old."""
        assert self._figures is not None, "begun with the store"

        async def ask() -> Overlay:
            known = await self.figures()
            return heat_of(machine, known.counts, known.losses, known.spent)

        return await self._figures.get(("heat", machine.name), self.limits.picture, ask)

    async def stuck(self) -> Page:
        """The newest attempts that do not get on by themselves."""
        return await self.attempts(
            "stuck", Wanted(stuck=self.trouble()), limit=FIRST_STUCK, before=None
        )

    async def attempts(
        self, asked: Hashable, wanted: Wanted, *, limit: int, before: int | None
    ) -> Page:
        """A list; `asked` says what was asked for, without the moment that is in `wanted`."""
        assert self._lists is not None, "begun with the store"
        return await self._lists.get(
            (asked, limit, before),
            self.limits.figures,
            lambda: self.fleet.attempts(wanted, limit=limit, before=before),
        )

    # --- one attempt -----------------------------------------------------------------------------

    async def story(self, attempt_id: str) -> Story:
        """The story of one attempt, as it is now. Raises `NoSuchAttempt`."""
        return await story_of(self.fleet, self.machines, attempt_id)

    async def verdict(self, story: Story) -> Verdict:
        """Why the attempt is where it is."""
        return await verdict_on(self.fleet, story, self.trouble(), self.now())


LOOK = web.AppKey("powens_flow.inspect", Look)


def digest(*parts: object) -> str:
    """A short name for a content."""
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:20]
