"""What can come back from the API instead of an answer: one family.

A class for each thing that a caller does differently. Which one an answer becomes is decided in
`refusals`, by its `code` first and its status second (protocol page, "What each error code asks
for").
"""

from enum import StrEnum
from typing import ClassVar

from powens_flow.api.constants import INTERACTION_STATES


class PowensError(Exception):
    """The base: a call did not come to an answer.

    `code`, `description` and `request_id` are the API's; `description` is technical, for a log
    only, without what was sent. `message` is the bank's own text, meant for the end user, and
    stands neither in `str` nor in `repr`. `status` is the HTTP status, None without an answer.
    `retryable`: can the same call come to something else later. `retry_after`: seconds the API
    asks to wait, capped. `may_have_acted`: the server may have done what was asked. `met`: the
    name of the class of what was met instead of a whole answer, such as `ConnectionRefusedError`.
    """

    can_retry: ClassVar[bool] = False

    def __init__(
        self,
        *,
        code: str | None = None,
        message: str | None = None,
        description: str | None = None,
        request_id: str | None = None,
        status: int | None = None,
        retry_after: float | None = None,
        may_have_acted: bool = False,
        met: str | None = None,
    ) -> None:
        super().__init__()
        self.code = code
        self.message = message
        self.description = description
        self.request_id = request_id
        self.status = status
        self.retry_after = retry_after
        self.may_have_acted = may_have_acted
        self.met = met

    @property
    def retryable(self) -> bool:
        """Can the same call come to something else later."""
        return self.can_retry

    def _facts(self) -> dict[str, object]:
        """What may be shown."""
        return {
            "status": self.status,
            "code": self.code,
            "request_id": self.request_id,
            "met": self.met,
        }

    def __str__(self) -> str:
        known = [f"{name}={value}" for name, value in self._facts().items() if value is not None]
        return f"{type(self).__name__}({', '.join(known)})"

    def __repr__(self) -> str:
        return str(self)


class InteractionNeeded(PowensError):
    """The user must act, as for the connection state that the code names.

    Whether a connection was made is not said; read the connections to know.
    """

    @property
    def state(self) -> str:
        """The connection state, in the protocol's spelling."""
        return INTERACTION_STATES[(self.code or "").lower()]


class InputRefused(PowensError):
    """`wrongpass`: the bank refused the values. Never post them again unasked: banks lock."""


class KeyRefused(PowensError):
    """`keymanager`: the sealed values could not be opened. Take the key anew and ask again."""


class ConnectionLocked(PowensError):
    """`connectionLocked`: a sync runs; poll until it ends."""

    can_retry = True


class TemporaryFailure(PowensError):
    """The bank, Powens or the way there is down: retry a read; find out first about a write."""

    can_retry = True


class BankMessage(PowensError):
    """`bankMessage`: show `message`, offer to try again."""

    can_retry = True


class RateLimited(PowensError):
    """`tooManySync` or 429: wait `retry_after` seconds, or back off."""

    can_retry = True


class OutcomeUnknown(PowensError):
    """Time-out, dropped connection, cut answer: nobody knows what happened. Find out by reading."""

    can_retry = True


class Unauthorised(PowensError):
    """401, 403, `forbidden`: this token or client may not."""


class Gone(PowensError):
    """404: deleted meanwhile, or never there."""


class Unsupported(PowensError):
    """`notSupported`: this source or operation cannot be used: leave it out."""


class UpToDate(PowensError):
    """409 `invalidValue` on `/webauth-url`: the connection needs none; read its state."""


class NoAccount(PowensError):
    """`noAccount`, where no empty list can say it."""


class Rejected(PowensError):
    """Our fault, or the configuration's: asking again cannot help. `description` says why."""


class Flaw(StrEnum):
    """What can be wrong with an answer."""

    TOO_LARGE = "too_large"
    NOT_JSON = "not_json"
    WRONG_SHAPE = "wrong_shape"
    REDIRECT = "redirect"
    NOT_HTTP = "not_http"


class BadAnswer(PowensError):
    """The answer cannot be used.

    Of a wrong shape, `path` says where it is, such as `connections[0].id`, and `wanted` what
    should have stood there.
    """

    def __init__(
        self,
        flaw: Flaw,
        *,
        path: str | None = None,
        wanted: str | None = None,
        status: int | None = None,
        request_id: str | None = None,
        may_have_acted: bool = True,
    ) -> None:
        super().__init__(status=status, request_id=request_id, may_have_acted=may_have_acted)
        self.flaw = flaw
        self.path = path
        self.wanted = wanted

    @property
    def retryable(self) -> bool:
        """What stands between may have answered in the API's place; a wrong shape stays one."""
        return self.flaw in (Flaw.NOT_JSON, Flaw.NOT_HTTP)

    def _facts(self) -> dict[str, object]:
        return {
            "flaw": self.flaw.value,
            "path": self.path,
            "wanted": self.wanted,
            **super()._facts(),
        }
