"""How often the store is really asked, and how much one page shows."""

from attrs import field, frozen

from powens_flow.options import count, seconds, seconds_or_none


@frozen
class InspectLimits:
    """For all tabs of all staff together, in each process.

    Figures of the fleet are at most `figures` seconds old, times spent in states (the dearest)
    `times`, a live picture `picture`. A page asks again every `poll` seconds while it is seen. A
    list has `page` attempts, or as many as asked for up to `largest_page`; a timeline the latest
    `rows` transitions. Raises ValueError for a wrong one, which it names.
    """

    figures: float = field(default=3.0, validator=seconds_or_none)
    times: float = field(default=30.0, validator=seconds_or_none)
    picture: float = field(default=10.0, validator=seconds_or_none)
    poll: float = field(default=3.0, validator=seconds)
    page: int = field(default=50, validator=count)
    largest_page: int = field(default=200, validator=count)
    rows: int = field(default=400, validator=count)
