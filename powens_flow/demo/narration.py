"""Tells what happens, line by line. Never a value, a token, or an address with its code."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from powens_flow.decisions.accepting import facts_of
from powens_flow.demo.scenario import Scenario
from powens_flow.events import Event
from powens_flow.listeners import Change
from powens_flow.prompts import Prompt
from powens_flow.view import View


class Narrator:
    """Says each prompt, answer and transition as one line through `say`."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say

    def begins(self, scenario: Scenario) -> None:
        """A scenario begins."""
        self._say("")
        self._say(f"== {scenario.name}: {scenario.about}")

    def shows(self, view: View, now: datetime) -> None:
        """The user is shown a prompt."""
        prompt = view.prompt
        about = "; ".join(_about(prompt, now))
        self._say(f"   prompt      {prompt.kind} ({prompt.message_key}){about and ': ' + about}")

    def answers(self, event: Event | None) -> None:
        """The user answers, or lets time pass."""
        if event is None:
            self._say("   answer      (time passes)")
            return
        facts = ", ".join(f"{key}={_fact(value)}" for key, value in facts_of(event).items())
        self._say(f"   answer      {event.trigger}{facts and ': ' + facts}")

    async def hears(self, change: Change) -> None:
        """The engine took a transition; a listener of the engine."""
        row = change.row
        calls = ", ".join(f"{call.name} {call.status or call.code or '?'}" for call in row.calls)
        self._say(
            f"   transition  {row.source} --{row.trigger}--> {row.dest}{calls and f'  [{calls}]'}"
        )


def _about(prompt: Prompt, now: datetime) -> Iterator[str]:
    if prompt.error is not None:
        yield f"error {prompt.error.key}"
    if prompt.source:
        yield f"source {prompt.source}"
    if prompt.bank_message:
        yield f"the bank says {prompt.bank_message!r}"
    yield from _content(prompt.content)
    if prompt.until is not None:
        yield f"{(prompt.until - now).total_seconds():.0f} s left"


def _content(content: Mapping[str, Any]) -> Iterator[str]:
    if "fields" in content:
        yield f"fields {', '.join(one['name'] for one in content['fields'])}"
    if "url" in content:
        yield f"{_without_code(content['url'])}"
    for key, shown in (("accounts", "name"), ("subscriptions", "label"), ("offered", "name")):
        if content.get(key):
            yield f"{key} {', '.join(str(one[shown]) for one in content[key])}"


def _without_code(url: str) -> str:
    """Where the address leads; its query holds the code."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}{parts.path}"


def _fact(value: Any) -> str:
    return "+".join(map(str, value)) if isinstance(value, list) else str(value)
