"""A value that must not be seen: tokens, client secrets, URLs that carry a code."""

from typing import Any


class Secret:
    """Text that shows itself only to who asks for it with `reveal()`.

    Its repr, its str and its format are `Secret(***)`; it cannot be pickled, so that it ends up
    in no queue, cache or crash report by accident. TypeError for what is no text, as of a variable
    that is not set.
    """

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        if not isinstance(text, str):
            raise TypeError(f"a secret is a text, not {type(text).__name__}")
        self._text = text

    def reveal(self) -> str:
        """The text itself."""
        return self._text

    def __repr__(self) -> str:
        return "Secret(***)"

    def __format__(self, spec: str) -> str:
        return repr(self)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._text == self._text

    def __hash__(self) -> int:
        return hash(self._text)

    def __bool__(self) -> bool:
        return bool(self._text)

    def __reduce__(self) -> Any:
        raise TypeError("a Secret cannot be pickled")
