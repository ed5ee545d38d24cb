"""The words of the protocol that code branches on.

Every enum of the API is open (protocol page, introduction): a value that is not here is kept as
the plain text it is.
"""

from typing import Final


class ConnectionState:
    """`state` of a connection and of a connection source; null means synced."""

    SCA_REQUIRED: Final = "SCARequired"
    WEBAUTH_REQUIRED: Final = "webauthRequired"
    ADDITIONAL_INFORMATION_NEEDED: Final = "additionalInformationNeeded"
    DECOUPLED: Final = "decoupled"
    VALIDATING: Final = "validating"
    WRONGPASS: Final = "wrongpass"
    PASSWORD_EXPIRED: Final = "passwordExpired"  # noqa: S105 (the name of a state)
    ACTION_NEEDED: Final = "actionNeeded"
    RATE_LIMITING: Final = "rateLimiting"
    WEBSITE_UNAVAILABLE: Final = "websiteUnavailable"
    BUG: Final = "bug"
    NOT_SUPPORTED: Final = "notSupported"


CONNECTION_STATES: Final = frozenset(
    state for name, state in vars(ConnectionState).items() if name.isupper()
)
"""All of them."""

INTERACTION_STATES: Final = {
    state.lower(): state
    for state in (
        ConnectionState.ACTION_NEEDED,
        ConnectionState.PASSWORD_EXPIRED,
        ConnectionState.SCA_REQUIRED,
        ConnectionState.WEBAUTH_REQUIRED,
        ConnectionState.ADDITIONAL_INFORMATION_NEEDED,
        ConnectionState.DECOUPLED,
    )
}
"""The states that an error's `code` may name too, by that code in lower case."""


class AuthMechanism:
    """`auth_mechanism` of a connector and of a source."""

    CREDENTIALS: Final = "credentials"
    WEBAUTH: Final = "webauth"


class FieldType:
    """`type` of a field; an unknown one is shown as text."""

    TEXT: Final = "text"
    PASSWORD: Final = "password"  # noqa: S105 (the name of a type)
    DATE: Final = "date"
    NUMBER: Final = "number"
    LIST: Final = "list"


class TokenType:
    """`type` of a user token."""

    TEMPORARY: Final = "temporary"
    PERMANENT: Final = "permanent"
