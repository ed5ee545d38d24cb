"""What the values of a machine file may be: each fault of one is said in the file's own words."""

import pytest

from powens_flow.machine import MachineError
from powens_flow.machine.reading import read_document

STATE = '[states.a]\nkind = "waiting"\n'
RULE = {"on": '["locked"]', "tries": "2", "first": "1", "most": "2", "within": "9"}

SECONDS = "must be a number of seconds from 0.001 to 31536000"
RETRIED = (
    "bad_answer, gone, interaction_needed, locked, rate_limited, refused_input, rejected,"
    " temporary, unauthorised, unknown, unsupported"
)
NO_NAME = "is no name: it has letters, digits and _ only, and begins with no digit"


def faults(text: str, name: str = 'name = "own"\n') -> list[str]:
    with pytest.raises(MachineError) as error:
        read_document("own.toml", name + text)
    return str(error.value).splitlines()


POLLS = {
    "{ first = 2, frist = 3 }": "unknown word 'frist' in a poll; known: factor, first, most, until",
    "5": "poll must be a table such as { first = 2 }, not 5",
    '"5"': "poll must be a table such as { first = 2 }, not '5'",
    "[2]": "poll must be a table such as { first = 2 }, not a list",
    "{}": f"first {SECONDS}",
    "{ first = inf }": f"first {SECONDS}, not inf",
    "{ first = nan }": f"first {SECONDS}, not nan",
    "{ first = 1e300 }": f"first {SECONDS}, not 1e+300",
    f"{{ first = 0x{'F' * 5000} }}": f"first {SECONDS}, not a large number",
    "{ first = 2, most = 31536001 }": f"most {SECONDS}, not 31536001",
    "{ first = 2, factor = 0.5 }": "factor must be a number from 1 to 100, not 0.5",
    "{ first = 2, factor = 1e9 }": "factor must be a number from 1 to 100, not 1000000000.0",
    "{ first = 2, until = 3 }": "until must be text, not 3",
    "{ first = 9, most = 2 }": "first must not be more than most, which is 2",
    "{ first = 7200 }": "first must not be more than most, which is 3600.0",
}


@pytest.mark.parametrize(("poll", "what"), POLLS.items(), ids=POLLS.values())
def test_a_poll_that_is_none_is_refused(poll: str, what: str) -> None:
    assert faults(f"{STATE}poll = {poll}\n") == [f"own.toml, state 'a': {what}"]


RETRIES = {
    ("on", None): f"on must be a list of one outcome or more of: {RETRIED}",
    ("on", "[]"): f"on must be a list of one outcome or more of: {RETRIED}",
    ("on", '"locked"'): "on must be a list of names, not 'locked'",
    ("on", "[3]"): "on must be a list of names, and 3 is none",
    ("on", '["done"]'): f"no outcome to try again: 'done'; known: {RETRIED}",
    ("on", '["lokced"]'): f"no outcome to try again: 'lokced'; known: {RETRIED}",
    ("tries", None): "tries must be a whole number from 2 to 1000",
    ("tries", "2.5"): "tries must be a whole number from 2 to 1000, not 2.5",
    ("tries", "1"): "tries must be a whole number from 2 to 1000, not 1",
    ("tries", "true"): "tries must be a whole number from 2 to 1000, not true",
    ("tries", '"3"'): "tries must be a whole number from 2 to 1000, not '3'",
    ("first", "inf"): f"first {SECONDS}, not inf",
    ("first", "1970-01-01"): f"first {SECONDS}, not a date or a time",
    ("within", "inf"): f"within {SECONDS}, not inf",
    ("first", "3"): "first must not be more than most, which is 2",
}


@pytest.mark.parametrize(("change", "what"), RETRIES.items(), ids=map(str, RETRIES))
def test_a_retry_rule_is_refused_also_where_none_uses_it(
    change: tuple[str, str | None], what: str
) -> None:
    lines = {**RULE, change[0]: change[1]}
    text = "".join(f"{key} = {value}\n" for key, value in lines.items() if value is not None)
    assert faults(f"[retry.mine]\n{text}") == [f"own.toml, retry rule 'mine': {what}"]


