"""Accounts and subscriptions: listed, and activated with the end user's consent."""

from collections.abc import Iterable
from typing import Final

from powens_flow.api.address import joined_ids
from powens_flow.api.calls import Calls, acknowledged, paged
from powens_flow.api.errors import NoAccount
from powens_flow.api.models import Account, Subscription
from powens_flow.api.reading import model
from powens_flow.api.transport import Request
from powens_flow.secret import Secret

_read_accounts: Final = paged("accounts", model(Account))
_read_subscriptions: Final = paged("subscriptions", model(Subscription))
_ENABLED: Final = {"disabled": False}


class AccountCalls(Calls):
    """Calls on accounts and subscriptions; all of them see the disabled ones (`?all`)."""

    async def accounts(self, token: Secret, id_connection: int) -> tuple[Account, ...]:
        """`GET .../accounts?all`; none where the API says `noAccount`."""
        path = f"users/me/connections/{id_connection:d}/accounts?all"
        try:
            return await self._all_pages(Request("accounts", "GET", path, token), _read_accounts)
        except NoAccount:
            return ()

    async def subscriptions(self, token: Secret, id_connection: int) -> tuple[Subscription, ...]:
        """`GET .../subscriptions?all`; none where the API says `noAccount`."""
        path = f"users/me/connections/{id_connection:d}/subscriptions?all"
        request = Request("subscriptions", "GET", path, token)
        try:
            return await self._all_pages(request, _read_subscriptions)
        except NoAccount:
            return ()

    async def activate_accounts(
        self, token: Secret, id_connection: int, ids: Iterable[int]
    ) -> None:
        """`PUT .../accounts/1,2?all`: enables all of them in one call, after the last source."""
        path = f"users/me/connections/{id_connection:d}/accounts/{joined_ids(ids)}?all"
        request = Request("activate_accounts", "PUT", path, token, _ENABLED)
        await self._transport.call(request, acknowledged)

    async def activate_subscriptions(
        self, token: Secret, id_connection: int, ids: Iterable[int]
    ) -> None:
        """`PUT .../subscriptions/1,2?all`: the same for subscriptions."""
        path = f"users/me/connections/{id_connection:d}/subscriptions/{joined_ids(ids)}?all"
        request = Request("activate_subscriptions", "PUT", path, token, _ENABLED)
        await self._transport.call(request, acknowledged)

    async def activate_account(self, token: Secret, id_account: int) -> None:
        """`POST /users/me/accounts/{id}?all`: enables one."""
        path = f"users/me/accounts/{id_account:d}?all"
        request = Request("activate_account", "POST", path, token, _ENABLED)
        await self._transport.call(request, acknowledged)
