"""The same as the pages, as JSON."""

from typing import Any

from powens_flow.inspection import consent_of, reasons
from powens_flow.inspection.redaction import plain
from powens_flow.web.inspect.attempts import story_shown
from powens_flow.web.inspect.filters import PERIODS, filters_of, wanted_by
from powens_flow.web.inspect.funnels import period_of
from powens_flow.web.inspect.visit import Visit


async def fleet_json(visit: Visit) -> dict[str, Any]:
    """`GET json/fleet`: how many are where, how long they stay, how many are lost."""
    known, stuck = await visit.look.figures(), await visit.look.stuck()
    return {
        "counts": plain(known.counts),
        "losses": plain(known.losses),
        "spent": plain(known.spent),
        "connectors": plain(known.connectors),
        "stuck": [one.id for one in stuck.attempts],
        "more_stuck": stuck.before is not None,
    }


async def attempts_json(visit: Visit) -> dict[str, Any]:
    """`GET json/attempts`: a list, filtered as `attempts` is."""
    look = visit.look
    asked = filters_of(visit.request.query, look.limits)
    known, trouble = await look.figures(), look.trouble()
    wanted = wanted_by(asked, look.machines, known, trouble, visit.now)
    size = asked.limit or look.limits.page
    page = await look.attempts(asked, wanted, limit=size, before=asked.before)
    listed = []
    for one in page.attempts:
        shown = plain(one)
        del shown["place"]
        listed.append(shown | {"stuck": list(reasons(one, trouble, visit.now))})
    return {"attempts": listed, "before": page.before}


async def attempt_json(visit: Visit) -> dict[str, Any]:
    """`GET json/attempts/{id}`: the whole story, with the verdict."""
    story = await story_shown(visit)
    verdict = await visit.look.verdict(story)
    return {"verdict": verdict.to_json(), **story.to_json()}


async def consent_json(visit: Visit) -> dict[str, Any]:
    """`GET json/attempts/{id}/consent`: the consent."""
    story = await story_shown(visit)
    return consent_of(story.attempt, story.rows).to_json()


async def funnel_json(visit: Visit) -> dict[str, Any]:
    """`GET json/funnel`: the funnels, and how many attempts are in none of them."""
    since = PERIODS[period_of(visit)]
    funnels, left_out = await visit.look.funnels(since), await visit.look.left_out(since)
    return {"funnels": [one.to_json() for one in funnels], "left_out": dict(left_out)}
