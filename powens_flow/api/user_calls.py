"""The user context: users, their tokens and codes."""

from collections.abc import Iterable
from typing import Final

from powens_flow.api.address import query
from powens_flow.api.calls import Calls, acknowledged, permanent_token
from powens_flow.api.keys import PublicKey, public_key
from powens_flow.api.models import InitialisedUser, TemporaryCode
from powens_flow.api.reading import model
from powens_flow.api.transport import Request
from powens_flow.secret import Secret

_read_user: Final = model(InitialisedUser)
_read_code: Final = model(TemporaryCode)


class UserCalls(Calls):
    """Calls under `/auth`, the user itself, and the key that values are sealed for."""

    async def init_user(self, *, permanent: bool = False) -> InitialisedUser:
        """`POST /auth/init`: a new user, temporary unless `permanent`. Not idempotent."""
        body = self._client_values() if permanent else {}
        request = Request("init_user", "POST", "auth/init", body=body)
        return await self._transport.call(request, _read_user)

    async def temporary_code(self, token: Secret, *, type: str = "singleAccess") -> TemporaryCode:  # noqa: A002 (the protocol's name)
        """`GET /auth/token/code`: a short-lived code for the user of `token`."""
        path = f"auth/token/code{query({'type': type})}"
        request = Request("temporary_code", "GET", path, token)
        return await self._transport.call(request, _read_code)

    async def exchange_token(self, code: Secret, *, hidden: Iterable[Secret] = ()) -> Secret:
        """`POST /auth/token/access`: a code, or a temporary token, for a permanent token.

        Not idempotent: a code burns on first use. `hidden` are further secrets that an error may
        not repeat.
        """
        body = {"grant_type": "authorization_code", **self._client_values(), "code": code}
        sent = tuple(one.reveal() for one in hidden)
        request = Request("exchange_token", "POST", "auth/token/access", body=body, sent=sent)
        return await self._transport.call(request, permanent_token)

    async def renew_token(self, id_user: int, *, revoke_previous: bool | None = None) -> Secret:
        """`POST /auth/renew`: a new permanent token for a known user."""
        body = {"grant_type": "client_credentials", **self._client_values(), "id_user": id_user}
        if revoke_previous is not None:
            body["revoke_previous"] = revoke_previous
        request = Request("renew_token", "POST", "auth/renew", body=body)
        return await self._transport.call(request, permanent_token)

    async def revoke_token(self, token: Secret) -> None:
        """`DELETE /auth/token`: ends a permanent token."""
        request = Request("revoke_token", "DELETE", "auth/token", token)
        await self._transport.call(request, acknowledged)

    async def delete_user(self, token: Secret) -> None:
        """`DELETE /users/me`: deletes the user and everything under it."""
        request = Request("delete_user", "DELETE", "users/me", token)
        await self._transport.call(request, acknowledged)

    async def public_key(self) -> PublicKey:
        """`GET /publickey`: the key that values are sealed for now."""
        return await self._transport.call(Request("public_key", "GET", "publickey"), public_key)
