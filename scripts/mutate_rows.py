"""Takes the handling of each row of the protocol out in turn, and sees that its test fails.

A row is a connection state, an error code, or an error class of the client. For each one a copy of
the package is changed in one place, and the test that covers the row is run on it; a test that
still passes shows nothing. The checkout itself is never touched.

    python scripts/mutate_rows.py [--only TEXT]

Prints a table and, last, `N passed, N failed`; exit status 1 if any failed.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from queue import SimpleQueue

ROOT = Path(__file__).resolve().parents[1]
COPIED = ("powens_flow", "machines", "tests", "pyproject.toml")
WORKERS = max(2, os.cpu_count() or 2)
LONGEST = 120
"""Seconds that one run of tests may take."""

STATES = "tests/e2e/test_states.py::test_"
CODES = "tests/e2e/test_error_codes.py::test_"
MACHINE = "machines/connection_state.toml"
GUARDS = "powens_flow/decisions/guards.py"
REFUSALS = "powens_flow/api/refusals.py"
CONSTANTS = "powens_flow/api/constants.py"
FAILURES = "powens_flow/handlers/failures.py"


@dataclass(frozen=True)
class Row:
    """A row, where its handling stands (`old`, once in `file`), and the test that covers it."""

    name: str
    file: str
    old: str
    new: str
    test: str


# --- connection states ---------------------------------------------------------------------------

BRANCHES = {
    "SCARequired": ("is_sca_required", "sca_required_forces_a_sync"),
    "webauthRequired": ("is_webauth_required", "webauth_required_opens_the_banks_page"),
    "additionalInformationNeeded": (
        "is_additional_information_needed",
        "additional_information_asks_for_the_connections_fields",
    ),
    "decoupled": ("is_decoupled", "decoupled_is_resumed_and_polled", "resuming"),
    "validating": ("is_validating", "validating_is_polled"),
    "wrongpass": ("is_wrongpass", "wrongpass_asks_for_the_fields_again"),
    "passwordExpired": (
        "is_password_expired",
        "password_expired_asks_for_the_new_password_only",
    ),
    "actionNeeded": (
        "is_action_needed",
        "action_needed_shows_the_banks_words_then_forces_a_sync",
    ),
    "notSupported": ("is_not_supported", "not_supported_leaves_the_source_out"),
}
"""The guard of each state's branch in the machine, the test, and where it leads if unclear."""

NEVER = '["is_sca_required", "is_decoupled"]'
"""Two guards that never hold together: the branch is never taken, and the machine still loads."""


def states() -> Iterator[Row]:
    """The rows of "What each `state` asks for"."""
    for name, (guard, test, *to) in BRANCHES.items():
        tail = f', to = "{to[0]}" }}' if to else ", to = "
        old, new = f'    {{ when = "{guard}"{tail}', f"    {{ when = {NEVER}{tail}"
        yield Row(f"state {name}", MACHINE, old, new, STATES + test)
    for name in ("rateLimiting", "websiteUnavailable", "bug"):
        test = f"{STATES}a_temporary_state_is_waited_out[{name}]"
        yield Row(f"state {name}", GUARDS, f'"{name.lower()}"', '"taken out"', test)
    yield Row(
        "state null",
        MACHINE,
        'done = "exit.synced"                # null',
        'done = "stuck"',
        f"{STATES}null_that_is_read_later_goes_on_to_the_accounts",
    )
    yield Row(
        "state anything else",
        MACHINE,
        '{ to = "stuck" },               # any other state',
        '{ to = "waiting_out" },         # any other state',
        f"{STATES}an_unknown_state_says_so_and_keeps_what_exists",
    )


# --- error codes ---------------------------------------------------------------------------------

AGAIN = "refused_values_are_asked_for_again_and_never_sent_unasked"
OUR_FAULT = "our_own_fault_fails_for_its_code_whatever_the_status"
READ = "a_read_is_retried_for_its_code_whatever_the_status"

AS_STATES = {
    "ACTION_NEEDED": "action_needed_as_a_code_asks_to_act_and_then_for_the_values",
    "PASSWORD_EXPIRED": f"{AGAIN}[passwordExpired]",
    "SCA_REQUIRED": "sca_required_as_the_code_of_a_later_answer_forces_a_sync",
    "WEBAUTH_REQUIRED": "webauth_required_as_a_code_opens_the_banks_page",
    "ADDITIONAL_INFORMATION_NEEDED": f"{AGAIN}[additionalInformationNeeded]",
    "DECOUPLED": f"{AGAIN}[decoupled]",
}
"""Codes that are taken as the connection state of that name."""

