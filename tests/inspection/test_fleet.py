"""Funnel, heat and what is stuck, out of what a store counts."""

from datetime import timedelta

from attrs import evolve

from powens_flow.diagrams.overlay import Mark
from powens_flow.events import Cancel
from powens_flow.inspection import funnel, funnel_of, heat, heat_of, reasons, trouble
from powens_flow.inspection.funnel import ELSEWHERE, OfConnector, Step, steps_in_order
from powens_flow.store.fleet import ConnectorName, Count, Listed, Loss, Spent, Wanted
from powens_flow.store.memory import MemoryStore
from powens_flow.testing import Script, World
from tests.inspection.stories import adding, at, machines

ADD = "add_connection"
BANK = ConnectorName("aaaa", 40, "Banque")
LISTED = Listed(1, "one", "ada", ADD, "choosing_connector", at(0), at(0), wakes_at=at(900))


def test_steps_stand_in_the_order_of_the_way() -> None:
    steps = steps_in_order(adding())
    order = ["opening_user", "choosing_connector", "source", "source.state", "choosing_accounts"]
    assert [one for one in steps if one in order] == order
    assert steps.index("exchanging_token") > steps.index("choosing_accounts")
    assert not any(one.startswith("ending") for one in steps)
    assert steps[-1] == ELSEWHERE


def test_each_step_says_who_came_so_far_and_who_was_lost_there() -> None:
    made = funnel_of(
        adding(),
        [
            Count(ADD, "completed", "aaaa", False, 60),
            Count(ADD, "cancelled", "aaaa", False, 20),
            Count(ADD, "failed", None, False, 5),
            Count(ADD, "source.filling_in", "aaaa", True, 10),
            Count(ADD, "ending.cleaning_up_later", "aaaa", True, 5),
            Count("reconnect", "completed", "aaaa", False, 99),
        ],
        [
            Loss(ADD, "opening_user", None, "rejected", 5),
            Loss(ADD, "source.filling_in", "aaaa", "cancel", 15),
            Loss(ADD, "source.filling_in", "aaaa", "expire", 5),
            Loss(ADD, "choosing_accounts", "aaaa", "cancel", 5),
        ],
        [BANK],
    )
    assert (made.attempts, made.completed, made.under_way, made.lost) == (100, 60, 10, 30)
    assert made.steps == (
        Step("opening_user", 100, failed=5, by=(("opening_user", "rejected", 5),)),
        Step(
            "source",
            95,
            here=10,
            cancelled=15,
            expired=5,
            by=(("source.filling_in", "cancel", 15), ("source.filling_in", "expire", 5)),
        ),
        Step("choosing_accounts", 65, cancelled=5, by=(("choosing_accounts", "cancel", 5),)),
    )
    assert made.connectors == (
        OfConnector("aaaa", "Banque", 95, 60, 10, 25, "source.filling_in"),
        OfConnector(None, "(none chosen)", 5, 0, 0, 5, "opening_user"),
    )


def test_what_another_version_lost_is_not_left_out() -> None:
    made = funnel_of(adding(), [], [Loss(ADD, "an_old_state", None, "cancel", 1)], [])
    assert [(step.name, step.lost) for step in made.steps] == [(ELSEWHERE, 1)]


def test_heat_is_the_share_of_those_under_way() -> None:
    picture = heat_of(
        adding(),
        [
            Count(ADD, "source.filling_in", None, True, 30),
            Count(ADD, "source.filling_in", "aaaa", True, 10),
            Count(ADD, "choosing_accounts", None, True, 20),
            Count(ADD, "completed", None, False, 7),
        ],
        [Loss(ADD, "source.filling_in", None, "cancel", 3)],
        [Spent(ADD, "source.filling_in", 9, 12.0, 40.0), Spent(ADD, "opening_user", 9, 0.0, 0.0)],
    )
    assert picture.states == {
        "source.filling_in": Mark(("40 here", "3 lost", "median 12 s, p95 40 s"), heat=1.0),
        "choosing_accounts": Mark(("20 here",), heat=0.5),
        "completed": Mark(("7 ended",)),
    }
    assert picture.title == "Add a connection: 60 under way, 7 ended"
    assert not picture.is_path


async def test_a_store_of_real_attempts_is_counted(w: World) -> None:
    store = w.store
    assert isinstance(store, MemoryStore)
    await w.driver().run()
    await w.driver(Script(login="sms", answers={"fill_in_fields": [Cancel()]})).run()
    await w.driver(Script(login="sms")).until("state.additionalInformationNeeded")

    made = await funnel(store, adding())
    assert (made.attempts, made.completed, made.under_way, made.lost) == (3, 1, 1, 1)
    assert [(step.name, step.came) for step in made.steps] == [("source", 3), ("source.state", 2)]
    assert (await funnel(store, adding(), at(10**9))).attempts == 0
    picture = await heat(store, adding())
    assert picture.states["source.state.asking_information"].heat == 1.0
    assert made.to_json()["steps"][0]["by"] == [
        {"state": "source.filling_in", "trigger": "cancel", "attempts": 1}
    ]


def why(one: Listed, seconds: float) -> tuple[str, ...]:
    now = at(seconds)
    return reasons(one, trouble(machines(), now), now)


def test_what_gets_on_is_not_stuck() -> None:
    assert why(LISTED, 900) == why(LISTED, 959) == ()
    assert why(evolve(LISTED, wakes_at=None), 10**6) == ()


def test_what_nobody_takes_up_is_overdue() -> None:
    assert why(LISTED, 961) == ("overdue for 1 m 1 s: no backend takes it up",)
    driven = evolve(LISTED, driven=True)
    assert why(driven, 961) == ("overdue for 1 m 1 s: its process died",)


def test_what_asks_for_a_decision_is_stuck() -> None:
    for state in ("source.state.stuck", "fetching_connector.interrupted"):
        assert why(evolve(LISTED, state=state, problem="bug"), 0) == (
            "somebody has to decide: bug",
        )


def test_a_call_that_takes_too_long_is_stuck() -> None:
    calling = evolve(LISTED, state="source.submitting", wakes_at=at(2000))
    assert why(calling, 900) == ()
    assert why(calling, 901) == ("calling for 15 m 1 s",)


def test_a_state_of_another_version_is_stuck() -> None:
    assert why(evolve(LISTED, state="an_old_state"), 0) == (
        "its state fits nowhere in this version",
    )


async def test_the_store_finds_what_has_reasons(w: World) -> None:
    store = w.store
    assert isinstance(store, MemoryStore)
    await w.driver(Script(login="unknown-state")).until("state.unknown")
    await w.driver().until("choose_connector")
    now = w.clock.now()
    for later in (now, now + timedelta(hours=2)):
        what = trouble(machines(), later)
        every = (await store.attempts(Wanted())).attempts
        stuck = (await store.attempts(Wanted(stuck=what))).attempts
        assert stuck == tuple(one for one in every if reasons(one, what, later))
