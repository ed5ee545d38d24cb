"""Errors whose words are ours, so that they may stand in a log."""


class Misuse(Exception):
    """Something of ours was used as it cannot be. The text says how, and holds no value."""


class NotOpen(Misuse, RuntimeError):
    """It is used before it was opened, or after it was closed."""


class UnknownOutcome(Misuse, ValueError):
    """A handler's outcome that is none of the closed classes."""
