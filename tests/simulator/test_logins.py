"""The table of logins: what it says, how entries combine."""

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


@pytest.mark.parametrize("wrong", ["about", "until"])
def test_a_misspelt_key_of_a_login_is_refused(tmp_path: Path, wrong: str) -> None:
    mine = tmp_path / "mine.toml"
    mine.write_text(MINE.replace(wrong, "oops"), "utf-8")
    with pytest.raises(ValueError, match="siesta"):
        Logins([mine])
