"""The error answers of the Powens API."""

from http import HTTPStatus

STATUSES: dict[str, int] = {
    "wrongpass": 400,
    "actionNeeded": 400,
    "passwordExpired": 400,
    "SCARequired": 400,
    "webauthRequired": 400,
    "additionalInformationNeeded": 400,
    "decoupled": 400,
    "websiteUnavailable": 503,
    "bug": 500,
    "tooManySync": 429,
    "connectionLocked": 409,
    "bankMessage": 400,
    "notSupported": 400,
    "keymanager": 400,
    "noAccount": 400,
    "invalidValue": 400,
    "missingParameter": 400,
    "methodNotAllowed": 405,
    "config": 400,
    "dataError": 400,
    "forbidden": 403,
    "unauthorized": 401,
    "notFound": 404,
    "tooManyRequests": 429,
    "internalServerError": 500,
    "maintenance": 503,
}
"""The status that goes with each code, where a scenario or a fault names the code alone."""

_BY_CASEFOLD = {code.casefold(): status for code, status in STATUSES.items()}


def status_of(code: str) -> int:
    """The status of `code`, compared without case; 400 for a code that is not known."""
    return _BY_CASEFOLD.get(code.casefold(), HTTPStatus.BAD_REQUEST)


class ApiError(Exception):
    """An answer `{code, description, message?, request_id}` with its status.

    `message` is the bank's own text for the end user, `description` is for the log.
    """

    def __init__(
        self,
        code: str,
        description: str,
        *,
        status: int | None = None,
        message: str | None = None,
        retry_after: float | str | None = None,
    ) -> None:
        super().__init__(f"{code}: {description}")
        self.code = code
        self.description = description
        self.status = status or status_of(code)
        self.message = message
        self.retry_after = retry_after

    def body(self, request_id: str) -> dict[str, str]:
        shape = {"code": self.code, "description": self.description, "request_id": request_id}
        return shape | ({"message": self.message} if self.message else {})


def not_found(what: str) -> ApiError:
    return ApiError("notFound", f"No such {what}")
