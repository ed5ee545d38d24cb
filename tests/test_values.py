"""Plaintext values against their fields, and patterns that mean harm."""

import asyncio
import itertools
import sys

import pytest

from powens_flow.attempt import AskedField, Choice
from powens_flow.values import LONGEST_PATTERN, LONGEST_VALUE, compiled, wrong_values

LANGUAGES = (Choice("Français", "fr"), Choice("English", "en"))


def asked(type: str = "text", **more: object) -> AskedField:  # noqa: A002 - Powens' word
    return AskedField("it", type, **more)  # type: ignore[arg-type]  # each test gives what fits


async def key_of(one: AskedField, value: str) -> str | None:
    return (await wrong_values((one,), {"it": value})).get("it")


async def test_good_values_have_no_keys() -> None:
    form = (
        AskedField("login", regex=r"[a-z]+\d{2}"),
        AskedField("password", "password"),
        AskedField("birth", "date"),
        AskedField("number", "number"),
        AskedField("language", "list", values=LANGUAGES),
        AskedField("note", required=False),
    )
    values = {
        "login": "camille75",
        "password": "1234",
        "birth": "1990-01-31",
        "number": "-12.50",
        "language": "fr",
    }
    assert await wrong_values(form, values) == {}


async def test_a_required_value_is_missing_and_an_unknown_one_is_there() -> None:
    form = (AskedField("login"), AskedField("password", "password"))
    assert await wrong_values(form, {"login": "", "other": "x"}) == {
        "login": "values.required",
        "password": "values.required",
        "other": "values.unknown",
    }


async def test_an_optional_value_may_be_left_out_but_not_be_wrong() -> None:
    form = (AskedField("zip", required=False, regex=r"\d{5}"),)
    assert await wrong_values(form, {}) == {}
    assert await wrong_values(form, {"zip": ""}) == {}
    assert await wrong_values(form, {"zip": "7500"}) == {"zip": "values.does_not_match"}


@pytest.mark.parametrize(
    "value", ["x", "1,5", "1e5", "", "-", "--1", "1.", "1.2.3", "٣", "0x10", " 1"]
)
async def test_what_is_no_number(value: str) -> None:
    wanted = "values.required" if value == "" else "values.not_a_number"
    assert await key_of(asked("number"), value) == wanted


@pytest.mark.parametrize(
    "value", ["31/01/1990", "1990-02-30", "19900131", "1990-1-31", "1990-01-31T00:00", "1990-W01-1"]
)
async def test_what_is_no_date(value: str) -> None:
    assert await key_of(asked("date"), value) == "values.not_a_date"


async def test_a_list_takes_its_values_and_not_its_labels() -> None:
    language = asked("list", values=LANGUAGES)
    assert await key_of(language, "en") is None
    assert await key_of(language, "English") == "values.not_in_list"


async def test_an_unknown_type_is_a_text() -> None:
    assert await key_of(asked("hologram"), "anything") is None


async def test_a_pattern_has_to_match_the_whole_value() -> None:
    digits = asked(regex=r"\d{4}|\d{6}")
    assert await key_of(digits, "123456") is None
    assert await key_of(digits, "12345") == "values.does_not_match"
    assert await key_of(digits, "1234\n") == "values.does_not_match"


@pytest.mark.parametrize(
    ("pattern", "value"),
    [
        (r"(?>a+)b", "aaab"),  # atomic groups and possessive repeats: PCRE, not in older `re`
        (r"a++b", "aaab"),
        (r"(?i)[A-Z]{2}\d{2}(?:\s?\w{4}){5}\s?\w{3}", "fr76 3000 6000 0112 3456 7890 189"),
        (r"\p{Lu}\p{Ll}+", "Élodie"),
        (r"(?<year>\d{4})-(?P=year)", "1990-1990"),
    ],
)
async def test_patterns_are_those_of_pcre(pattern: str, value: str) -> None:
    assert await key_of(asked(regex=pattern), value) is None
    assert await key_of(asked(regex=pattern), f"{value}?!") == "values.does_not_match"


async def test_a_value_that_is_too_long_meets_no_pattern() -> None:
    assert await key_of(asked(regex="(a+)+$"), "a" * (LONGEST_VALUE + 1)) == "values.too_long"


async def test_the_keys_of_wrong_values_hold_no_value() -> None:
    form = (AskedField("pin", "number"), AskedField("birth", "date"))
    wrong = await wrong_values(form, {"pin": "S3cr3t", "birth": "S3cr3t", "more": "S3cr3t"})
    assert sorted(wrong) == ["birth", "more", "pin"]
    assert "S3cr3t" not in repr(wrong)


