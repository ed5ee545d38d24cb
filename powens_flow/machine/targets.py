"""Looks up what a written target means: a state, a way into a part, or a part's exit."""

from collections.abc import Collection, Iterator, Mapping

from attrs import evolve, frozen

from powens_flow.machine.document import Branch, Document, PartTable
from powens_flow.machine.errors import Place

EXIT = "exit."


@frozen
class Exit:
    """An exit on a transition's way out of `part`, and the branch that its user maps it to."""

    part: str
    name: str
    branch: Branch


@frozen
class Target:
    """What a written target came to."""

    to: str
    when: tuple[str, ...] = ()
    exits: tuple[Exit, ...] = ()


@frozen
class Scope:
    """One document in its place: what its targets mean there."""

    document: Document
    prefix: str
    outer: "Scope | None" = None
    part: PartTable | None = None

    @property
    def path(self) -> str:
        """The part's whole name."""
        return self.prefix.rstrip(".")

    def into(self, part: PartTable, document: Document) -> "Scope":
        """The scope of a part of this document."""
        return Scope(document, f"{self.prefix}{part.prefix}.", self, part)

    def is_within(self, name: str) -> bool:
        """Whether this is in the document of that name, however deep."""
        return self.document.name == name or (self.outer is not None and self.outer.is_within(name))


class Targets:
    """The targets of one machine; what cannot be looked up is added to `faults`."""

    def __init__(
        self,
        root: Scope,
        shared: Collection[str],
        library: Mapping[str, Document],
        faults: list[tuple[Place, str]],
    ) -> None:
        self._root = root
        self._shared = shared  # the parts of the root that every part may target
        self._library = library
        self._faults = faults
        self._under_way: set[tuple[str, str]] = set()

    def of(self, scope: Scope, target: str, place: Place) -> list[Target]:
        """Where `target` leads that is written in `scope`, at `place`."""
        step = (scope.prefix, target)
        if step in self._under_way:
            return self._fault(place, f"{target!r} leads back to itself")
        self._under_way.add(step)
        try:
            return self._looked_up(scope, target, place)
        finally:
            self._under_way.remove(step)

    def _looked_up(self, scope: Scope, target: str, place: Place) -> list[Target]:
        document = scope.document
        if target in document.states:
            return [Target(scope.prefix + target)]
        if target.startswith(EXIT):
            return self._exit(scope, target.removeprefix(EXIT), place)
        prefix, _, entry = target.partition(".")
        part = document.parts.get(prefix)
        if part is not None and part.machine not in self._library:
            return []  # the part itself is at fault, which is said once
        if part is not None and (not entry or entry in self._library[part.machine].entries):
            return self._into(scope, part, entry)
        if target in self._shared and scope is not self._root:
            return self.of(self._root, target, place)
        known = ", ".join(_targets(document))
        return self._fault(place, f"no target {target!r}; there are: {known}")

    def _into(self, scope: Scope, part: PartTable, entry: str) -> list[Target]:
        inner = self._library[part.machine]
        if scope.is_within(inner.name):
            return []  # as above
        place = Place(inner.file)
        if entry and entry not in inner.states:
            return self._fault(place, f"entry {entry!r} is not one of its states")
        return self.of(scope.into(part, inner), entry or inner.initial, place)

    def _exit(self, scope: Scope, name: str, place: Place) -> list[Target]:
        if name not in scope.document.exits or scope.part is None or scope.outer is None:
            known = ", ".join(scope.document.exits) or "none"
            return self._fault(place, f"no exit {name!r}; declared: {known}")
        outer_place = evolve(scope.part.place, trigger=name)
        return [
            Target(
                target.to,
                (*branch.when, *target.when),
                (Exit(scope.path, name, branch), *target.exits),
            )
            for branch in scope.part.exits.get(name, ())
            for target in self.of(scope.outer, branch.to, outer_place)
        ]

    def _fault(self, place: Place, what: str) -> list[Target]:
        self._faults.append((place, what))
        return []


def _targets(document: Document) -> Iterator[str]:
    yield from document.states
    yield from document.parts
    yield from (EXIT + name for name in document.exits)
