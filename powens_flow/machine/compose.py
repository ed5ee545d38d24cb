"""Composes documents into one flat machine: parts prefixed, exits mapped, common edges added."""

from collections.abc import Iterator, Mapping

from attrs import evolve, frozen

from powens_flow import vocabulary as v
from powens_flow.machine.document import (
    Branch,
    CommonTable,
    Document,
    PartTable,
    RetryRule,
    StateTable,
)
from powens_flow.machine.errors import MachineError, Place

INTERRUPTED = "interrupted"
"""The target that stands for a calling state's own waiting sibling, made when it is used."""

EXIT = "exit."


@frozen
class State:
    """A state of a composed machine. `name` is whole: `source.state.approving`."""

    name: str
    part: str
    table: StateTable
    retry: RetryRule | None = None

    @property
    def kind(self) -> str:
        return self.table.kind

    @property
    def formerly(self) -> tuple[str, ...]:
        """The whole names that stored attempts may still carry; a file says its own part of it."""
        prefix = f"{self.part}." if self.part else ""
        return tuple(prefix + old for old in self.table.formerly)


@frozen
class Part:
    """A part in its place: `source.state` of the machine `connection_state`."""

    path: str
    machine: str
    title: str
    file: str
    initial: str
    entries: tuple[str, ...]


@frozen
class Exit:
    """An exit on a transition's way out of `part`, and the branch that its user maps it to."""

    part: str
    name: str
    branch: Branch


@frozen
class Transition:
    """An edge of a composed machine; `common` ones are written once for all states of a kind.

    `branch` is what the file says, before the target was looked up; `exits` are those that the way
    to the target led through, the innermost first. `when` has the guards of all of them.
    """

    source: str
    trigger: str
    to: str
    when: tuple[str, ...]
    place: Place
    branch: Branch
    common: bool = False
    exits: tuple[Exit, ...] = ()


@frozen
class _Target:
    """What a written target came to."""

    to: str
    when: tuple[str, ...] = ()
    exits: tuple[Exit, ...] = ()


@frozen
class Composition:
    """A whole machine, before it is checked and built."""

    name: str
    title: str
    initial: str
    states: Mapping[str, State]
    transitions: tuple[Transition, ...]
    parts: Mapping[str, Part]
    files: tuple[str, ...]


@frozen
class _Scope:
    """One document in its place: what its targets mean there."""

    document: Document
    prefix: str
    outer: "_Scope | None" = None
    part: PartTable | None = None


def compose(document: Document, library: Mapping[str, Document], common: Document) -> Composition:
    """One machine out of its document, the parts it includes, and what all machines share.

    Raises:
        MachineError: for a target, part or exit that is not there.
    """
    return _Composer(library, common).compose(document)


