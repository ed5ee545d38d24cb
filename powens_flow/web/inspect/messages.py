"""One attempt as messages between user, backend, Powens and bank: a sequence diagram in HTML.

The messages are those of `inspection.sequence`, which writes them as Mermaid text of a few forms;
here they become lanes that need no script and no Graphviz, and are read out in order.
"""

import re
from typing import Final

from attrs import frozen

from powens_flow.inspection import Story, sequence_of
from powens_flow.web.inspect.markup import Html, html, tag
from powens_flow.web.inspect.shown import note

LANES: Final = ("user", "backend", "powens", "bank", "staff")
MOST: Final = 400
"""Lines that are drawn."""

_DECLARED: Final = re.compile(r"(?:actor|participant) (\w+) as (.+)")
_MESSAGE: Final = re.compile(r"(\w+?)(->>|-->>|--x)(\w+): (.*)")
_NOTE: Final = re.compile(r"Note over (\w+): (.*)")
_LOOP: Final = re.compile(r"loop (\d+) times")
_ENTITY: Final = re.compile(r"#(\d+);")


@frozen
class Message:
    """One line: from whom to whom, or a note at one lane (`source` is `to`).

    `arrow` is `call`, `answer`, `lost` or `note`; `times` says how often the round it is in came.
    """

    source: str
    to: str
    text: str
    arrow: str
    times: int = 1


def read(text: str) -> tuple[tuple[str, ...], tuple[Message, ...]]:
    """The lanes, and the messages in order. Raises ValueError for a line of no known form."""
    lanes: list[str] = []
    messages: list[Message] = []
    times = 1
    for line in map(str.strip, text.splitlines()[1:]):
        if declared := _DECLARED.fullmatch(line):
            lanes.append(declared[1])
        elif loop := _LOOP.fullmatch(line):
            times = int(loop[1])
        elif line == "end":
            times = 1
        else:
            messages.append(_message(line, times))
    return tuple(one for one in LANES if one in lanes), tuple(messages)


_ARROWS: Final = {"->>": "call", "-->>": "answer", "--x": "lost"}


def _message(line: str, times: int) -> Message:
    if found := _NOTE.fullmatch(line):
        return Message(found[1], found[1], _plain(found[2]), "note", times)
    if found := _MESSAGE.fullmatch(line):
        source, arrow, to, text = found.groups()
        return Message(source, to, _plain(text), _ARROWS[arrow], times)
    raise ValueError("no message of a sequence diagram")


def _plain(text: str) -> str:
    return _ENTITY.sub(lambda found: chr(int(found[1])), text)


def sequence(story: Story) -> Html:
    """The messages as lanes."""
    lanes, messages = read(sequence_of(story))
    left_out = len(messages) - MOST
    heads = tag("div", (tag("span", one) for one in lanes), class_="lanes", aria_hidden="true")
    items = (_item(one, lanes) for one in messages[-MOST:])
    return html(
        note(f"{left_out} earlier messages are left out.") if left_out > 0 else None,
        tag("div", heads, tag("ol", items), class_=f"sequence of-{len(lanes)}"),
    )


def _item(one: Message, lanes: tuple[str, ...]) -> Html:
    source, to = lanes.index(one.source) + 1, lanes.index(one.to) + 1
    low, high = min(source, to), max(source, to)
    way = "note" if one.arrow == "note" else "right" if to > source else "left"
    return tag(
        "li",
        tag("span", _names(one), class_="names"),
        tag("span", one.text, _times(one), class_="text"),
        class_=f"{one.arrow} {way} from-{low} to-{high}",
    )


def _names(one: Message) -> str:
    """Who says it to whom, for those who hear the page or see it narrow."""
    return f"{one.source}: " if one.arrow == "note" else f"{one.source} to {one.to}: "


def _times(one: Message) -> Html | None:
    return tag("small", f" ({one.times} times)") if one.times > 1 else None
