"""Names that `authenticate` and its like answer: of end users, of staff."""


def is_text(name: str) -> bool:
    """Whether the name says anything, and can be kept: what an integrator took from a header may
    hold bytes that are no UTF-8, and is then nobody's name."""
    return bool(name) and not any("\ud800" <= one <= "\udfff" for one in name)
