"""Users, connections, sources, accounts: what the simulated Powens holds."""

from collections import Counter
from datetime import datetime
from typing import Any

import attrs

from powens_flow.simulator.connectors import Connector, Source
from powens_flow.simulator.logins import Step


@attrs.define(eq=False)
class Account:
    """A bank account, or with `subscriber` set a document subscription; disabled until approved."""

    id: int
    id_connection: int
    id_source: int | None
    facts: dict[str, Any]
    disabled: datetime | None


@attrs.define(eq=False)
class ConnectionSource:
    """A source that was added to a connection, and what its bank still asks for (`steps`)."""

    id: int
    source: Source
    created: datetime
    login: str = attrs.field(repr=False)
    steps: list[Step]
    with_accounts: bool = True
    sync_seconds: float = 0
    resumed: bool = False
    polls_left: int = 0
    refusals_left: int = 0
    heals_at: datetime | None = None
    last_update: datetime | None = None
    access_expire: datetime | None = None
    disabled: datetime | None = None
    accounts: list[Account] = attrs.field(factory=list)
    subscriptions: list[Account] = attrs.field(factory=list)

    @property
    def step(self) -> Step | None:
        return self.steps[0] if self.steps else None

    @property
    def state(self) -> str | None:
        return self.steps[0].state if self.steps else None


@attrs.define(eq=False)
class Connection:
    """An end user's connection to one connector. `state` is any enabled source's error."""

    id: int
    id_user: int
    connector: Connector
    created: datetime
    login: str = attrs.field(repr=False)
    sources: list[ConnectionSource] = attrs.field(factory=list)
    locked_until: datetime | None = None
    checking: bool = False
    link: str | None = attrs.field(default=None, repr=False)

    @property
    def failing(self) -> ConnectionSource | None:
        """The first enabled source that has an error."""
        return next((s for s in self.enabled if s.state is not None), None)

    @property
    def enabled(self) -> list[ConnectionSource]:
        return [s for s in self.sources if s.disabled is None]

    @property
    def state(self) -> str | None:
        failing = self.failing
        return failing.state if failing else None

    @property
    def last_update(self) -> datetime | None:
        return max((s.last_update for s in self.sources if s.last_update), default=None)

    def named(self, name: str) -> ConnectionSource | None:
        return next((s for s in self.sources if s.source.name == name), None)

    def accounts(self) -> list[Account]:
        return [account for source in self.sources for account in source.accounts]

    def subscriptions(self) -> list[Account]:
        return [one for source in self.sources for one in source.subscriptions]


@attrs.define(eq=False)
class User:
    """An API user; a temporary one (`expires` set) is deleted with all it has when it expires."""

    id: int
    created: datetime
    expires: datetime | None
    token: str = attrs.field(default="", repr=False)
    connections: dict[int, Connection] = attrs.field(factory=dict)
    refusals: Counter[tuple[Any, ...]] = attrs.field(factory=Counter, repr=False)
    sent_to_page: set[tuple[Any, ...]] = attrs.field(factory=set, repr=False)
    waiting_hooks: list[tuple[str, dict[str, Any]]] = attrs.field(factory=list, repr=False)

    @property
    def permanent(self) -> bool:
        return self.expires is None
