"""Limits that would let nothing through, or never wait, are refused when they are made."""

from typing import Any

import attrs
import pytest

from powens_flow.web import Limits
from powens_flow.web.inspect import InspectLimits


@pytest.mark.parametrize("kind", [Limits, InspectLimits])
@pytest.mark.parametrize("wrong", [-1, "10", None, True, float("nan"), float("inf")])
def test_each_limit_is_a_number_that_can_be(kind: Any, wrong: Any) -> None:
    for one in attrs.fields(kind):
        with pytest.raises(ValueError, match=f"^{one.name} must be "):
            kind(**{one.name: wrong})


def test_what_is_asked_again_and_again_is_not_asked_at_once() -> None:
    for kind in (Limits, InspectLimits):
        with pytest.raises(ValueError, match=r"^poll must be seconds, more than 0, not 0"):
            kind(poll=0)
    assert Limits(callback=0).callback == 0
    assert InspectLimits(figures=0).figures == 0
