"""Who may ask a route."""

from enum import Enum


class Access(Enum):
    """Who may ask."""

    ANYBODY = "anybody"
    OWNER = "owner"
    OWN_PAGE = "own page"
    """An owner, from the integrator's own pages: these routes change something."""
