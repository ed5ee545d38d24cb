"""Forgetting an end user: at Powens, in the store, in the vault."""

from contextlib import suppress

from powens_flow.api.errors import Gone, Unauthorised
from powens_flow.attempt import Attempt
from powens_flow.calls import Services
from powens_flow.secret import Secret


async def erase(services: Services, owner: str, *, user: bool) -> int:
    """See `Engine.erase`."""
    if user:
        for token in (await _users(services, owner)).values():
            with suppress(Gone, Unauthorised):  # deleted before
                await services.api.delete_user(token)
    erased = await services.store.erase(owner)
    await services.vault.delete(owner)
    return erased


async def forgotten_meanwhile(services: Services, attempt: Attempt) -> None:
    """An attempt that was erased while it was driven leaves no token in the vault."""
    if attempt.user is None or await services.store.load(attempt.id) is not None:
        return
    kept = await services.vault.get(attempt.owner)
    if kept is not None and kept.id_user == attempt.user.id:
        await services.vault.delete(attempt.owner)


async def _users(services: Services, owner: str) -> dict[int, Secret]:
    """The owner's users at Powens: the vault's, and those that attempts under way have made."""
    users: dict[int, Secret] = {}
    for attempt_id in await services.store.live(owner):
        attempt = await services.store.load(attempt_id)
        if attempt is not None and attempt.user is not None:
            users[attempt.user.id] = services.token(attempt)
    kept = await services.vault.get(owner)
    return users if kept is None else {**users, kept.id_user: kept.token}
