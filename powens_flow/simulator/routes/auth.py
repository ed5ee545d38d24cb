"""User context: `/auth/...`, `/users/me`, and the public key."""

from datetime import timedelta
from typing import Any

from powens_flow.simulator.accepted import number_of
from powens_flow.simulator.call import Answer, Call, Route
from powens_flow.simulator.errors import ApiError

CLIENT: dict[str, type | tuple[type, ...]] = {"client_id": (str, int), "client_secret": str}


async def init(call: Call) -> Answer:
    body = call.check_body(CLIENT)
    permanent = "client_id" in body and "client_secret" in body
    if permanent:
        _check_client(call, body)
    user, token = call.sim.new_user(permanent=permanent)
    shape = {
        "auth_token": token,
        "type": "permanent" if permanent else "temporary",
        "id_user": user.id,
        "expires_in": None if permanent else int(call.sim.settings.temporary_seconds),
        "id_application": "sharedAccess",
    }
    return Answer(200, shape)


async def token_code(call: Call) -> Answer:
    kind = call.query.get("type", "requestAccess")
    if kind not in ("singleAccess", "requestAccess"):
        raise ApiError("invalidValue", "Unknown type of code")
    seconds = call.sim.settings.code_seconds
    code = call.sim.tokens.code(call.user.id, call.sim.clock.now() + timedelta(seconds=seconds))
    access = "single" if kind == "singleAccess" else "standard"
    shape = {"code": code, "type": "temporary", "access": access, "expires_in": int(seconds)}
    return Answer(200, shape)


async def token_access(call: Call) -> Answer:
    body = call.check_body(CLIENT | {"grant_type": str, "code": str})
    _check_grant(call, body, "authorization_code")
    if "code" not in body:
        raise ApiError("missingParameter", "code is missing")
    user = call.sim.user(call.sim.tokens.burn(body["code"], call.sim.clock.now()))
    token = call.sim.permanent_token(user)
    key = call.sim.settings.token_key
    return Answer(200, {key: token, "token_type": "Bearer", "scope": None})


async def renew(call: Call) -> Answer:
    known = CLIENT | {"grant_type": str, "id_user": (int, str), "revoke_previous": bool}
    body = call.check_body(known)
    _check_grant(call, body, "client_credentials")
    if "id_user" not in body:
        user, token = call.sim.new_user(permanent=True)
    else:
        user = call.sim.user(_number(body["id_user"]))
        if body.get("revoke_previous"):
            call.sim.tokens.revoke_permanent(user.id)
        token = call.sim.permanent_token(user)
    key = call.sim.settings.token_key
    return Answer(200, {key: token, "token_type": "Bearer", "id_user": user.id})


async def revoke(call: Call) -> Answer:
    if call.sim.tokens.temporary(call.bearer):
        raise ApiError("forbidden", "Only a permanent token can be revoked")
    call.sim.tokens.revoke(call.bearer)
    return Answer(204)


async def delete_user(call: Call) -> Answer:
    call.sim.delete_user(call.user)
    return Answer(204)


async def public_key(call: Call) -> Answer:
    return Answer(200, call.sim.keys.public())


def _check_grant(call: Call, body: dict[str, Any], grant: str) -> None:
    missing = {"grant_type", "client_id", "client_secret"} - body.keys()
    if missing:
        raise ApiError("missingParameter", f"{', '.join(sorted(missing))} missing")
    if body["grant_type"] != grant:
        raise ApiError("invalidValue", f"grant_type must be {grant}")
    _check_client(call, body)


def _check_client(call: Call, body: dict[str, Any]) -> None:
    settings = call.sim.settings
    given = (str(body["client_id"]), body["client_secret"])
    if given != (settings.client_id, settings.client_secret):
        raise ApiError("forbidden", "Unknown client or wrong client secret")


def _number(value: int | str) -> int:
    number = number_of(str(value))
    if number is None:
        raise ApiError("invalidValue", "id_user is not a number")
    return number


ROUTES = (
    Route("POST", "/auth/init", init, needs_user=False),
    Route("GET", "/auth/token/code", token_code, frozenset({"type"})),
    Route("POST", "/auth/token/access", token_access, needs_user=False),
    Route("POST", "/auth/renew", renew, needs_user=False),
    Route("DELETE", "/auth/token", revoke),
    Route("DELETE", "/users/me", delete_user),
    Route("GET", "/publickey", public_key, needs_user=False),
)
