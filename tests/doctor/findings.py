"""What the doctor finds, and the store that it looks at."""

from pathlib import Path
from typing import Any

from powens_flow.config import Configuration
from powens_flow.doctor import Finding, Status, examine

OK, WARNING, WRONG, UNKNOWN = Status.OK, Status.WARNING, Status.WRONG, Status.UNKNOWN


async def found(configuration: Configuration, **options: Any) -> dict[str, Finding]:
    """The worst finding of each check."""
    worst: dict[str, Finding] = {}
    order = [OK, UNKNOWN, WARNING, WRONG]
    for finding in await examine(configuration, **options):
        before = worst.get(finding.check)
        if before is None or order.index(finding.status) > order.index(before.status):
            worst[finding.check] = finding
        assert finding.mend or finding.status in (OK, UNKNOWN)
    return worst


def with_store(configured: Configuration) -> tuple[Configuration, Path]:
    assert configured.store is not None
    return configured, configured.store
