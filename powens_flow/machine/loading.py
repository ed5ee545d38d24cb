"""Makes definitions of the machine files."""

from collections.abc import Collection, Iterator, Mapping
from importlib.resources.abc import Traversable
from pathlib import Path

from attrs import field, frozen

from powens_flow.machine.check import check
from powens_flow.machine.compose import compose
from powens_flow.machine.definition import Definition, build
from powens_flow.machine.document import Document
from powens_flow.machine.errors import MachineError, Place
from powens_flow.machine.files import files_of, our_files, text_of
from powens_flow.machine.reading import read_document
from powens_flow.machine.registry import Call, Registry

COMMON = "common"


@frozen(eq=False)
class Machines(Mapping[str, Definition]):
    """The machines by name, and the calls that their handlers may make."""

    _definitions: Mapping[str, Definition]
    calls: Mapping[str, Call] = field(factory=dict)

    def __getitem__(self, name: str) -> Definition:
        try:
            return self._definitions[name]
        except KeyError:
            known = ", ".join(sorted(self._definitions))
            raise KeyError(f"no machine {name!r}; there are: {known}") from None

    def __iter__(self) -> Iterator[str]:
        return iter(self._definitions)

    def __len__(self) -> int:
        return len(self._definitions)


def load_machines(registry: Registry, folder: Path | str | None = None) -> Machines:
    """All machines: ours, and those of `folder`: a file of the same name replaces ours.

    Raises:
        MachineError: naming file, state and trigger of everything that is wrong.
    """
    files = our_files()
    laid = files if folder is None else files_of(Path(folder))
    documents = _documents({**files, **laid})
    common = documents.pop(COMMON, None)
    if common is None:
        raise MachineError([(Place("common.toml"), "the file of the common edges is missing")])
    definitions, faults = {}, list(_unused(documents, common, laid))
    for document in documents.values():
        if document.is_part:
            continue
        try:
            composition = compose(document, documents | {COMMON: common}, common)
            check(composition, registry)
            definitions[document.name] = build(composition, registry)
        except MachineError as error:
            faults.extend(error.faults)
    if faults:
        raise MachineError(list(dict.fromkeys(faults)))
    return Machines(definitions, dict(registry.calls))


def _documents(files: Mapping[str, Traversable]) -> dict[str, Document]:
    documents: dict[str, Document] = {}
    faults: list[tuple[Place, str]] = []
    for file in sorted(files):
        try:
            document = read_document(file, text_of(files[file]))
        except MachineError as error:
            faults.extend(error.faults)
            continue
        if document.name in documents:
            other = documents[document.name].file
            faults.append((Place(file), f"the name {document.name!r} is taken by {other}"))
        documents[document.name] = document
    if faults:
        raise MachineError(faults)
    return documents


def _unused(
    documents: Mapping[str, Document], common: Document, files: Collection[str]
) -> Iterator[tuple[Place, str]]:
    """A part of these files that no machine uses: nothing of it would be checked.

    One of ours may be left unused by a machine that replaces ours.
    """
    used = _used(documents, common)
    for document in documents.values():
        if document.is_part and document.name not in used and document.file in files:
            what = f"no machine uses the part {document.name!r}; a machine has no exits"
            yield Place(document.file), what


def _used(documents: Mapping[str, Document], common: Document) -> set[str]:
    used: set[str] = set()
    todo = [common, *(one for one in documents.values() if not one.is_part)]
    while todo:
        named = {part.machine for part in todo.pop().parts.values()} & documents.keys() - used
        used |= named
        todo.extend(documents[name] for name in named)
    return used
