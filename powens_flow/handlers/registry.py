"""The registry that our handlers enter themselves in."""

from powens_flow.machine.registry import Registry

handlers = Registry()
