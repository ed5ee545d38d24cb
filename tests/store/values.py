"""Attempts, rows and moments for the stores' tests."""

from datetime import UTC, datetime, timedelta
from typing import Any

from attrs import evolve

from powens_flow.attempt import (
    Account,
    AskedField,
    Attempt,
    CallRecord,
    Choice,
    Claim,
    Connector,
    Consent,
    JournalRow,
    Problem,
    Reading,
    Result,
    Source,
    SourceFate,
    Subscription,
    User,
)
from powens_flow.policy import Policy
from powens_flow.store.port import Busy, Lease, Save, Saved, Store, Taken

NOON = datetime(2026, 3, 1, 12, 0, 0, 250_000, tzinfo=UTC)


def at(seconds: float) -> datetime:
    """So many seconds after noon."""
    return NOON + timedelta(seconds=seconds)


def an_attempt(attempt_id: str = "one", **changes: Any) -> Attempt:
    """A new attempt that waits for nothing yet."""
    new = Attempt(
        id=attempt_id,
        owner="ada",
        machine="add_connection",
        state="choosing_connector",
        created_at=NOON,
        entered_at=NOON,
    )
    return evolve(new, **changes)


def a_full_attempt() -> Attempt:
    """An attempt with something in every part of it."""
    fields = (
        AskedField("login", "text", "Identifiant", regex=r"^\d{8}$", sources=("directaccess",)),
        AskedField("code", "password", "Code secret", "8 chiffres", sources=("directaccess",)),
        AskedField("site", "list", "Site", values=(Choice("Particuliers", "par"),)),
    )
    sources = (
        Source(1, "directaccess", "credentials", 0, False, ("bank",), ("checking", "card")),
        Source(2, "openapi", "webauth", 1, account_usages=("PRIV",)),
    )
    return an_attempt(
        machine_hash="0123456789abcdef",
        seq=9,
        policy=Policy(redirect_uri="https://app.example/back", countries=("FR",)),
        user=User(5, "sealed-token", made_here=True, expires_at=at(1800)),
        connector_ref="07d7",
        connector=Connector(10, "07d7", "Crédit Né", "credentials", ("bank",), sources, fields),
        known_connections=(3, 4),
        id_connection=7,
        connection_made_here=True,
        source="openapi",
        source_id=21,
        sources=(SourceFate("directaccess", "added", None, at(86400)),),
        asked=fields[:1],
        asked_for="credentials",
        answered=("login", "code"),
        plain_values={"site": "par", "connector": "{x}"},
        reading=Reading("decoupled", "Ouvrez l'app", ("otp",), at(1), at(2), 2),
        url="sealed-url",
        accounts=tuple(
            Account(n, f"Compte {n}", f"00{n}", f"FR76{n}", "checking", "PRIV", 1.5 * n, "EUR")
            for n in (1, 2, 3)
        ),
        subscriptions=(Subscription(4, "Box", "n-4", "Ada", disabled=False),),
        consent=Consent(at(3), (1, 2), (4,), "consent.default"),
        problem=Problem("values.wrong", "Code \ud83d faux", fields={"code": "values.required"}),
        result=Result(5, 7, ("directaccess",), (1,), (4,), Consent(at(3)), at(86400), "decoupled"),
        deadline_at=at(900),
        deadline_of="user",
        polls=2,
        due_at=at(4),
    )


def a_row(seq: int = 1, attempt_id: str = "one", **changes: Any) -> JournalRow:
    """A transition with something in every part of it."""
    row = JournalRow(
        attempt_id=attempt_id,
        seq=seq,
        at=at(seq),
        trigger="done",
        source="source.submitting",
        dest="connection_state.reading",
        cause="submit_values",
        duration=0.25,
        machine_hash="0123456789abcdef",
        guards={"has_next_source": True, "is_chained": False},
        facts={"state": None, "sources": ["directaccess"]},
        calls=(CallRecord("create_connection", 202, None, "req-1", 0.125),),
    )
    return evolve(row, **changes)


async def created(store: Store, attempt: Attempt | None = None, until: float = 30) -> Taken:
    """The attempt, new in the store and leased to `ann` until so many seconds after noon."""
    return await store.create(
        attempt or an_attempt(), (), holder="ann", until=at(until), untold=False
    )


async def at_rest(store: Store, attempt: Attempt | None = None, **changes: Any) -> Attempt:
    """The attempt, created and then saved at rest: nobody drives it."""
    taken = await created(store, attempt)
    return (await saved(store, taken, release=True, **changes)).attempt


async def saved(store: Store, taken: Taken, *, attempt: Attempt | None = None, **how: Any) -> Saved:
    """What was taken, saved; `how` are the parts of the `Save`."""
    return await store.save(Save(attempt or taken.attempt, taken.lease, **how))


async def take(
    store: Store, attempt_id: str = "one", *, holder: str = "bob", now: float = 1, **how: Any
) -> Taken | Busy | None:
    """Ask for the attempt, so many seconds after noon, for half a minute."""
    return await store.take(attempt_id, holder=holder, now=at(now), until=at(now + 30), **how)


async def took(store: Store, attempt_id: str = "one", **how: Any) -> Taken:
    """The attempt, which must be free."""
    taken = await take(store, attempt_id, **how)
    assert isinstance(taken, Taken)
    return taken


async def posted(store: Store, event: dict[str, Any], **how: Any) -> int:
    """Where the event stands in the inbox of the attempt, which must be busy."""
    busy = await take(store, post=event, **how)
    assert isinstance(busy, Busy)
    assert busy.seq is not None
    return busy.seq


def a_claim(key: str = "user:ada", attempt_id: str = "one", until: float = 60) -> Claim:
    """A claim with nothing to say."""
    return Claim(key, attempt_id, at(until))


def a_lease(attempt_id: str = "one", holder: str = "ann", fence: int = 1) -> Lease:
    """A lease as the first holder of an attempt has it."""
    return Lease(attempt_id, holder, fence, at(30))
