"""What the capture finds, and what it takes for chance."""

import base64
from urllib.parse import quote

import pytest

from tests.web.page.capture import stands_in


@pytest.mark.parametrize(
    "held",
    ['{"code": "840217"}', "code=840217&x=1", " 840217\n", base64.b64encode(b"x840217y").decode()],
)
def test_a_code_is_found(held: str) -> None:
    assert stands_in(held.encode(), "840217")


@pytest.mark.parametrize("held", ["duration=0.840217", "0.00384021702", "id-1840217"])
def test_digits_of_a_longer_number_are_no_code(held: str) -> None:
    assert not stands_in(held.encode(), "840217")


def test_a_word_is_found_wherever_it_stands() -> None:
    for held in ("xSecret-é1y", quote("Secret-é1"), "Secret-\\u00e91"):
        assert stands_in(held.encode(), "Secret-é1")
