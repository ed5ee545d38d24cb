"""Lists, page by page: `limit`, `offset`, and the link to the next page."""

from collections.abc import Sequence
from typing import Any, Final, TypeVar
from urllib.parse import urlencode

from powens_flow.simulator.accepted import number_of
from powens_flow.simulator.call import Call
from powens_flow.simulator.errors import ApiError

Row = TypeVar("Row")
MAX_LIMIT: Final = 1000
PAGED: Final = frozenset({"limit", "offset"})
"""The query parameters that `page` reads."""


def page(
    call: Call, rows: Sequence[Row], size: int | None = None
) -> tuple[Sequence[Row], dict[str, Any]]:
    """The rows that the query asks for, and what stands beside them in the answer.

    `size` is how many the server gives where no limit is asked. Raises ApiError `invalidValue`.
    """
    limit = _asked(call, "limit", size or MAX_LIMIT, most=MAX_LIMIT)
    offset = _asked(call, "offset", 0, most=None)
    shape: dict[str, Any] = {"total": len(rows)}
    if "limit" in call.query or size:
        more = offset + limit < len(rows)
        shape["_links"] = {"next": {"href": _next(call, offset + limit)} if more else None}
    return rows[offset : offset + limit], shape


def _asked(call: Call, name: str, default: int, *, most: int | None) -> int:
    """A number of the query; `limit` has a largest one, `offset` none."""
    number = number_of(call.query.get(name, str(default)))
    if number is None or (most is not None and number > most):
        call.violate("wrong_type", name)
        told = "a number" if most is None else f"a number up to {most}"
        raise ApiError("invalidValue", f"{name} must be {told}")
    return number


def _next(call: Call, offset: int) -> str:
    query = urlencode(dict(call.query) | {"offset": str(offset)})
    return f"{call.origin}/2.0{call.record.path}?{query}"
