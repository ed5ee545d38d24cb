"""What the simulator received, and what a strict server found wrong with it."""

from collections import Counter, deque
from datetime import datetime

import attrs


@attrs.define
class Received:
    """One call, without any value that it carried. `status` is None when nothing was answered."""

    method: str
    path: str
    route: str
    query: tuple[str, ...]
    keys: tuple[str, ...]
    request_id: str
    when: datetime
    status: int | None = None


@attrs.frozen
class Violation:
    """Something a client must not send; `detail` names keys, never values."""

    kind: str
    method: str
    path: str
    detail: str
    request_id: str
    when: datetime


class Ledger:
    """Bounded lists of calls and violations, and counters that are never cut."""

    def __init__(self, most: int) -> None:
        self.received: deque[Received] = deque(maxlen=most)
        self.violations: deque[Violation] = deque(maxlen=most)
        self.calls: Counter[tuple[str, str]] = Counter()
        self.violation_counts: Counter[str] = Counter()

    def enter(self, call: Received) -> None:
        self.received.append(call)
        self.calls[(call.method, call.route)] += 1

    def violate(self, kind: str, call: Received, detail: str) -> None:
        self.violation_counts[kind] += 1
        self.violations.append(
            Violation(kind, call.method, call.path, detail, call.request_id, call.when)
        )
