"""What is wrong with a configuration: all of it at once, and where each thing stands."""

from attrs import frozen


@frozen
class Fault:
    """One thing that is wrong: `where` (a file's key, a variable), what, and what is accepted."""

    where: str
    what: str
    accepted: str = ""

    def __str__(self) -> str:
        accepted = f" (accepted: {self.accepted})" if self.accepted else ""
        return f"{self.where}: {self.what}{accepted}"


class ConfigError(Exception):
    """The configuration cannot be used; `faults` says why, a line each in the message."""

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        super().__init__("\n".join(str(fault) for fault in faults))
        self.faults = faults
