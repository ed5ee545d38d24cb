"""What happened to one attempt, transition by transition; what came again and again once."""

from collections.abc import Iterator, Sequence
from typing import Any

from powens_flow.attempt import CallRecord, JournalRow
from powens_flow.inspection import Story, spoken
from powens_flow.inspection.folding import Round, rounds, same
from powens_flow.inspection.verdict import has_failed
from powens_flow.web.inspect.markup import Child, Html, html, tag
from powens_flow.web.inspect.shown import at, badge, code, note

SHORTEST = 0.05
"""Seconds; what was shorter took no time."""


def timeline(story: Story, most: int) -> Html:
    """The latest transitions, the newest last."""
    rows = story.rows[-most:]
    left_out = len(story.rows) - len(rows)
    if not rows:
        return note("Nothing yet.")
    before = note(f"{left_out} earlier transitions: see the JSON.") if left_out else None
    items = [one for each in rounds([same(row) for row in rows]) for one in _round(rows, each)]
    return html(before, tag("ol", items, class_="timeline"))


def _round(rows: Sequence[JournalRow], each: Round) -> Iterator[Html]:
    every = rows[each.place : each.place + each.length * each.times]
    yield from (_row(row) for row in every[: each.length])
    if each.times > 1:
        yield _again(every, each)


def _row(row: JournalRow) -> Html:
    failed = any(has_failed(call) for call in row.calls)
    return tag(
        "li",
        tag("div", at(row.at), _spent(row.duration), class_="when"),
        tag("div", _moved(row), class_="what"),
        tag("ul", _details(row), class_="with") if row.calls or _told(row) else None,
        class_="failed" if failed else None,
    )


def _spent(seconds: float) -> Html | None:
    return tag("small", f"after {spoken(seconds)}") if seconds >= SHORTEST else None


def _moved(row: JournalRow) -> Html:
    where = code(row.dest) if row.dest != row.source else html(code(row.dest), " again")
    by = html(tag("strong", row.trigger), " ", tag("small", f"({row.cause})"))
    return html(code(row.source), " ", by, " → ", where)


def _details(row: JournalRow) -> Iterator[Html]:
    yield from (tag("li", _call(call)) for call in row.calls)
    told = _told(row)
    if told:
        yield tag("li", ", ".join(told))


def _call(call: CallRecord) -> Html:
    answer = str(call.status) if call.status is not None else "no answer"
    parts: list[Child] = [code(call.name), " "]
    parts.append(badge(answer, "bad" if has_failed(call) else "good"))
    parts.append(html(" ", code(call.code)) if call.code else None)
    parts.append(f" {1000 * call.duration:.0f} ms")
    parts.append(html(" request_id ", code(call.request_id)) if call.request_id else None)
    return html(parts)


def _told(row: JournalRow) -> list[str]:
    """What the event or the outcome said that is fit to keep."""
    facts = ((key, value) for key, value in row.facts.items() if value not in (False, None, []))
    return [f"{key.replace('_', ' ')} {_value(value)}" for key, value in facts]


def _value(value: Any) -> str:
    if isinstance(value, list):
        return "+".join(map(str, value))
    return "yes" if value is True else str(value)


def _again(rows: Sequence[JournalRow], each: Round) -> Html:
    """One line for the further rounds of a loop, with the last call made."""
    what = "the same" if each.length == 1 else f"the {each.length} above"
    spent = spoken(sum(row.duration for row in rows[each.length :]))
    calls = [call for row in rows for call in row.calls]
    last = html("; the last call: ", _call(calls[-1])) if calls else None
    return tag(
        "li",
        tag("div", at(rows[-1].at), tag("small", f"after {spent}"), class_="when"),
        tag("div", f"{what}, {_more(each.times - 1)}", last, class_="what"),
        class_="again",
    )


def _more(times: int) -> str:
    return "once more" if times == 1 else f"{times} more times"
