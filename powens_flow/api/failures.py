"""aiohttp's errors, translated once.

Their repr holds the bearer token, their str the URL with its code: the name of their class is all
that is kept of them.
"""

import aiohttp
from aiohttp.http_exceptions import HttpProcessingError

from powens_flow.api.errors import BadAnswer, Flaw, OutcomeUnknown, PowensError, TemporaryFailure

MET = (aiohttp.ClientError, HttpProcessingError, OSError)
"""What a call may meet instead of an answer; time-outs are OSErrors."""

_NOT_REACHED = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError)
_NOT_HTTP = (aiohttp.ClientResponseError, HttpProcessingError)


class Dropped(aiohttp.ClientError):
    """The connection was lost after the request may have left; `met` names how."""

    def __init__(self, met: str) -> None:
        super().__init__(met)
        self.met = met


async def sent_once(
    request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
) -> aiohttp.ClientResponse:
    """A middleware that keeps aiohttp from sending a PUT or DELETE again by itself.

    After a drop, the second DELETE of a token would come back as 401, which says something else.
    """
    try:
        return await handler(request)
    except _NOT_REACHED:
        raise
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
        raise Dropped(_name(error)) from None


def translated(error: BaseException, status: int | None) -> PowensError:
    """The error of ours for one of `MET`; `status` when the answer's head had come already."""
    if isinstance(error, _NOT_REACHED):
        return TemporaryFailure(met=_name(error))
    if isinstance(error, _NOT_HTTP):
        return BadAnswer(Flaw.NOT_HTTP, status=status)
    return OutcomeUnknown(status=status, may_have_acted=True, met=_name(error))


def _name(error: BaseException) -> str:
    if isinstance(error, Dropped):
        return error.met
    if type(error) is aiohttp.ClientConnectorError:  # what it wraps says more: refused, no route
        return type(error.os_error).__name__
    return type(error).__name__
