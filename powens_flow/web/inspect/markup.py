"""HTML out of plain code: whatever is no `Html` is escaped, so that nothing can be forgotten."""

from collections.abc import Iterable
from html import escape
from typing import Final, TypeAlias

VOID: Final = frozenset({"br", "hr", "img", "link", "meta"})


class Html(str):
    """Text that is HTML already."""

    __slots__ = ()


Child: TypeAlias = "str | int | float | Iterable[Child] | None"
Value: TypeAlias = str | int | bool | None


def html(*children: Child) -> Html:
    """The children one after the other; None is nothing."""
    return Html("".join(_text(child) for child in children))


def tag(name: str, /, *children: Child, **attributes: Value) -> Html:
    """An element. `class_` is the attribute `class`, `aria_label` is `aria-label`; None and False
    leave an attribute out, True gives it no value."""
    opened = f"<{name}{''.join(_attribute(*one) for one in attributes.items())}>"
    return Html(opened if name in VOID else f"{opened}{html(*children)}</{name}>")


def joined(children: Iterable[Child], between: Child) -> Html:
    """The children with something between each two of them."""
    parts: list[Child] = []
    for child in children:
        parts += [between, child] if parts else [child]
    return html(*parts)


def _text(child: Child) -> str:
    if child is None:
        return ""
    if isinstance(child, Html):
        return child
    if isinstance(child, str | int | float):
        return escape(str(child))
    return "".join(_text(one) for one in child)


def _attribute(name: str, value: Value) -> str:
    if value is None or value is False:
        return ""
    shown = name.rstrip("_").replace("_", "-")
    return f" {shown}" if value is True else f' {shown}="{escape(str(value))}"'
