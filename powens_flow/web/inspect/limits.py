"""How often the store is really asked, and how much one page shows."""

from attrs import frozen


@frozen
class InspectLimits:
    """For all tabs of all staff together, in each process.

    Figures of the fleet are at most `figures` seconds old, times spent in states (the dearest)
    `times`, a live picture `picture`. A page asks again every `poll` seconds while it is seen. A
    list has `page` attempts, or as many as asked for up to `largest_page`; a timeline the latest
    `rows` transitions.
    """

    figures: float = 3.0
    times: float = 30.0
    picture: float = 10.0
    poll: float = 3.0
    page: int = 50
    largest_page: int = 200
    rows: int = 400