class _Composer:
    def __init__(self, library: Mapping[str, Document], common: Document) -> None:
        self.library = library
        self.common = common
        self.states: dict[str, State] = {}
        self.transitions: list[Transition] = []
        self.parts: dict[str, Part] = {}
        self.faults: list[tuple[Place, str]] = []
        self.files: list[str] = []
        self.root: _Scope | None = None

    def compose(self, document: Document) -> Composition:
        merged = evolve(
            document,
            states={**self.common.states, **document.states},
            parts={**self.common.parts, **document.parts},
            retry={**self.common.retry, **document.retry},
            common=CommonTable(
                waiting={**self.common.common.waiting, **document.common.waiting},
                calling={**self.common.common.calling, **document.common.calling},
            ),
        )
        self.root = root = _Scope(merged, "")
        self._scope(root, ())
        initial = self._resolve(root, merged.initial, Place(document.file))
        self._complain()
        return Composition(
            name=document.name,
            title=document.title,
            initial=initial[0].to,
            states=self.states,
            transitions=tuple(self.transitions),
            parts=self.parts,
            files=tuple(dict.fromkeys([*self.files, self.common.file])),
        )

    def _scope(self, scope: _Scope, within: tuple[str, ...]) -> None:
        document = scope.document
        self.files.append(document.file)
        if document.name in within:
            place = scope.part.place if scope.part else Place(document.file)
            self.faults.append((place, f"part {document.name!r} includes itself"))
            return
        for table in document.states.values():
            self._state(scope, table)
        for part in document.parts.values():
            inner = self._inner(scope, part)
            if inner is not None:
                path = inner.prefix.rstrip(".")
                self.parts[path] = _part(path, inner.document)
                self._scope(inner, (*within, document.name))

    def _inner(self, scope: _Scope, part: PartTable) -> _Scope | None:
        document = self.library.get(part.machine)
        if document is None:
            known = ", ".join(sorted(self.library))
            self.faults.append((part.place, f"no machine {part.machine!r}; there are: {known}"))
            return None
        for name in sorted(set(document.exits) - set(part.exits)):
            self.faults.append(
                (part.place, f"exit {name!r} of part {part.machine!r} is not mapped")
            )
        for name in sorted(set(part.exits) - set(document.exits)):
            known = ", ".join(document.exits)
            what = f"part {part.machine!r} has no exit {name!r}; it has: {known}"
            self.faults.append((part.place, what))
        return _Scope(document, f"{scope.prefix}{part.prefix}.", scope, part)

    def _state(self, scope: _Scope, table: StateTable) -> None:
        name = scope.prefix + table.name
        self._add_state(scope, name, table)
        for trigger, branches in table.on.items():
            self._edges(scope, name, trigger, branches, common=False)
        if table.common:
            self._common_edges(scope, name, table)
        if table.kind == "calling" and table.retry is not None:
            self._back_to_itself(name, table, v.RETRY)

    def _add_state(self, scope: _Scope, name: str, table: StateTable) -> None:
        retry = None
        if table.retry is not None:
            rules = {**self.common.retry, **scope.document.retry}
            retry = rules.get(table.retry)
            if retry is None:
                known = ", ".join(sorted(rules))
                what = f"no retry rule {table.retry!r}; there are: {known}"
                self.faults.append((table.place, what))
        self.states[name] = State(name, scope.prefix.rstrip("."), table, retry)

    def _common_edges(self, scope: _Scope, name: str, table: StateTable) -> None:
        if table.kind == "waiting":
            self._back_to_itself(name, table, v.WARN)
        have = set(table.on)
        for where in (scope, self.root):
            assert where is not None
            shared = where.document.common
            edges = shared.waiting if table.kind == "waiting" else {}
            edges = shared.calling if table.kind == "calling" else edges
            for trigger, branches in edges.items():
                if trigger not in have:
                    have.add(trigger)
                    self._edges(where, name, trigger, branches, common=True, at=(scope, table))

    def _edges(
        self,
        scope: _Scope,
        source: str,
        trigger: str,
        branches: tuple[Branch, ...],
        *,
        common: bool,
        at: tuple[_Scope, StateTable] | None = None,
    ) -> None:
        table = at[1] if at else scope.document.states[source.removeprefix(scope.prefix)]
        place = Place(table.place.file, table.name, trigger)
        for branch in branches:
            if branch.to == INTERRUPTED:
                targets = [_Target(self._interrupted(at[0] if at else scope, source, table))]
            else:
                targets = self._resolve(scope, branch.to, place)
            for target in targets:
                self._edge(source, trigger, branch, target, place, common=common)

    def _edge(
        self,
        source: str,
        trigger: str,
        branch: Branch,
        target: _Target,
        place: Place,
        *,
        common: bool = False,
    ) -> None:
        when = (*branch.when, *target.when)
        self.transitions.append(
            Transition(source, trigger, target.to, when, place, branch, common, target.exits)
        )

    def _back_to_itself(self, name: str, table: StateTable, trigger: str) -> None:
        place = Place(table.place.file, table.name, trigger)
        self._edge(name, trigger, Branch(table.name), _Target(name), place, common=True)

    def _interrupted(self, scope: _Scope, source: str, table: StateTable) -> str:
        name = f"{source}.{INTERRUPTED}"
        if name not in self.states:
            sibling = StateTable(
                name=table.name,
                place=table.place,
                kind="waiting",
                means=f"Interrupted, to be tried again: {table.means}",
                prompt="try_again",
                message=f"interrupted.{table.name}",
                deadline="user",
                formerly=tuple(f"{old}.{INTERRUPTED}" for old in table.formerly),
            )
            self._add_state(scope, name, sibling)
            place = Place(table.place.file, table.name, "try_again")
            again = Branch(table.again or table.name)
            for target in self._resolve(scope, again.to, place):
                self._edge(name, "try_again", again, target, place)
            self._common_edges(scope, name, sibling)
        return name

    def _resolve(self, scope: _Scope, target: str, place: Place) -> list[_Target]:
        document = scope.document
        if target in document.states:
            return [_Target(scope.prefix + target)]
        if target.startswith(EXIT):
            return self._exit(scope, target.removeprefix(EXIT), place)
        prefix, _, entry = target.partition(".")
        part = document.parts.get(prefix)
        inner = self.library.get(part.machine) if part else None
        if inner is not None and (not entry or entry in inner.entries):
            if entry and entry not in inner.states:
                self.faults.append((Place(inner.file), f"entry {entry!r} is not one of its states"))
                return []
            deeper = _Scope(inner, f"{scope.prefix}{prefix}.", scope, part)
            return self._resolve(deeper, entry or inner.initial, Place(inner.file))
        if target in self.common.parts and self.root is not None and scope is not self.root:
            return self._resolve(self.root, target, place)
        known = ", ".join(_targets(document))
        self.faults.append((place, f"no target {target!r}; there are: {known}"))
        return []

    def _exit(self, scope: _Scope, name: str, place: Place) -> list[_Target]:
        if name not in scope.document.exits or scope.part is None or scope.outer is None:
            known = ", ".join(scope.document.exits) or "none"
            self.faults.append((place, f"no exit {name!r}; declared: {known}"))
            return []
        outer_place = evolve(scope.part.place, trigger=name)
        path = scope.prefix.rstrip(".")
        return [
            _Target(
                target.to,
                (*branch.when, *target.when),
                (Exit(path, name, branch), *target.exits),
            )
            for branch in scope.part.exits.get(name, ())
            for target in self._resolve(scope.outer, branch.to, outer_place)
        ]

    def _complain(self) -> None:
        if self.faults:
            raise MachineError(list(dict.fromkeys(self.faults)))


def _part(path: str, document: Document) -> Part:
    return Part(
        path=path,
        machine=document.name,
        title=document.title,
        file=document.file,
        initial=document.initial,
        entries=document.entries,
    )


def _targets(document: Document) -> Iterator[str]:
    yield from document.states
    yield from document.parts
    yield from (EXIT + name for name in document.exits)
