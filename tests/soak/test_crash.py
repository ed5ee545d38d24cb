"""The crash proof, small; and that it tells what is bad."""

import pytest

from soak import aftermath, crash
from soak.aftermath import Left
from soak.line import is_good

LEFT = Left(("completed", ("directaccess",), 2, 0, None), ("permanent",), ((40, (), 2),))


async def test_an_attempt_killed_anywhere_ends_as_it_would_have() -> None:
    """Killed before, during and after the creation, the exchange, and the saves around them."""
    whole = await crash.tried("credentials", (), 0)
    assert whole.bad == ()
    for wanted in ("POST /2.0/users/me/connections", "POST /2.0/auth/token/access", "save"):
        for when in ("before", "during", "after"):
            kind = f"{when} {wanted}, "
            points = [i for i, one in enumerate(whole.points, start=1) if one.startswith(kind)]
            for point in points[:1]:
                trial = await crash.tried("credentials", (point,), 0, whole.left)
                assert (trial.killed, trial.bad) == (1, ()), f"killed {kind}"


async def test_a_successor_may_be_killed_too() -> None:
    whole = await crash.tried("cancelled", (), 0)
    trial = await crash.tried("cancelled", (20, 5), 0, whole.left)
    assert (trial.killed, trial.bad) == (2, ())


async def test_the_proof_answers_its_line() -> None:
    line = await crash.run(trials=4, only=("cancelled",))
    assert is_good(line), line
    assert (line["proof"], line["tried"], line["attempts"]) == ("crash", 4, 5)


@pytest.mark.parametrize(
    ("left", "kinds"),
    [
        (Left((), (), ()), ["lost", "lost", "lost"]),
        (Left(LEFT.end, ("permanent", "temporary"), LEFT.connections), ["twice"]),
        (Left(LEFT.end, LEFT.users, LEFT.connections * 2), ["twice"]),
        (Left(LEFT.end, LEFT.users, ((40, (), 1),)), ["lost"]),
        (LEFT, []),
    ],
)
def test_what_is_left_is_compared_with_an_attempt_that_nobody_killed(
    left: Left, kinds: list[str]
) -> None:
    assert [kind for kind, _ in aftermath.bad_left(left, LEFT)] == kinds


@pytest.mark.parametrize(
    ("codes", "kinds"), [([-9, 0], []), ([-9, None], ["lost"]), ([1], ["unhandled"])]
)
def test_a_process_that_does_not_come_to_the_end_is_told(
    codes: list[int | None], kinds: list[str]
) -> None:
    assert [kind for kind, _ in aftermath.bad_codes(codes)] == kinds
