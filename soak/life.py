"""One process's life in the crash test: it takes up what it finds, or begins, and drives on."""

import asyncio
from contextlib import suppress
from random import Random

from attrs import asdict

from powens_flow.errors import NoSuchAttempt
from powens_flow.events import Event, SubmitValues
from powens_flow.testing import Driver
from powens_flow.view import View
from soak.fuse import Fuse, FusedStore, fused_session
from soak.scenarios import SCENARIOS, Scenario
from soak.site import Post, Site, machines, note_errors, open_post

OWNER = "owner-1"
LAPSED = 31.0
"""Seconds after which a dead process's lease has lapsed."""

machines()


def live(site: Site, scenario: str, kill_at: int | None, seed: int) -> None:
    """The process's work. It notes the end, and its points, if it gets there."""
    note_errors(site)
    asyncio.run(_live(site, SCENARIOS[scenario], Fuse(kill_at, Random(seed))))  # noqa: S311


class Person(Driver):
    """Notes each time that values were given, so that a second post of them can be told.

    A redirect that met a dead process is lost: the bank's page then opens no second time.
    """

    site: Site

    async def answer(self, view: View) -> Event | None:
        try:
            event = await super().answer(view)
        except RuntimeError:
            if view.prompt.kind == "open_url":
                return None
            raise
        if isinstance(event, SubmitValues):
            self.site.note("submitted", attempt=view.attempt_id)
        return event


async def _live(site: Site, scenario: Scenario, fuse: Fuse) -> None:
    def watched(store: object) -> FusedStore:
        return FusedStore(store, fuse, lambda one: site.note("created", attempt=one))

    async with (
        fused_session(fuse) as session,
        open_post(site, watched=watched, session=session) as post,
    ):
        running = asyncio.create_task(post.engine.run())
        try:
            await _drive(site, scenario, post)
        finally:
            running.cancel()
            with suppress(asyncio.CancelledError):
                await running
    site.note("points", points=fuse.points)


async def _drive(site: Site, scenario: Scenario, post: Post) -> None:
    person = Person(
        post.engine, post.clock, scenario.script, owner=OWNER, policy=scenario.policy, longest=400
    )
    person.site = site
    end = await person.run(await _begun(site, scenario, post))
    await _told(post)
    kept = await post.vault.get(OWNER)
    connections = await post.api.connections(kept.token) if kept else ()
    site.note(
        "end",
        attempt=end.attempt_id,
        state=end.state,
        result=asdict(end.result, value_serializer=_plain) if end.result else None,
        user=kept.id_user if kept else None,
        connections=[one.id for one in connections],
    )


def _plain(_: object, __: object, value: object) -> object:
    return value.isoformat() if hasattr(value, "isoformat") else value


async def _begun(site: Site, scenario: Scenario, post: Post) -> View:
    """The attempt that an earlier life left, or a new one where there is none."""
    owner = post.engine.for_owner(OWNER)
    created = [one["attempt"] for one in site.notes("created")]
    if created:
        post.clock.advance(LAPSED)
        await post.engine.tick()
    for attempt_id in reversed(created):
        with suppress(NoSuchAttempt):  # killed before it was stored
            return await owner.get(attempt_id)
    if not scenario.reconnects:
        return await owner.start(policy=scenario.policy)
    kept = await post.vault.get(OWNER)
    assert kept is not None, "made before the first life"
    (connection,) = await post.api.connections(kept.token)
    return await owner.reconnect(connection.id, policy=scenario.policy)


async def _told(post: Post) -> None:
    """Wait until the listeners heard of everything; `run` tells what earlier lives left."""
    while await post.engine.store.untold(1):
        await post.engine.settled()
        await asyncio.sleep(0.001)
