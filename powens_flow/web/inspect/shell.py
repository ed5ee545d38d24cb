"""The frame of every page: head, navigation, and what the script for live updating needs."""

import hashlib
from collections.abc import Iterator

from powens_flow.web.inspect.markup import Child, Html, html, tag
from powens_flow.web.inspect.shown import Shown, at, link, still
from powens_flow.web.inspect.visit import Links, Visit

NAME = "powens_flow"


def page(visit: Visit, shown: Shown) -> tuple[str, str]:
    """The whole document, and a tag of its content: the same as long as nothing has happened."""
    content = hashlib.sha256(still(shown.title + shown.body + shown.said).encode()).hexdigest()[:32]
    links = visit.links
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="color-scheme", content="light dark"),
        tag("title", f"{shown.title} · {NAME}"),
        tag("link", rel="stylesheet", href=links.file("inspect.css")),
        tag("link", rel="icon", href=links.file("inspect.svg"), type="image/svg+xml"),
        tag("script", src=links.file("inspect.js"), type="module"),
    )
    body = tag(
        "body",
        link("#main", "Skip to content", class_="skip"),
        tag("header", _header(visit)),
        tag("main", tag("h1", shown.title), shown.body, id="main", tabindex=-1),
        tag("footer", _footer(visit)),
        data_root=links.root,
        data_now=visit.now.isoformat(),
        data_tag=content,
        data_poll=None if shown.poll is None else f"{shown.poll:g}",
        data_said=shown.said,
    )
    return f"<!doctype html>\n{tag('html', head, body, lang='en')}\n", content


def _header(visit: Visit) -> Html:
    links = visit.links
    places = [
        (links.root or "./", "Now"),
        (links.attempts(), "Attempts"),
        (links.funnel(), "Funnel"),
        *((links.machine(name), name) for name in sorted(visit.look.machines)),
    ]
    here = visit.request.rel_url.raw_path
    items = (tag("li", _place(address, name, here)) for address, name in places)
    return html(
        tag("nav", tag("ul", items), aria_label="Pages"),
        tag(
            "div",
            tag("p", "As of ", at(visit.now), ". Reload to see what is new.", id="live"),
            id="tools",
        ),
    )


def _place(address: str, name: str, here: str) -> Html:
    path = address.partition("?")[0].removeprefix("../").removeprefix("../").removeprefix("./")
    is_here = here.endswith(f"/{path}")
    return link(address, name, aria_current="page" if is_here else None)


def _footer(visit: Visit) -> Iterator[Child]:
    yield tag("p", "Here one can only look. To act: ", tag("code", "powens-flow attempts --help"))
    yield tag("p", f"Seen by {visit.staff}. All times are UTC.")


def bare(title: str, detail: str | None, fields: dict[str, str], links: Links) -> str:
    """A plain page for what cannot be shown, also to somebody who may see nothing."""
    told = (tag("li", tag("code", name), f": {what}") for name, what in fields.items())
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="color-scheme", content="light dark"),
        tag("title", f"{title} · {NAME}"),
        tag("link", rel="stylesheet", href=links.file("inspect.css")),
    )
    main = tag(
        "main",
        tag("h1", title),
        detail and tag("p", detail),
        fields and tag("ul", told),
        tag("p", link(links.root or "./", "To the first page")),
    )
    return f"<!doctype html>\n{tag('html', head, tag('body', main), lang='en')}\n"
