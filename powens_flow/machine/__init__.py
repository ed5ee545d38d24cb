"""The machines: read from TOML, composed, checked, and built with `transitions`."""

from powens_flow.machine.definition import Definition, NotAccepted, Step
from powens_flow.machine.errors import MachineError
from powens_flow.machine.files import our_machines
from powens_flow.machine.loading import Machines, load_machines
from powens_flow.machine.registry import Call, Registry

__all__ = [
    "Call",
    "Definition",
    "MachineError",
    "Machines",
    "NotAccepted",
    "Registry",
    "Step",
    "load_machines",
    "our_machines",
]