BY_CODE = {
    "wrongpass": ("InputRefused", f"{AGAIN}[wrongpass]"),
    "keymanager": (
        "KeyRefused",
        "values_that_could_not_be_opened_are_sealed_for_the_key_fetched_anew",
    ),
    "connectionlocked": (
        "ConnectionLocked",
        "a_locked_connection_is_polled_until_its_sync_ends",
    ),
    "websiteunavailable": ("TemporaryFailure", f"{READ}[websiteUnavailable]"),
    "bug": ("TemporaryFailure", f"{READ}[bug]"),
    "bankmessage": ("BankMessage", "a_message_of_the_bank_is_shown"),
    "toomanysync": ("RateLimited", f"{READ}[tooManySync]"),
    "forbidden": ("Unauthorised", "forbidden_fails_for_its_code_whatever_the_status"),
    "notsupported": ("Unsupported", "not_supported_leaves_a_further_source_out"),
    "noaccount": ("NoAccount", "no_account_is_an_empty_list"),
    "invalidvalue": ("Rejected", f"{OUR_FAULT}[invalidValue]"),
    "missingparameter": ("Rejected", f"{OUR_FAULT}[missingParameter]"),
    "methodnotallowed": ("Rejected", f"{OUR_FAULT}[methodNotAllowed]"),
    "config": ("Rejected", f"{OUR_FAULT}[config]"),
    "dataerror": ("Rejected", f"{OUR_FAULT}[dataError]"),
}
"""The error class of each code, and the test."""

BY_STATUS = {
    401: ("Unauthorised", "an_unknown_code_is_told_by_its_status[401]"),
    403: ("Unauthorised", "an_unknown_code_is_told_by_its_status[403]"),
    404: ("Gone", "a_connection_deleted_meanwhile_fails_as_such"),
    429: ("RateLimited", "a_read_waits_as_long_as_the_limit_asks[tooManyRequests]"),
}


def codes() -> Iterator[Row]:
    """The rows of "What each error code asks for"."""
    for state, test in AS_STATES.items():
        line = f"        ConnectionState.{state},\n"
        yield Row(f"code {state}, as the state", CONSTANTS, line, "", CODES + test)
    for code, (error, test) in BY_CODE.items():
        line = f'    "{code}": errors.{error},\n'
        yield Row(f"code {code}", REFUSALS, line, "", CODES + test)
    for status, (error, test) in BY_STATUS.items():
        line = f"    {status}: errors.{error},\n"
        yield Row(f"status {status}", REFUSALS, line, "", CODES + test)
    yield from _other_codes()


def _other_codes() -> Iterator[Row]:
    yield Row(
        "code wrongPass, whatever the case",
        REFUSALS,
        'code.lower() if isinstance(code, str) else ""',
        'code if isinstance(code, str) else ""',
        f"{CODES}{AGAIN}[wrongPass]",
    )
    yield Row(
        "code invalidValue on /webauth-url",
        REFUSALS,
        "    if webauth and status == 409",
        "    if status == 0",
        f"{CODES}an_up_to_date_connection_needs_no_page",
    )
    yield Row(
        "anything else, 5xx",
        REFUSALS,
        "if status >= 500",
        "if status >= 600",
        f"{CODES}a_read_is_retried_by_itself_after_a_temporary_error[maintenance]",
    )
    yield Row(
        "anything else, 4xx",
        REFUSALS,
        "or by_status or errors.Rejected",
        "or by_status or errors.TemporaryFailure",
        f"{CODES}what_asking_again_cannot_mend_fails_with_the_description_for_the_log[solarEclipse]",
    )


# --- error classes, as outcomes of the machines --------------------------------------------------

CLASSES = {
    "InteractionNeeded": "a_state_as_the_code_of_a_later_answer_is_taken_as_that_state",
    "InputRefused": f"{AGAIN}[wrongpass]",
    "KeyRefused": f"{AGAIN}[keymanager]",
    "UpToDate": "an_up_to_date_connection_needs_no_page",
    "ConnectionLocked": "a_locked_connection_is_polled_until_its_sync_ends",
    "RateLimited": "values_refused_for_now_can_be_given_again[tooManySync-rate_limited]",
    "BankMessage": "values_refused_for_now_can_be_given_again[bankMessage-bank.message]",
    "TemporaryFailure": "a_read_that_fails_for_long_offers_to_try_again",
    "Unauthorised": "a_token_that_may_not_fails[forbidden]",
    "Gone": "a_connection_deleted_meanwhile_fails_as_such",
    "Unsupported": "not_supported_leaves_a_further_source_out",
    "NoAccount": f"{AGAIN}[noAccount]",
    "Rejected": "what_asking_again_cannot_mend_fails_with_the_description_for_the_log[config]",
}


