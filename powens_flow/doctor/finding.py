"""What a check found."""

from enum import StrEnum

from attrs import frozen


class Status(StrEnum):
    """`unknown`: it cannot be checked without acting, or not from here."""

    OK = "ok"
    WARNING = "warning"
    WRONG = "wrong"
    UNKNOWN = "unknown"


@frozen
class Finding:
    """One check: what it is about, how it stands, and what to do about it."""

    check: str
    status: Status
    says: str
    mend: str = ""


def ok(check: str, says: str) -> Finding:
    """All is well."""
    return Finding(check, Status.OK, says)


def warning(check: str, says: str, mend: str) -> Finding:
    """It works, and may not for long."""
    return Finding(check, Status.WARNING, says, mend)


def wrong(check: str, says: str, mend: str) -> Finding:
    """It does not work."""
    return Finding(check, Status.WRONG, says, mend)


def unknown(check: str, says: str, mend: str = "") -> Finding:
    """Nobody can say from here."""
    return Finding(check, Status.UNKNOWN, says, mend)
