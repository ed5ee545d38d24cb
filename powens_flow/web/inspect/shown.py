"""What a page answers, and the parts that pages are made of."""

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final

from attrs import frozen

from powens_flow.inspection.durations import spoken
from powens_flow.web.inspect.markup import Child, Html, html, tag
from powens_flow.web.inspect.visit import Links


@frozen
class Shown:
    """A page: its title, the sections of its `main`, and what is said aloud when that changes.

    `poll`: after how many seconds it asks again; None: it changes no more.
    """

    title: str
    body: Html
    poll: float | None = None
    said: str = ""
    status: int = 200


_MOVING: Final = re.compile(r"(<time [^>]*data-(?:since|until)[^>]*>)[^<]*")


def still(text: str) -> str:
    """The HTML without the words that change with time alone: what a tag of its content is of."""
    return _MOVING.sub(r"\1", text)


def section(name: str, heading: Child, *children: Child, class_: str | None = None) -> Html:
    """A section of a page that is replaced as one when it has changed."""
    head = tag("h2", heading, id=f"{name}-heading")
    return tag(
        "section", head, *children, id=name, class_=class_, aria_labelledby=f"{name}-heading"
    )


def at(moment: datetime | None) -> Html:
    """A moment, in UTC as in every log."""
    if moment is None:
        return tag("span", "-", class_="none")
    return tag("time", f"{moment:%Y-%m-%d %H:%M:%S} UTC", datetime=moment.isoformat())


def since(moment: datetime, now: datetime) -> Html:
    """How long ago a moment was: `3 m 12 s`."""
    told = spoken(max(0.0, (now - moment).total_seconds()))
    return tag("time", told, datetime=moment.isoformat(), data_since=True)


def until(moment: datetime, now: datetime) -> Html:
    """How far off a moment is: `in 3 m 12 s`, or `3 m 12 s ago`."""
    left = (moment - now).total_seconds()
    told = f"in {spoken(left)}" if left >= 0 else f"{spoken(-left)} ago"
    return tag("time", told, datetime=moment.isoformat(), data_until=True)


def table(label: str, heads: Mapping[str, str], rows: Iterable[Iterable[Child]]) -> Html:
    """A table; `heads` are the columns with their class (`number`, `code`, or none). What is wider
    than the screen is scrolled, also by keyboard."""
    head = tag(
        "tr", (tag("th", name, scope="col", class_=kind or None) for name, kind in heads.items())
    )
    body = (_row(tuple(row), tuple(heads.values())) for row in rows)
    made = tag("table", tag("thead", head), tag("tbody", body))
    return tag(
        "div", made, class_="scroll", role="region", tabindex=0, aria_label=f"{label}, a table"
    )


def _row(cells: tuple[Child, ...], kinds: tuple[str, ...]) -> Html:
    first, *rest = zip(cells, kinds, strict=True)
    head = tag("th", first[0], scope="row", class_=first[1] or None)
    return tag("tr", head, (tag("td", cell, class_=kind or None) for cell, kind in rest))


def facts(pairs: Iterable[tuple[str, Child]]) -> Html:
    """Names and values; those without a value are left out."""
    return tag(
        "dl",
        (
            tag("div", tag("dt", name), tag("dd", value))
            for name, value in pairs
            if value not in (None, "")
        ),
        class_="facts",
    )


def link(address: str, *children: Child, **attributes: str | None) -> Html:
    """A link."""
    return tag("a", *children, href=address, **attributes)


def attempt_link(links: Links, attempt_id: str) -> Html:
    """A link to an attempt's page."""
    return link(links.attempt(attempt_id), attempt_id, class_="id")


def badge(text: str, kind: str) -> Html:
    """A word that stands out; it says by itself what its colour says."""
    return tag("span", text, class_=f"badge {kind}")


def code(text: str | int | None) -> Html:
    """Something to be copied: an id, a name, a code."""
    return html() if text is None else tag("code", text)


def note(*children: Child) -> Html:
    """A remark under a heading."""
    return tag("p", *children, class_="note")
