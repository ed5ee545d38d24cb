"""Bank connections in somebody's aiohttp application: a sub-application made by a factory."""

from powens_flow.web.app import ENGINE, connect_app
from powens_flow.web.limits import Limits
from powens_flow.web.problems import KINDS, Problem

__all__ = ["ENGINE", "KINDS", "Limits", "Problem", "connect_app"]
