"""Every message key that can be given has a text in each language."""

import ast
import json
import re
from pathlib import Path

import pytest

import powens_flow
from powens_flow.api.constants import INTERACTION_STATES
from powens_flow.api.sealing import SealFlaw
from powens_flow.handlers import default_registry
from powens_flow.handlers.failures import _OUTCOMES
from powens_flow.machine import load_machines
from powens_flow.vocabulary import EVENT_TRIGGERS
from powens_flow.web.problems import KINDS

PACKAGE = Path(powens_flow.__file__).parent
PAGE = PACKAGE / "web" / "page"
CATALOGUES = {name: json.loads((PAGE / f"{name}.json").read_text("utf-8")) for name in ("en", "fr")}
WITH_CONTENT = {"choose_connector", "choose_source", "submit_values", "returned", "choose_accounts"}
WITH_CONTENT |= {"add_source", "cancel"}


def keys_of_machines() -> set[str]:
    """The message keys of every state that can be rested in."""
    machines = load_machines(default_registry(), None)
    states = [state for name in machines for state in machines[name].states.values()]
    return {state.table.message for state in states if state.table.message}


def keys_of_problems() -> set[str]:
    """The first argument of each `Problem(...)` and the third of each `Prompt(...)` in the code,
    and what is made of an API error, a connection state or a wrong value."""
    found = {key for _, _, key in _OUTCOMES} | {f"values.{flaw}" for flaw in SealFlaw}
    found |= {f"state.{state}" for state in INTERACTION_STATES.values()}
    for file in PACKAGE.rglob("*.py"):
        if "simulator" in file.parts or "web" in file.parts:
            continue
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                found |= _said(node) if node.func.id in ("Problem", "Prompt") else set()
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                found |= set(re.findall(r"^(?:values|webauth)\.[a-z_]+$", node.value))
    return found


def _said(call: ast.Call) -> set[str]:
    place = 0 if isinstance(call.func, ast.Name) and call.func.id == "Problem" else 1
    constants = [one.value for one in call.args[place : place + 1] if isinstance(one, ast.Constant)]
    return {one for one in constants if isinstance(one, str)}


@pytest.mark.parametrize("language", CATALOGUES)
def test_each_key_has_a_text(language: str) -> None:
    known = CATALOGUES[language]
    wanted = keys_of_machines() | keys_of_problems() | {f"problem.{code}" for code in KINDS}
    wanted |= {f"button.{trigger}" for trigger in EVENT_TRIGGERS if trigger not in WITH_CONTENT}
    assert {"values.required", "webauth.failed", "state.decoupled", "internal"} <= wanted
    assert sorted(wanted - known.keys()) == []
    assert all(text.strip() for text in known.values())


def test_the_languages_have_the_same_keys_and_places() -> None:
    english, french = CATALOGUES["en"], CATALOGUES["fr"]
    assert list(english) == list(french)
    for key, text in english.items():
        assert places(text) == places(french[key]), key


def places(text: str) -> set[str]:
    return set(re.findall(r"\{(\w+)\}", text))


def test_each_key_that_the_page_asks_for_is_in_the_catalogue() -> None:
    asked = set()
    for file in PAGE.glob("*.js"):
        text = file.read_text("utf-8")
        asked |= set(re.findall(r'\bt\(\s*"([\w.]+)"', text))
        asked |= set(re.findall(r'(?:text|notify|tell)\("([\w.]+\.[\w.]+)"', text))
    assert len(asked) > 50
    assert sorted(asked - CATALOGUES["en"].keys()) == []
