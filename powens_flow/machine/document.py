"""A machine file as frozen values; `reading` makes them. Nothing is resolved here.

The words of a file:

    name = "source"                      the machine's name
    title = "..."                        for people
    initial = "planning"                 where it begins
    entries = ["other"]                  a part: further states that its user may target
    exits = ["added", "given_up"]        a part: the ends that its user must map

    [states.NAME]
    kind = "waiting" | "calling" | "final"
    means = "..."                        for people: what being here means
    prompt = "fill_in_fields"            waiting: the kind of prompt; final: `done` or `failed`
    message = "values.needed"            waiting and final: the stable message key
    deadline = "user"                    waiting: which of the policy's deadlines
    poll = { first = 2, factor = 1.5, most = 10 }   waiting: seconds between looks
    handler = "create_connection"        calling: the registered function
    retry = "read"                       calling: which retry rule
    again = "filling_in"                 calling: where "try again" leads (default: here)
    formerly = ["old_name"]              names of this file that stored attempts may carry
    common = false                       leave out the common edges

    [states.NAME.on]
    trigger = "TARGET"
    trigger = [{ when = ["guard"], to = "TARGET" }, { to = "TARGET" }]

    [parts.PREFIX]
    machine = "source"
    [parts.PREFIX.exits]                 written like `on`

    [retry.RULE]
    on = ["temporary"]; tries = 4; first = 0.5; most = 8; within = 60

A TARGET is a state, `PREFIX` (a part's initial state), `PREFIX.ENTRY`, or `exit.NAME`.
A name has letters, digits and _, and begins with no digit; a former name may be of several, with
dots between. No state and no part is called `exit` or `interrupted`.
"""

from collections.abc import Mapping

from attrs import field, frozen

from powens_flow.machine.errors import Place

KINDS = ("waiting", "calling", "final")


@frozen
class Branch:
    """One way a trigger may go: to `to`, when every guard in `when` is true."""

    to: str
    when: tuple[str, ...] = ()


@frozen
class Poll:
    """How often a waiting state looks by itself, in seconds: `first`, times `factor`, up to `most`.

    `until` names a field of the reading that says when it is worth looking (`next_try`).
    """

    first: float
    factor: float = 1.0
    most: float = 3600.0
    until: str | None = None


@frozen
class RetryRule:
    """Which outcomes a calling state tries again by itself, and within which bounds (seconds)."""

    name: str
    on: tuple[str, ...]
    tries: int
    first: float
    most: float
    within: float


@frozen
class StateTable:
    """One `[states.NAME]` table."""

    name: str
    place: Place
    kind: str
    means: str = ""
    prompt: str | None = None
    message: str | None = None
    deadline: str | None = None
    poll: Poll | None = None
    handler: str | None = None
    retry: str | None = None
    again: str | None = None
    formerly: tuple[str, ...] = ()
    common: bool = True
    on: Mapping[str, tuple[Branch, ...]] = field(factory=dict)


@frozen
class PartTable:
    """One `[parts.PREFIX]` table."""

    prefix: str
    place: Place
    machine: str
    exits: Mapping[str, tuple[Branch, ...]]


@frozen
class CommonTable:
    """Edges that every state of a kind has: `[common.waiting]`, `[common.calling]`."""

    waiting: Mapping[str, tuple[Branch, ...]] = field(factory=dict)
    calling: Mapping[str, tuple[Branch, ...]] = field(factory=dict)


@frozen
class Document:
    """One machine file."""

    file: str
    name: str
    title: str
    initial: str
    entries: tuple[str, ...]
    exits: tuple[str, ...]
    states: Mapping[str, StateTable]
    parts: Mapping[str, PartTable]
    retry: Mapping[str, RetryRule]
    common: CommonTable

    @property
    def is_part(self) -> bool:
        return bool(self.exits)
