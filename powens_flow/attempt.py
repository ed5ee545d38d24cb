"""An attempt: one try of one end user to add or repair one connection.

Everything here is a frozen value; change is `attrs.evolve`. What an attempt holds is its
*snapshot*; its past is the journal (`JournalRow`). No plaintext credential and no readable token
has a place in either: tokens and URLs that carry a code stand here sealed (see `keyring`).
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from attrs import field, frozen

from powens_flow.policy import Policy

ADDED, GIVEN_UP, UNUSABLE, PASSED_OVER, PUT_OFF = (
    "added",
    "given_up",
    "unusable",
    "passed_over",
    "put_off",
)
"""What can become of a source."""


@frozen
class Choice:
    """One value of a `list` field: `label` is shown, `value` is sent."""

    label: str
    value: str


@frozen
class AskedField:
    """A field to fill in, as Powens' connector or connection describes it.

    `type` is `text`, `password`, `date`, `number` or `list`; another type is shown as text.
    `sources` and `mechanisms` say where it applies; empty: everywhere.
    """

    name: str
    type: str = "text"
    label: str = ""
    description: str | None = None
    required: bool = True
    regex: str | None = None
    values: tuple[Choice, ...] = ()
    sources: tuple[str, ...] = ()
    mechanisms: tuple[str, ...] = ()


@frozen
class Source:
    """A connector's source: a subset of a bank's accounts, added on its own and in order."""

    id: int
    name: str
    mechanism: str
    priority: int = 0
    disabled: bool = False
    capabilities: tuple[str, ...] = ()
    account_types: tuple[str, ...] = ()
    account_usages: tuple[str, ...] = ()


@frozen
class Connector:
    """The chosen connector, as it was read for this attempt; it may have no `sources`."""

    id: int
    uuid: str
    name: str
    mechanism: str
    capabilities: tuple[str, ...] = ()
    sources: tuple[Source, ...] = ()
    fields: tuple[AskedField, ...] = ()


@frozen
class SourceFate:
    """What became of one source: `added`, `given_up`, `unusable`, `passed_over` or `put_off`.

    `name` is empty for a connector that has no sources. `state` is the connection state that it
    was left in, or that was last read of it; None when it was synced.
    """

    name: str
    fate: str
    state: str | None = None
    access_expire: datetime | None = None


@frozen
class Reading:
    """What the connection, or the source being added, said of itself when it was last read.

    `repeats` counts the readings that brought nothing new (same state, fields and `last_update`)
    since the user last did something.
    """

    state: str | None = None
    error_message: str | None = None
    fields: tuple[str, ...] = ()
    last_update: datetime | None = None
    next_try: datetime | None = None
    repeats: int = 0


@frozen
class Account:
    """A bank account that was found; its holder's data leaves the snapshot at the end."""

    id: int
    name: str | None = field(default=None, repr=False)
    number: str | None = field(default=None, repr=False)
    iban: str | None = field(default=None, repr=False)
    type: str | None = None
    usage: str | None = None
    balance: float | None = field(default=None, repr=False)
    currency: str | None = None
    disabled: bool = True


@frozen
class Subscription:
    """A document subscription that was found; its holder's data leaves the snapshot at the end."""

    id: int
    label: str | None = field(default=None, repr=False)
    number: str | None = field(default=None, repr=False)
    subscriber: str | None = field(default=None, repr=False)
    disabled: bool = True


@frozen
class Consent:
    """What the end user approved (GDPR): ids, when, and under which wording."""

    at: datetime
    accounts: tuple[int, ...] = ()
    subscriptions: tuple[int, ...] = ()
    wording: str = ""


@frozen
class Problem:
    """What went wrong last: a stable message key, and the bank's own words where it gave some.

    `description` is technical and for the log, never shown. `fields` maps a field's name to the
    message key of what is wrong with it.
    """

    key: str
    message: str | None = None
    code: str | None = None
    description: str | None = None
    request_id: str | None = None
    fields: Mapping[str, str] = field(factory=dict)


