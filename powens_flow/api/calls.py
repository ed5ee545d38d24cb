"""What the groups of calls share: the way out, and how answers are read."""

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar

from attrs import evolve
from yarl import URL

from powens_flow.api.address import same_origin
from powens_flow.api.errors import BadAnswer, Flaw
from powens_flow.api.models import Page
from powens_flow.api.reading import Reader, WrongShape, listed, mapping, secret
from powens_flow.api.transport import Request, Transport
from powens_flow.secret import Secret

T = TypeVar("T")
MOST_PAGES: Final = 1000


class Calls:
    """A group of calls of the API."""

    _transport: Transport
    client_id: str
    _client_secret: Secret | None

    async def _all_pages(self, request: Request, read: Reader[Page[T]]) -> tuple[T, ...]:
        """Every item of a list, following the opaque links to the end."""
        page = await self._transport.call(request, read)
        items, seen = list(page.items), set[str]()
        while page.next is not None:
            if page.next in seen or len(seen) >= MOST_PAGES:
                raise _bad_link()
            seen.add(page.next)
            page = await self._transport.call(evolve(request, path=self._linked(page.next)), read)
            items += page.items
        return tuple(items)

    def _linked(self, href: str) -> URL:
        # The user's token goes along, so a link may lead nowhere but to the API itself.
        target = same_origin(self._transport.base, href)
        if target is None:
            raise _bad_link()
        return target

    def _client_values(self) -> dict[str, object]:
        """Both client values, as a body takes them; ValueError without the secret."""
        if self._client_secret is None:
            raise ValueError("this call needs the client secret")
        return {"client_id": self.client_id, "client_secret": self._client_secret}


def _bad_link() -> BadAnswer:
    return BadAnswer(Flaw.WRONG_SHAPE, path="_links.next.href", may_have_acted=False)


def paged(key: str, read: Reader[T]) -> Reader[Page[T]]:
    """The reader of `{key: [...], _links?: {next?: {href}}}`; the list itself must be there."""
    read_items = at(key, listed(read))

    def read_page(value: Any) -> Page[T]:
        return Page(read_items(value), _next(value))

    return read_page


def _next(value: Mapping[str, Any]) -> str | None:
    step: Any = value
    for key in ("_links", "next", "href"):
        step = step.get(key) if isinstance(step, dict) else None
    if step is None or (isinstance(step, str) and step):
        return step
    raise WrongShape("a link").under("._links.next.href")


def at(key: str, read: Callable[[Any], T]) -> Reader[T]:
    """The reader of what stands under `key`."""

    def read_key(value: Any) -> T:
        met = mapping(value).get(key)
        try:
            return read(met)
        except WrongShape as wrong:
            raise wrong.under(f".{key}") from None

    return read_key


def permanent_token(value: Any) -> Secret:
    """`access_token` in the reference, `token` in the guide (protocol page, User context)."""
    named = "token" if mapping(value).get("access_token") is None else "access_token"
    return at(named, secret)(value)


def acknowledged(value: Any) -> None:
    """An answer whose content says nothing more: none at all, or any object."""
    if value is not None:
        mapping(value)
