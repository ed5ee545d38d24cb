"""Which texts there are bytes for."""


def is_utf8(text: object) -> bool:
    """False for a text with half a surrogate pair: JSON can spell it, a header or a command line
    bring it, but nothing can seal, store or send it; and for what is no text."""
    if not isinstance(text, str):
        return False
    return text.isascii() or not any("\ud800" <= one <= "\udfff" for one in text)
