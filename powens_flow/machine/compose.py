"""Composes documents into one flat machine: parts prefixed, exits mapped, common edges added."""

from collections.abc import Mapping

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
from powens_flow.machine.targets import EXIT, Exit, Scope, Target, Targets

__all__ = [
    "EXIT",
    "INTERRUPTED",
    "Composition",
    "Exit",
    "Part",
    "State",
    "Transition",
    "compose",
]

INTERRUPTED = "interrupted"
"""The target that stands for a calling state's own waiting sibling, made when it is used."""


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
class Composition:
    """A whole machine, before it is checked and built."""

    name: str
    title: str
    initial: str
    states: Mapping[str, State]
    transitions: tuple[Transition, ...]
    parts: Mapping[str, Part]
    files: tuple[str, ...]


def compose(document: Document, library: Mapping[str, Document], common: Document) -> Composition:
    """One machine out of its document, the parts it includes, and what all machines share.

    Raises:
        MachineError: for a target, part or exit that is not there.
    """
    return _Composer(document, library, common).compose()


class _Composer:
    def __init__(
        self, document: Document, library: Mapping[str, Document], common: Document
    ) -> None:
        self.document = document
        self.library = library
        self.common = common
        self.states: dict[str, State] = {}
        self.transitions: list[Transition] = []
        self.parts: dict[str, Part] = {}
        self.faults: list[tuple[Place, str]] = []
        self.files: list[str] = []
        self.root = Scope(_merged(document, common), "")
        self.targets = Targets(self.root, common.parts, library, self.faults)

    def compose(self) -> Composition:
        self._scope(self.root)
        initial = self._initial()
        self._complain()
        return Composition(
            name=self.document.name,
            title=self.document.title,
            initial=initial,
            states=self.states,
            transitions=tuple(self.transitions),
            parts=self.parts,
            files=tuple(dict.fromkeys([*self.files, self.common.file])),
        )

    def _initial(self) -> str:
        place = Place(self.document.file)
        found = self.targets.of(self.root, self.document.initial, place)
        if len(found) > 1:
            what = f"initial {self.document.initial!r} hangs on guards: it has to be one state"
            self.faults.append((place, what))
        return found[0].to if found else ""

    def _scope(self, scope: Scope) -> None:
        document = scope.document
        self.files.append(document.file)
        self._doubles(document)
        for table in document.states.values():
            self._state(scope, table)
        for part in document.parts.values():
            inner = self._inner(scope, part)
            if inner is not None:
                self.parts[inner.path] = _part(inner.path, inner.document)
                self._scope(inner)

    def _doubles(self, document: Document) -> None:
        for name in sorted(document.states.keys() & document.parts.keys()):
            state, part = document.states[name].place, document.parts[name].place
            place, other = (state, part) if part.file == self.common.file else (part, state)
            what = f"the {other.kind} {name!r} of {other.file} has this name already"
            self.faults.append((place, what))

    def _inner(self, scope: Scope, part: PartTable) -> Scope | None:
        document = self.library.get(part.machine)
        if document is None:
            known = ", ".join(sorted(self.library))
            self.faults.append((part.place, f"no machine {part.machine!r}; there are: {known}"))
            return None
        if scope.is_within(document.name):
            self.faults.append((part.place, f"part {document.name!r} includes itself"))
            return None
        for name in sorted(set(document.exits) - set(part.exits)):
            self.faults.append(
                (part.place, f"exit {name!r} of part {part.machine!r} is not mapped")
            )
        for name in sorted(set(part.exits) - set(document.exits)):
            known = ", ".join(document.exits)
            what = f"part {part.machine!r} has no exit {name!r}; it has: {known}"
            self.faults.append((part.place, what))
        return scope.into(part, document)

    def _state(self, scope: Scope, table: StateTable) -> None:
        name = scope.prefix + table.name
        self._add_state(scope, name, table)
        for trigger, branches in table.on.items():
            self._edges(scope, name, trigger, branches, common=False)
        if table.common:
            self._common_edges(scope, name, table)
        if table.kind == "calling" and table.retry is not None:
            self._back_to_itself(name, table, v.RETRY)
        if table.again is not None:  # looked up here, too, as not every state can be interrupted
            self.targets.of(scope, table.again, Place(table.place.file, table.name, "try_again"))

    def _add_state(self, scope: Scope, name: str, table: StateTable) -> None:
        retry = None
        if table.retry is not None:
            rules = {**self.common.retry, **scope.document.retry}
            retry = rules.get(table.retry)
            if retry is None:
                known = ", ".join(sorted(rules))
                what = f"no retry rule {table.retry!r}; there are: {known}"
                self.faults.append((table.place, what))
        self.states[name] = State(name, scope.path, table, retry)

    def _common_edges(self, scope: Scope, name: str, table: StateTable) -> None:
        if table.kind == "waiting":
            self._back_to_itself(name, table, v.WARN)
        have = set(table.on)
        for where in (scope, self.root):
            shared = where.document.common
            edges = shared.waiting if table.kind == "waiting" else {}
            edges = shared.calling if table.kind == "calling" else edges
            for trigger, branches in edges.items():
                if trigger not in have:
                    have.add(trigger)
                    self._edges(where, name, trigger, branches, common=True, at=(scope, table))

    def _edges(
        self,
        scope: Scope,
        source: str,
        trigger: str,
        branches: tuple[Branch, ...],
        *,
        common: bool,
        at: tuple[Scope, StateTable] | None = None,
    ) -> None:
        table = at[1] if at else scope.document.states[source.removeprefix(scope.prefix)]
        place = Place(table.place.file, table.name, trigger)
        for branch in branches:
            if branch.to == INTERRUPTED and table.kind != "calling":
                self.faults.append((place, "only a calling state can be interrupted"))
                targets = []
            elif branch.to == INTERRUPTED:
                targets = [Target(self._interrupted(at[0] if at else scope, source, table))]
            else:
                targets = self.targets.of(scope, branch.to, place)
            for target in targets:
                self._edge(source, trigger, branch, target, place, common=common)

    def _edge(
        self,
        source: str,
        trigger: str,
        branch: Branch,
        target: Target,
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
        self._edge(name, trigger, Branch(table.name), Target(name), place, common=True)

    def _interrupted(self, scope: Scope, source: str, table: StateTable) -> str:
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
            for target in self.targets.of(scope, again.to, place):
                self._edge(name, "try_again", again, target, place)
            self._common_edges(scope, name, sibling)
        return name

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


def _merged(document: Document, common: Document) -> Document:
    """The machine's own document, with what all machines share where it has nothing of its own."""
    return evolve(
        document,
        states={**common.states, **document.states},
        parts={**common.parts, **document.parts},
        retry={**common.retry, **document.retry},
        common=CommonTable(
            waiting={**common.common.waiting, **document.common.waiting},
            calling={**common.common.calling, **document.common.calling},
        ),
    )