def classes() -> Iterator[Row]:
    """The error classes, in the one place where they become outcomes."""
    for error, test in CLASSES.items():
        # No error of the API is a SystemError.
        old, new = f"    (api.{error}, ", "    (SystemError, "
        yield Row(f"class {error}", FAILURES, old, new, CODES + test)


# --- running -------------------------------------------------------------------------------------


UNUSED = ("cacheprovider", "xdist", "hypothesispytest")
"""Plugins that only cost time here."""


def copied(to: Path) -> Path:
    """A copy of what the tests need."""
    to.mkdir()
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, to / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, to / name)
    return to


def run(copy: Path, tests: Sequence[str]) -> subprocess.CompletedProcess[str]:
    """The tests, run on a copy."""
    quiet = [part for name in UNUSED for part in ("-p", f"no:{name}")]
    command = [sys.executable, "-m", "pytest", "-q", "-x", *quiet, *tests]
    environment = os.environ | {"PYTHONPATH": str(copy)}
    return subprocess.run(  # noqa: S603 - our own interpreter and tests
        command,
        cwd=copy,
        env=environment,
        check=False,
        capture_output=True,
        text=True,
        timeout=LONGEST,
    )


_ticks = count(1)


def written(path: Path, text: str, began: float) -> None:
    """Write a file so that no compiled copy of its earlier text passes for it."""
    path.write_text(text, "utf-8")
    stamp = began + next(_ticks)
    os.utime(path, (stamp, stamp))


def verdict(row: Row, copy: Path, began: float) -> str | None:
    """Why the row shows nothing; None when its test fails as it should."""
    path = copy / row.file
    text = path.read_text("utf-8")
    if text.count(row.old) != 1:
        return f"{row.file} has {text.count(row.old)} times: {row.old.strip()}"
    written(path, text.replace(row.old, row.new), began)
    try:
        ended = run(copy, [row.test])
    finally:
        written(path, text, began)
    if ended.returncode == 0:
        return "the test still passes"
    if ended.returncode != 1 or any(word in ended.stdout for word in BROKEN):
        return f"what is left does not run: {ended.stdout[-300:]}"
    return None


BROKEN = ("MachineError", "SyntaxError", "ImportError", "NameError", "AttributeError: module")
"""A copy that fails for these fails for every test, and shows nothing either."""


def judged(rows: Sequence[Row], folder: Path) -> Iterator[tuple[Row, str | None]]:
    """Each row's verdict, several at a time, each on a copy of its own."""
    began = time.time()
    free: SimpleQueue[Path] = SimpleQueue()
    for number in range(WORKERS):
        free.put(copied(folder / f"copy-{number}"))

    def judge(row: Row) -> str | None:
        copy = free.get()
        try:
            return verdict(row, copy, began)
        finally:
            free.put(copy)

    with ThreadPoolExecutor(WORKERS) as pool:
        yield from zip(rows, pool.map(judge, rows), strict=True)


def main() -> int:
    """Judge the rows; 0 when every test failed as it should."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--only", default="", help="rows whose name holds this text")
    only = parser.parse_args().only
    rows = [row for row in (*states(), *codes(), *classes()) if only in row.name]
    width = max((len(row.name) for row in rows), default=0)
    passed = 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        whole = run(copied(folder / "whole"), sorted({row.test for row in rows}))
        if whole.returncode != 0:
            print(f"the tests fail before anything is taken out:\n{whole.stdout[-2000:]}")
            return 1
        for row, why in judged(rows, folder):
            test = row.test.partition("::test_")[2]
            print(f"{row.name:{width}}  {'FAILED' if why else 'ok':6}  {test}", flush=True)
            if why:
                print(f"{'':{width}}  {why}")
            passed += why is None
    print(f"{passed} passed, {len(rows) - passed} failed")
    return 0 if passed == len(rows) else 1


if __name__ == "__main__":
    sys.exit(main())
