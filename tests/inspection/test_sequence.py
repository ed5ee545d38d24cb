"""One attempt as messages between user, backend, Powens and bank."""

import json
import shutil
import subprocess

import pytest

from powens_flow.inspection import sequence_of
from powens_flow.testing import Script, World
from tests.inspection.stories import a_call, a_row, a_story, played
from tests.needs import npm_package

SCRIPTS = {
    "an app and its polls": Script(login="decoupled-validating-3"),
    "the bank's page": Script(connector="160"),
    "a code refused": Script(login="sms-wrong"),
    "a failure": Script(login="error-config"),
}


def lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines()]


def test_an_event_a_call_and_what_is_shown() -> None:
    told = lines(
        sequence_of(
            a_story(
                a_row(
                    1,
                    "choosing_connector",
                    "choose_connector",
                    "fetching_connector",
                    duration=61.0,
                    facts={"connector": "40"},
                ),
                a_row(
                    2,
                    "fetching_connector",
                    "gone",
                    "choosing_connector",
                    cause="fetch_connector",
                    calls=(a_call("connector", 404, code="notFound"), a_call("late", None)),
                ),
            )
        )
    )
    assert told[5:] == [
        "Note over backend: choosing_connector, 1 m 1 s",
        "user->>backend: choose_connector (connector 40)",
        "backend->>powens: connector",
        "powens-->>backend: 404 notFound (req-connector)",
        "backend->>powens: late",
        "powens--xbackend: no answer",
        "backend-->>user: choose_connector (connector.choose)",
        "Note over backend: choosing_connector",
    ]


def test_a_call_without_an_answer_says_why() -> None:
    call = a_call("connector", None, code="TimeoutError")
    row = a_row(1, "fetching_connector", "temporary", "fetching_connector", calls=(call,))
    assert "powens--xbackend: no answer (TimeoutError)" in lines(sequence_of(a_story(row)))


def test_staff_stand_beside_the_user_with_who_and_why() -> None:
    facts = {"by": "ann", "reason": "asked; by #1"}
    row = a_row(1, "choosing_connector", "cancel", "ending.cleaning_up", cause="staff", facts=facts)
    told = lines(sequence_of(a_story(row)))
    assert "actor staff as Staff" in told
    assert "staff->>backend: cancel, by ann: asked#59; by #35;1" in told


def test_a_webhook_comes_from_powens() -> None:
    row = a_row(1, "source.state.approving", "poll", "source.state.reading", cause="webhook")
    assert "powens->>backend: webhook" in lines(sequence_of(a_story(row)))


async def test_polls_are_told_once_in_a_loop(w: World) -> None:
    told = lines(sequence_of(await played(w, Script(login="decoupled-5"))))
    (loop,) = [line for line in told if line.startswith("loop")]
    assert loop == "loop 4 times"
    assert told.count("backend->>powens: resume_connection") == 1
    assert told.count("backend->>powens: connection") == 3  # before the loop, in it, after it


async def test_the_bank_redirects_the_user(w: World) -> None:
    told = lines(sequence_of(await played(w, Script(connector="160"))))
    there = told.index("user->>bank: open the page")
    assert told[there - 1] == "backend-->>user: open_url (webauth.open)"
    assert told.index("bank-->>user: redirect back") > there


@pytest.mark.parametrize("name", SCRIPTS)
async def test_mermaid_takes_it(w: World, name: str) -> None:
    mermaid = npm_package("mermaid")
    node = shutil.which("node") or "node"
    text = sequence_of(await played(w, SCRIPTS[name]))
    entry = json.dumps(str(mermaid / "dist" / "mermaid.core.mjs"))
    script = (
        f"import mermaid from {entry};"
        "const parsed = await mermaid.parse(await new Response(process.stdin).text());"
        "console.log(parsed.diagramType);"
    )
    command = [node, "--input-type=module", "--eval", script]
    done = subprocess.run(  # noqa: S603, ASYNC221 - our own script; nothing else runs
        command, input=text, capture_output=True, text=True, check=False
    )
    assert (done.stdout.strip(), done.stderr) == ("sequence", "")