# --- patterns that mean harm --------------------------------------------------------------------

NOT_UNDERSTOOD = {
    "open group": "(",
    "nothing to repeat": "*a",
    "backwards range": "[z-a]",
    "unknown reference": r"(?P=nobody)",
    "too long": "a?" * (LONGEST_PATTERN // 2 + 1),
    "count of a billion": "a{4000000000}",
    "count beyond counting": "a{1,99999999999999999999}",
    "nested exact counts": "((((a{1000}){1000}){1000}){1000})",
    "nested with a comment between": "((((a{999})(?#x){999})(?#x){999})(?#x){999})",
    "repeated nothing": "(a?){1000}" * 90,
    "counts written apart": "(?x)a{4 0 0 0 0 0 0 0 0 0}",
    "counts written apart in a group": "(?ix:a{4 0 0 0 0 0 0 0 0 0})",
    "groups too deep": "(" * 490 + "a" + ")" * 490,
    "sets too deep": "(?V1)" + "[" * 400 + "a" + "]" * 400,
    "set of all letters": r"(?iV1)[\x00-\U0010FFFF]{5000}",
}


@pytest.mark.parametrize("pattern", NOT_UNDERSTOOD.values(), ids=NOT_UNDERSTOOD.keys())
async def test_a_pattern_that_is_not_understood_is_left_to_the_server(pattern: str) -> None:
    assert compiled(pattern) is None
    assert await key_of(asked(regex=pattern), "whatever") is None


@pytest.mark.parametrize(
    "pattern",
    [
        "((((a{1,1000}){1,1000}){1,1000}){1,1000})",
        "(?:(?:(?:(?:x+?)+?)+?)+?)" * 38,
        r"(?<=a{1,1000}b{1,1000})" * 40,
        r"(?iV1)[\x00-\U0010FFFF]" * 40,
        "(?if)" + "(?:ß|ss|ﬄ)" * 90,
        "(a(?1)?)" * 120,
        "|".join(["abc"] * 249),
    ],
)
def test_what_is_compiled_at_all_is_compiled_in_few_steps(pattern: str) -> None:
    assert len(pattern) <= LONGEST_PATTERN
    calls = itertools.count()
    sys.setprofile(lambda *_: next(calls))
    try:
        compiled.__wrapped__(pattern)
    finally:
        sys.setprofile(None)
    assert next(calls) < 500_000


def test_the_patterns_of_real_forms_are_not_too_large() -> None:
    for pattern in (
        r"^[0-9]{11}$",
        r"^\d{6,10}$|^[A-Z]{2}\d{8}$",
        r"(?:[A-Z]{2}\d{2}[ ]?)(?:[0-9A-Z]{4}[ ]?){4,7}[0-9A-Z]{1,4}",
        r"[^\s@]{1,64}@[^\s@]{1,255}\.[a-z]{2,24}",
        r"(\d{2}[./-]){2}\d{4}",
    ):
        assert compiled(pattern) is not None


HOSTILE = {
    "nested": ("(a+)+$", "a" * 4000 + "!"),
    "alternatives": ("(a|a)*b", "a" * 4000),
    "empty": ("(?:a?){0,900}(?:a?){0,900}b", "a" * 900),
    "polynomial": (".*.*.*.*.*.*=.*", "x" * 4000),
    "lookahead": ("(?=(a+)+b)a", "a" * 4000),
    "back reference": (r"(a*)*\1{5}b", "a" * 3000),
    "fuzzy": ("(?:abcdefgh){e<=8}(?:abcdefgh){e<=8}", "hgfedcba" * 40),
    "recursive": ("(a(?1)?|aa)+b", "a" * 2000),
}


@pytest.mark.parametrize(("pattern", "value"), HOSTILE.values(), ids=HOSTILE.keys())
async def test_a_hostile_pattern_does_not_stop_the_loop(pattern: str, value: str) -> None:
    done = asyncio.Event()
    ticking = asyncio.create_task(_turns(done))
    await asyncio.sleep(0)
    key = await key_of(asked(regex=pattern), value)
    done.set()
    assert key in ("values.cannot_check", "values.does_not_match")
    turns = await ticking
    assert turns > 10 or key == "values.does_not_match"


async def _turns(done: asyncio.Event) -> int:
    """How often the loop turns until `done`."""
    turns = 0
    while not done.is_set():
        await asyncio.sleep(0)
        turns += 1
    return turns


async def test_a_pattern_that_cannot_be_checked_in_time_is_said_to_be_so() -> None:
    assert await key_of(asked(regex="(a(?1)?|aa)+b"), "a" * 2000) == "values.cannot_check"
