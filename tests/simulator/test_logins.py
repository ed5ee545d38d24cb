"""The table of logins: what it says, how entries combine."""

import re
from pathlib import Path

import pytest

from powens_flow.simulator import Logins, Settings

MINE = """
[logins."siesta-{n}"]
about = "the bank sleeps for n seconds"
steps = [{ state = "siesta", until = "seconds", n = "{n}" }]
"""


@pytest.fixture
def logins() -> Logins:
    return Logins(Settings().login_files)


def states(logins: Logins, login: str, source: str = "", place: int = 1) -> list[str | None]:
    return [step.state for step in logins.scenario(login, source, place).steps]


@pytest.mark.parametrize("login", ["", "camille", "a+b@example.org", "sms-thrice", "x:sms"])
def test_a_login_that_is_not_named_succeeds(logins: Logins, login: str) -> None:
    assert states(logins, login) == []


def test_entries_are_chained_by_plus(logins: Logins) -> None:
    assert states(logins, "sms+decoupled-1") == ["additionalInformationNeeded", "decoupled"]
    assert logins.scenario("slow-2+slow-3").check == 5


def test_an_entry_may_be_for_one_source(logins: Logins) -> None:
    login = "directaccess:sms,2:bug-never"
    assert states(logins, login, "directaccess", 1) == ["additionalInformationNeeded"]
    assert states(logins, login, "openapi", 2) == ["bug"]
    assert states(logins, login, "fallback", 3) == []


def test_the_table_renders_every_login(logins: Logins) -> None:
    table = logins.markdown()
    for row in (
        "| `wrongpass-once` | wrong credentials the first time, for each source |",
        "| `decoupled-{n}` |",
        "| anything else | succeeds |",
        "`123456`",
    ):
        assert row in table


def test_an_integrator_adds_logins_in_a_file(tmp_path: Path) -> None:
    mine = tmp_path / "mine.toml"
    mine.write_text(MINE, "utf-8")
    step = Logins([*Settings().login_files, mine]).scenario("siesta-90").steps[0]
    assert (step.state, step.until, step.n) == ("siesta", "seconds", 90)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"garb", "it is no TOML"),
        (b"\xff\xfe", "it is not UTF-8 text"),
        (b"zz = 1", "'zz': nothing of that name is read here, but good_code, logins, messages"),
        (b"logins = 5", "logins is a table"),
        (b"logins.mine = 5", "login 'mine': it is a table"),
        (b"messages = 5", "messages is a table"),
        (b"messages.sms = 5", "sms is text"),
        (b"good_code = 5", "good_code is text"),
        (b"[logins.mine]", "login 'mine': about is missing"),
        (b"[logins.'a-{m}']\nabout = ''", "login 'a-{m}': 'm': nothing of that name is held by"),
        (b"[logins.'a+b']\nabout = ''", "login 'a+b': a name holds no +, comma or colon"),
        (b"[logins.mine]\nabout = ''\ncheck = '{n}'", "login 'mine': check is a number of seconds"),
        (b"[logins.mine]\nabout = 5", "login 'mine': about is text"),
        (b"[logins.mine]\nabout = ''\nsteps = 5", "login 'mine': steps is a list of tables"),
        (b"[logins.mine]\nabout = ''\ncheck = 'x'", "login 'mine': check is a number of seconds"),
        (b"[logins.mine]\nabout = ''\naccounts = 0", "login 'mine': accounts is true or false"),
    ],
)
def test_a_file_that_cannot_be_played_is_named_with_what_is_taken(
    tmp_path: Path, text: bytes, said: str
) -> None:
    mine = tmp_path / "mine.toml"
    mine.write_bytes(text)
    with pytest.raises(ValueError, match=re.escape(f"{mine}: {said}")):
        Logins([mine])


@pytest.mark.parametrize(
    ("step", "said"),
    [
        ("refuse = 'nonsense'", "refuse is one of wrongpass, actionNeeded"),
        ("refuse = 5", "refuse is text, or null"),
        ("refuse = 'bug', times = 'x'", "times is a whole number from 0"),
        ("state = 'decoupled', until = 'dawn'", "until is one of sync, values, code"),
        ("state = 'decoupled', n = '{m}'", "n is a whole number from 0"),
        ("state = 'decoupled', oops = 1", "'oops': nothing of that name is said of a step"),
        ("", "a step has either refuse or state"),
        ("refuse = 'bug', state = 'bug'", "a step has either refuse or state"),
    ],
)
def test_a_step_that_cannot_be_played_is_named_by_its_place(
    tmp_path: Path, step: str, said: str
) -> None:
    mine = tmp_path / "mine.toml"
    first = "{ state = 'decoupled' }"
    mine.write_text(f"[logins.'mine-{{n}}']\nabout = ''\nsteps = [{first}, {{ {step} }}]", "utf-8")
    where = f"{mine}: login 'mine-{{n}}': step 2: {said}"
    with pytest.raises(ValueError, match=re.escape(where)):
        Logins([mine])


def test_a_number_too_long_to_be_waited_is_no_name_of_the_table(logins: Logins) -> None:
    assert states(logins, "decoupled-after-999999999") == ["decoupled"]
    assert states(logins, f"decoupled-after-{'9' * 5000}") == []
    assert logins.scenario("slow-999999999+slow-999999999").check == 1e9


@pytest.mark.parametrize("wrong", ["about", "until"])
def test_a_misspelt_key_of_a_login_is_refused(tmp_path: Path, wrong: str) -> None:
    mine = tmp_path / "mine.toml"
    mine.write_text(MINE.replace(wrong, "oops"), "utf-8")
    with pytest.raises(ValueError, match="siesta"):
        Logins([mine])
