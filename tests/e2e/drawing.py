"""What a walk at random draws from."""

CONNECTORS = ("40", "59", "63", "71", "88", "102", "110", "130", "140", "150", "160")
BARRED = ("120", "121", "999")
LOGINS = (
    "wrongpass-once",
    "wrongpass-later",
    "sms",
    "sms-wrong",
    "decoupled-1",
    "decoupled-3",
    "decoupled-never",
    "validating-2",
    "validating-never",
    "sca",
    "sca-webauth",
    "webauth",
    "action-needed",
    "password-expired",
    "rate-limiting-30",
    "unavailable-never",
    "bug-40",
    "not-supported",
    "unknown-state",
    "no-accounts",
    "slow-5",
    "locked-20",
    "error-wrongpass",
    "error-actionNeeded-once",
    "error-decoupled-once",
    "error-websiteUnavailable-once",
    "error-connectionLocked-once",
    "error-tooManySync-once",
    "error-bankMessage-once",
    "error-keymanager-once",
    "error-config-once",
    "error-forbidden-once",
)
CODES = ("wrongpass", "decoupled", "bug", "connectionLocked", "tooManySync", "config", "nova")
STATES = (None, "SCARequired", "webauthRequired", "decoupled", "wrongpass", "bug", "nova")
PATHS = (
    "/auth/*",
    "/auth/token/access",
    "/connectors/*",
    "/publickey",
    "/users/me/connections",
    "/users/me/connections/*",
    "/users/me/connections/*/accounts",
    "/users/me/connections/*/accounts/*",
    "/webauth-url",
    "/users/me",
    "**",
)
KINDS = (
    "status",
    "error",
    "drop_before",
    "drop_after",
    "cut_body",
    "not_json",
    "wrong_shape",
    "wait",
    "drop_and_act_later",
)
"""Faults; `silence` is `wait` after acting, and longer than a walk has patience for."""
