"""Durations as people say them, and as they type them."""

import re
from datetime import timedelta
from typing import Final

_UNITS: Final = (("d", 86400), ("h", 3600), ("m", 60), ("s", 1))
_TYPED: Final = re.compile(r"(?:(\d{1,9})d)?(?:(\d{1,9})h)?(?:(\d{1,9})m)?(?:(\d{1,9})s)?")


def spoken(seconds: float) -> str:
    """The two largest units: `1 m 12 s`, `3 d 4 h`; under ten seconds with a decimal: `2.5 s`."""
    if seconds < 10:
        return f"{seconds:.1f}".removesuffix(".0") + " s"
    left = round(seconds)
    parts: list[tuple[int, str]] = []
    for unit, size in _UNITS:
        number, left = divmod(left, size)
        if number or parts:
            parts.append((number, unit))
    return " ".join(f"{number} {unit}" for number, unit in parts[:2] if number)


def typed(text: str) -> timedelta:
    """What `90s`, `15m`, `2h`, `7d` or `1h30m` means.

    Raises:
        ValueError: naming the form.
    """
    found = _TYPED.fullmatch(text.replace(" ", "").lower())
    if found is None or not any(found.groups()):
        raise ValueError("a duration: 90s, 15m, 2h, 7d, 1h30m")
    numbers = (int(number or 0) for number in found.groups())
    days, hours, minutes, seconds = (min(number, 10**6) for number in numbers)
    return timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