TYPES = {
    "prompt = 3": "prompt must be text, not 3",
    "handler = { a = 1 }": "handler must be text, not a table",
    "message = ['m']": "message must be text, not a list",
    "common = 'no'": "common must be true or false, not 'no'",
    "on = 5": "on must be a table of triggers, not 5",
    "formerly = 'old'": "formerly must be a list of names, not 'old'",
    "formerly = [1]": "formerly must be a list of names, and 1 is none",
    "formerly = ['']": f"formerly: '' {NO_NAME}",
    "formerly = ['part.']": f"formerly: 'part.' {NO_NAME}",
    f"means = [{'[' * 300}{']' * 300}]": "means must be text, not a list",
    f"formerly = '{'x' * 99}'": f"formerly must be a list of names, not '{'x' * 60}...'",
}


@pytest.mark.parametrize(("line", "what"), TYPES.items(), ids=TYPES.values())
def test_a_value_of_the_wrong_type_is_refused_by_its_key(line: str, what: str) -> None:
    assert faults(STATE + line) == [f"own.toml, state 'a': {what}"]


FILES = {
    "exits = 'done'": ": exits must be a list of names, not 'done'",
    "entries = [1]": ": entries must be a list of names, and 1 is none",
    "exits = ['a b']": f": exits: 'a b' {NO_NAME}",
    "title = 3": ": title must be text, not 3",
    "common = 'x'": ": common must be a table, not 'x'",
    "[common]\nwaiting = 3": ", table 'common': waiting must be a table of triggers, not 3",
    "[common.waiting]\ncancel = 3": (
        ", table 'common', trigger 'cancel': must be a target, or a list of {when, to}"
    ),
    "[parts.p]\nmachine = 'm'\nexits = 'end'": (
        ", part 'p': exits must be a table of exits, not 'end'"
    ),
    "[parts.p]\n": ", part 'p': machine must be given, as text",
    "[parts.p]\nmachine = 'm'\n[parts.p.exits]\nleft = 3": (
        ", part 'p', exit 'left': must be a target, or a list of {when, to}"
    ),
    "[states.q]\n": ", state 'q': kind must be one of waiting, calling, final",
    "[states.q]\nkind = ['final']": (
        ", state 'q': kind must be one of waiting, calling, final, not a list"
    ),
}


@pytest.mark.parametrize(("text", "what"), FILES.items(), ids=FILES.values())
def test_a_fault_says_in_which_table_it_stands(text: str, what: str) -> None:
    assert faults(text) == [f"own.toml{what}"]


NO_NAMES = ["", "ending.cleaning_up", "exit.foo", "a b", "1a", "a\x1b[31m"]


@pytest.mark.parametrize("name", NO_NAMES)
def test_what_is_named_has_a_name(name: str) -> None:
    key = '"' + name.replace("\x1b", "\\u001b") + '"'
    rule = "".join(f"{word} = {value}\n" for word, value in RULE.items())
    assert faults(f'[states.{key}]\nkind = "final"') == [
        f"own.toml, state {name!r}: {name!r} {NO_NAME}"
    ]
    assert faults(f'[parts.{key}]\nmachine = "m"') == [
        f"own.toml, part {name!r}: {name!r} {NO_NAME}"
    ]
    assert faults(f"[retry.{key}]\n{rule}") == [
        f"own.toml, retry rule {name!r}: {name!r} {NO_NAME}"
    ]
    assert faults("", f"name = {key}") == [f"own.toml: {name!r} {NO_NAME}"]


@pytest.mark.parametrize("name", ["exit", "interrupted"])
def test_what_a_target_says_of_itself_is_no_name_of_a_state_or_part(name: str) -> None:
    what = f"the name {name!r} is taken: a target means something else by it"
    assert faults(f'[states.{name}]\nkind = "final"') == [f"own.toml, state {name!r}: {what}"]
    assert faults(f'[parts.{name}]\nmachine = "m"') == [f"own.toml, part {name!r}: {what}"]


def test_names_may_be_of_any_alphabet_and_former_names_of_a_part() -> None:
    text = '[states."\u00e9t\u00e9"]\nkind = "final"\nformerly = ["part.old", "old.interrupted"]'
    assert list(read_document("own.toml", f'name = "own"\n{text}').states) == ["\u00e9t\u00e9"]
