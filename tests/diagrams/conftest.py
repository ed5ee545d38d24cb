"""Our machines, loaded once, and all their pictures."""

import pytest

from powens_flow.diagrams.gallery import Picture, gallery
from powens_flow.handlers import default_registry
from powens_flow.machine import Definition, Machines, load_machines


@pytest.fixture(scope="session")
def machines() -> Machines:
    return load_machines(default_registry())


@pytest.fixture(scope="session")
def machine(machines: Machines) -> Definition:
    return machines["add_connection"]


@pytest.fixture(scope="session")
def pictures(machines: Machines) -> tuple[Picture, ...]:
    return gallery(machines)
