"""The doctor, on the simulator: all well, and what can be looked at without a domain."""

from pathlib import Path

from powens_flow.config import Configuration
from powens_flow.simulator import Server
from tests.doctor.findings import OK, UNKNOWN, WARNING, found


async def test_where_all_is_well_nothing_is_wrong_and_nothing_has_changed(
    configured: Configuration, server: Server
) -> None:
    findings = await found(configured)
    assert {name: one.status for name, one in findings.items()} == {
        "domain": OK,
        "public key": OK,
        "client": OK,
        "clock": OK,
        "redirect URI": WARNING,  # plain http, on this machine
        "redirect URI's page": OK,
        "redirect URI's registration": UNKNOWN,
        "store": OK,
        "disk": OK,
        "keys": OK,
    }
    assert configured.store is not None
    assert list(configured.store.parent.iterdir()) == []
    assert not server.simulator.users
    assert not server.simulator.violations


async def test_without_a_domain_only_this_machine_is_looked_at(tmp_path: Path) -> None:
    findings = await found(Configuration(store=tmp_path / "attempts.sqlite"))
    assert findings["domain"].status is UNKNOWN
    assert "the simulator is used" in findings["domain"].says
    assert "client" not in findings
