"""One request to the page: who looks, when, and how addresses are written from there."""

from datetime import datetime
from urllib.parse import quote, urlencode

from aiohttp import web
from attrs import frozen

from powens_flow.web.inspect.filters import Filters
from powens_flow.web.inspect.look import Look

LONGEST_ID = 200


@frozen
class Links:
    """Addresses relative to a page, so that no proxy's prefix has to be known: `root` leads from
    it to the first page."""

    root: str

    def file(self, name: str) -> str:
        return f"{self.root}files/{name}"

    def attempts(self, asked: Filters | None = None) -> str:
        query = (asked or Filters()).query()
        return f"{self.root}attempts{query and '?'}{query}"

    def attempt(self, attempt_id: str) -> str:
        return f"{self.root}attempts/{quote(attempt_id, safe='')}"

    def attempt_json(self, attempt_id: str) -> str:
        return f"{self.root}json/attempts/{quote(attempt_id, safe='')}"

    def path_picture(self, attempt_id: str, part: str, shows: str) -> str:
        query = urlencode({"part": part, "v": shows})
        return f"{self.attempt(attempt_id)}/picture.svg?{query}"

    def machine(self, name: str, part: str = "") -> str:
        query = f"?{urlencode({'part': part})}" if part else ""
        return f"{self.root}machines/{quote(name, safe='')}{query}"

    def live_picture(self, name: str, part: str, shows: str) -> str:
        query = urlencode({"part": part, "v": shows})
        return f"{self.root}machines/{quote(name, safe='')}/picture.svg?{query}"

    def funnel(self, since: str | None = None) -> str:
        return f"{self.root}funnel{f'?since={since}' if since else ''}"


@frozen(eq=False)
class Visit:
    """A request of somebody of the staff, at a moment."""

    request: web.Request
    look: Look
    staff: str
    now: datetime
    links: Links

    @property
    def attempt_id(self) -> str:
        """The attempt that the path names."""
        return self.request.match_info["id"]
