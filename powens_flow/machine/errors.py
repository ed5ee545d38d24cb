"""What is wrong with a machine, said with its place."""

from attrs import frozen


@frozen
class Place:
    """Where in the machine files something stands: in a state, or another table of that `kind`."""

    file: str
    state: str | None = None
    trigger: str | None = None
    kind: str = "state"

    def __str__(self) -> str:
        parts = [self.file]
        if self.state is not None:
            parts.append(f"{self.kind} {self.state!r}")
        if self.trigger is not None:
            parts.append(f"{'exit' if self.kind == 'part' else 'trigger'} {self.trigger!r}")
        return ", ".join(parts)


class MachineError(ValueError):
    """The machine files do not make sound machines; `faults` lists all that was found."""

    def __init__(self, faults: list[tuple[Place, str]]) -> None:
        self.faults = faults
        super().__init__("\n".join(f"{place}: {what}" for place, what in faults))
