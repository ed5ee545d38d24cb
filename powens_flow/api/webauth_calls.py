"""The way to the bank's own page."""

from collections.abc import Mapping
from typing import Any, Final

from powens_flow.api.address import checked_redirect_uri, query
from powens_flow.api.calls import Calls, at
from powens_flow.api.connection_calls import checked_values
from powens_flow.api.reading import Reader, WrongShape
from powens_flow.api.transport import Request
from powens_flow.secret import Secret

_TAKEN: Final = frozenset(
    (
        *("client_id", "token", "source", "redirect_uri", "state"),
        *("id_connector", "connector_uuid", "id_connection"),
    )
)


class WebauthCalls(Calls):
    """The two ways to the page; `values` of fields travel as plain query parameters of either.

    Both raise ValueError for a redirect URI with query parameters, and for the values of fields
    that have the name of a parameter.
    """

    async def webauth_url(
        self,
        token: Secret,
        redirect_uri: str,
        *,
        id_connector: int | None = None,
        id_connection: int | None = None,
        source: str | None = None,
        state: str | None = None,
        values: Mapping[str, str] | None = None,
    ) -> Secret:
        """`GET /webauth-url`: the page to redirect to; a secret, as it may carry a code.

        For a connector, or a connection; raises UpToDate when the connection needs none.
        """
        parameters = {
            "client_id": self.client_id,
            "redirect_uri": checked_redirect_uri(redirect_uri),
            **_exactly_one(id_connector=id_connector, id_connection=id_connection),
            "source": source,
            "state": state,
            **checked_values(values, _TAKEN),
        }
        sent = tuple(value for value in (state, *(values or {}).values()) if value)
        path = f"webauth-url{query(parameters)}"
        request = Request("webauth_url", "GET", path, token, sent=sent, webauth=True)
        secure = self._transport.base.scheme == "https"
        return await self._transport.call(request, _READ_URL[secure])

    def webauth_page(
        self,
        code: Secret,
        redirect_uri: str,
        *,
        id_connector: int | None = None,
        connector_uuid: str | None = None,
        id_connection: int | None = None,
        source: str | None = None,
        state: str | None = None,
        values: Mapping[str, str] | None = None,
    ) -> Secret:
        """The URL of `/webauth`, the page to navigate to instead, with a temporary code."""
        parameters = {
            "client_id": self.client_id,
            "token": code.reveal(),
            **_exactly_one(
                id_connector=id_connector,
                connector_uuid=connector_uuid,
                id_connection=id_connection,
            ),
            "source": source,
            "redirect_uri": checked_redirect_uri(redirect_uri),
            "state": state,
            **checked_values(values, _TAKEN),
        }
        return Secret(f"{self._transport.base}webauth{query(parameters)}")


def _exactly_one(**targets: object) -> dict[str, object]:
    named = {name: value for name, value in targets.items() if value is not None}
    if len(named) != 1:
        raise ValueError(f"name exactly one of {', '.join(targets)}")
    return named


def _url(*schemes: str) -> Reader[Secret]:
    def read_url(value: Any) -> Secret:
        # It is opened in the user's browser: no `javascript:`, nor anything beside the web.
        if isinstance(value, str) and value.lower().startswith(schemes) and value.isprintable():
            return Secret(value)
        raise WrongShape("a web address")

    return at("url", read_url)


_READ_URL: Final = {True: _url("https://"), False: _url("https://", "http://")}
