"""The calling states' functions, a file for each machine, and what all our machines may name."""

from powens_flow.calls import calls
from powens_flow.decisions.guards import guards
from powens_flow.handlers import add_connection, connection_state, ending, repair, source
from powens_flow.handlers.registry import handlers
from powens_flow.machine.registry import Registry

__all__ = ["add_connection", "connection_state", "default_registry", "ending", "repair", "source"]


def default_registry() -> Registry:
    """A new registry with our handlers, guards and calls; an integrator may add to it."""
    return Registry().include(handlers).include(guards).include(calls)
