"""JSON text that any database takes, and back."""

from typing import Any

import pytest

from powens_flow.json_text import from_json, to_json, to_json_bytes
from powens_flow.secret import Secret


@pytest.mark.parametrize(
    "value",
    [
        {"a": [1, 2.5, True, None, "é\u2028\n\"'"]},
        {"half a pair": "\ud800", "and": "\U0001f600"},
        {"\udfff": 1},
        2**70,
        2**70 + 1,
        [2**70 + 1, -(2**64) - 1, {"a": 2**64 + 1}, 12345678901234567890123],
        "FR7630006000011234567890189",
        [],
    ],
)
def test_a_value_comes_back_from_one_line_of_text(value: Any) -> None:
    text = to_json(value)
    assert text.encode("utf-8")
    assert "\n" not in text
    assert from_json(text) == value


def test_what_json_has_no_form_for_is_asked_for() -> None:
    assert to_json_bytes({"a": Secret("x")}, Secret.reveal) == b'{"a":"x"}'
    assert to_json_bytes({"a": Secret("\ud800")}, Secret.reveal) == b'{"a":"\\ud800"}'
    with pytest.raises(TypeError):
        to_json({"a": Secret("x")})


@pytest.mark.parametrize("text", ["", "{", '{"a"}', "nothing"])
def test_what_is_no_json_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="line 1"):
        from_json(text)