@frozen
class User:
    """The Powens user of the owner. `token` is sealed; a temporary user ends at `expires_at`.

    `made_here`: this attempt made it. `kept`: the vault has its permanent token.
    """

    id: int
    token: str = field(repr=False)
    permanent: bool = False
    made_here: bool = False
    expires_at: datetime | None = None
    kept: bool = False


@frozen
class Result:
    """What a completed attempt came to.

    `pending` is the connection state that a source was left in, or has come to since it was
    added (None: all were synced);
    `orphans` counts temporary users that a lost answer left behind, to die after 30 minutes;
    `access_expire` is the earliest end of access that the added sources named.
    """

    id_user: int
    id_connection: int | None
    sources: tuple[str, ...] = ()
    accounts: tuple[int, ...] = ()
    subscriptions: tuple[int, ...] = ()
    consent: Consent | None = None
    access_expire: datetime | None = None
    pending: str | None = None
    orphans: int = 0


@frozen(slots=False)  # copied by its dictionary: see `evolving`
class Attempt:
    """A snapshot: everything the machine and its prompts need to know of one attempt.

    `cut_short`: a process died in this state, and what it achieved was not found out yet.
    """

    id: str
    owner: str
    machine: str
    state: str
    created_at: datetime
    entered_at: datetime
    machine_hash: str = ""
    version: int = 0
    seq: int = 0
    policy: Policy = field(factory=Policy)

    user: User | None = None
    connector_ref: str | None = None
    connector: Connector | None = None
    known_connections: tuple[int, ...] = ()
    existing: tuple[int, ...] = ()
    present_sources: tuple[str, ...] = ()
    id_connection: int | None = None
    connection_made_here: bool = False
    refresh: bool = False

    source: str | None = None
    source_id: int | None = None
    wanted_source: str | None = None
    sources: tuple[SourceFate, ...] = ()
    asked: tuple[AskedField, ...] = ()
    asked_for: str | None = None
    answered: tuple[str, ...] = ()
    plain_values: Mapping[str, str] = field(factory=dict, repr=False)

    reading: Reading = Reading()
    resumed: bool = False
    url: str | None = field(default=None, repr=False)
    url_state: str | None = field(default=None, repr=False)
    came_back: bool = False
    callback_connection: int | None = None
    unsure_since: datetime | None = None

    accounts: tuple[Account, ...] = ()
    subscriptions: tuple[Subscription, ...] = ()
    consent: Consent | None = None
    early_tried: bool = False
    exchange_tried: bool = False
    orphans: int = 0

    problem: Problem | None = None
    ending: str | None = None
    cleanup: str | None = None
    result: Result | None = None

    deadline_at: datetime | None = None
    deadline_of: str | None = None
    warned: bool = False
    polls: int = 0
    tries: int = 0
    trying_since: datetime | None = None
    cut_short: bool = False
    due_at: datetime | None = None


@frozen
class CallRecord:
    """One API call as the journal keeps it: no URL, no body, no token."""

    name: str
    status: int | None = None
    code: str | None = None
    request_id: str | None = None
    duration: float = 0.0


@frozen
class JournalRow:
    """One transition that happened.

    `guards` holds what each guard that was asked answered, `facts` what the outcome or the event
    said that is fit to keep: with them the row can be replayed through the machine.
    `duration` is the time spent in `source`, in seconds.
    """

    attempt_id: str
    seq: int
    at: datetime
    trigger: str
    source: str
    dest: str
    cause: str
    duration: float
    machine_hash: str
    guards: Mapping[str, bool] = field(factory=dict)
    facts: Mapping[str, Any] = field(factory=dict)
    calls: tuple[CallRecord, ...] = ()


@frozen
class Claim:
    """A name that one attempt holds until `until` (`user:{owner}`, ...), with JSON data."""

    key: str
    attempt_id: str
    until: datetime
    data: Mapping[str, Any] = field(factory=dict, repr=False)
