"""Snapshots and journal rows as JSON text, and back.

Times are ISO 8601 in UTC. What has its default value is left out; an unknown key is ignored and
a missing one takes its default, so that neighbouring versions read each other's snapshots.

An attempt's policy and connector are large, hold nothing personal and hardly ever change: they
stand last in the text, where they can be cut off, and their JSON is remembered.
"""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from types import UnionType
from typing import Any, Final, Generic, TypeVar, get_args, get_origin

import cattrs
from attrs import field, frozen
from cattrs.fns import identity
from cattrs.gen import make_dict_unstructure_fn, override

from powens_flow.attempt import Attempt, CallRecord, Connector, JournalRow
from powens_flow.evolving import evolve
from powens_flow.json_text import from_json, to_json
from powens_flow.policy import Policy
from powens_flow.store.port import SnapshotUnreadable

T = TypeVar("T")

REMEMBERED: Final = 512
"""How many policies, and how many connectors, are remembered; one is about 3 KB."""


@frozen
class RowDetails:
    """The parts of a journal row that are kept as JSON."""

    guards: Mapping[str, bool] = field(factory=dict)
    facts: Mapping[str, Any] = field(factory=dict)
    calls: tuple[CallRecord, ...] = ()


def dump(attempt: Attempt) -> str:
    """The attempt as one JSON object, on one line."""
    text = to_json(_head(attempt))[:-1]
    if attempt.policy is not _DEFAULT_POLICY and attempt.policy != _DEFAULT_POLICY:
        text = f"{text}{_POLICY_NEXT}{_POLICIES.text_of(attempt.policy)[1:]}"
    if attempt.connector is not None:
        text = f"{text}{_CONNECTOR_NEXT}{_CONNECTORS.text_of(attempt.connector)[1:]}"
    return f"{text}}}"


def load(text: str) -> Attempt:
    """The attempt again, equal to the one that was dumped.

    Raises:
        SnapshotUnreadable: naming where it cannot be read, without values.
    """
    attempt = _quickly_loaded(text)
    return _loaded(text, Attempt) if attempt is None else attempt


def next_version(attempt: Attempt) -> Attempt:
    """The attempt with its version one higher."""
    return evolve(attempt, version=attempt.version + 1)


def is_kept(attempt: Attempt) -> bool:
    """Whether it comes back as it is when it is dumped and loaded."""
    try:
        return load(dump(attempt)) == attempt
    except Exception:  # whatever a value of a wrong type led to
        return False


def dump_row(row: JournalRow) -> str:
    """The row's guards, facts and calls as one JSON object."""
    plain: dict[str, Any] = {}
    if row.guards:
        plain["guards"] = row.guards
    if row.facts:
        plain["facts"] = row.facts
    if row.calls:
        plain["calls"] = [_call(call) for call in row.calls]
    return to_json(plain) if plain else "{}"


def load_row(text: str) -> RowDetails:
    """The row's guards, facts and calls. Raises `SnapshotUnreadable`."""
    return _loaded(text, RowDetails) if text != "{}" else RowDetails()


# --- values to and from plain JSON values ------------------------------------------------------


@lru_cache(maxsize=4096)  # an attempt's moments are written again with each of its saves
def _from_time(moment: datetime) -> str:
    return (moment if moment.tzinfo is UTC else moment.astimezone(UTC)).isoformat()


def _to_time(text: str, _: Any = None) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("a time without its zone")
    return moment if moment.tzinfo is UTC else moment.astimezone(UTC)


_PLAIN: Final = (str, int, float, bool, type(None))


def _is_plain(kind: Any) -> bool:
    parts = get_args(kind) if isinstance(kind, UnionType) else (kind,)
    return all(part in _PLAIN for part in parts)


def _is_tuple(kind: Any) -> bool:
    return get_origin(kind) is tuple and get_args(kind)[1:] == (Ellipsis,)


def _is_mapping(kind: Any) -> bool:
    return get_origin(kind) is Mapping


def _plain_checked(kind: Any, _: cattrs.Converter) -> Callable[[Any, Any], Any]:
    kinds = get_args(kind) if isinstance(kind, UnionType) else (kind,)
    if float in kinds:
        kinds = (*kinds, int)
    known = frozenset(kinds)

    def checked(value: Any, _: Any) -> Any:
        if type(value) not in known:
            raise TypeError
        return value

    return checked


def _mapping_checked(value: Any, _: Any) -> Any:
    if type(value) is not dict:
        raise TypeError
    return value


def _to_tuple(kind: Any, converter: cattrs.Converter) -> Callable[[Any, Any], Any]:
    item = get_args(kind)[0]
    to_item = converter.get_structure_hook(item)
    return lambda values, _: tuple([to_item(value, item) for value in values])


def _from_tuple(kind: Any, converter: cattrs.Converter) -> Callable[[Any], Any]:
    item = get_args(kind)[0]
    if _is_plain(item):
        return identity
    from_item = converter.get_unstructure_hook(item)
    return lambda values: [from_item(value) for value in values]


def _converter(*, detailed_validation: bool) -> cattrs.Converter:
    """Cattrs' own hooks for tuples, mappings and optional values do more than JSON needs."""
    made = cattrs.Converter(omit_if_default=True, detailed_validation=detailed_validation)
    made.register_structure_hook(datetime, _to_time)
    made.register_unstructure_hook(datetime, _from_time)
    made.register_structure_hook_factory(_is_plain, _plain_checked)
    for kind in (str, int, float, bool):
        made.register_structure_hook(kind, _plain_checked(kind, made))
        made.register_unstructure_hook(kind, identity)
    made.register_unstructure_hook_func(_is_plain, identity)
    made.register_structure_hook_func(_is_mapping, _mapping_checked)
    made.register_unstructure_hook_func(_is_mapping, dict)
    if not detailed_validation:  # cattrs' own hook tells which item it was
        made.register_structure_hook_factory(_is_tuple, _to_tuple)
    made.register_unstructure_hook_factory(_is_tuple, _from_tuple)
    return made


_PRECISE: Final = _converter(detailed_validation=True)
_FAST: Final = _converter(detailed_validation=False)


# --- parts that are remembered -----------------------------------------------------------------


class _Remembered(Generic[T]):
    """Values of one class with their JSON text; when there are too many, all are forgotten.

    Values are found by identity: the hash of a frozen value costs as much as its JSON. A value
    that was remembered is kept, so that its id stays its own.
    """

    def __init__(self, kind: type[T]) -> None:
        self._kind = kind
        self._from_value = _FAST.get_unstructure_hook(kind)
        self._to_value = _FAST.get_structure_hook(kind)
        self._texts: dict[int, tuple[T, str]] = {}
        self._values: dict[str, T] = {}

    def text_of(self, value: T) -> str:
        known = self._texts.get(id(value))
        if known is not None:
            return known[1]
        text = to_json(self._from_value(value))
        self._remember(value, text)
        return text

    def value_of(self, text: str) -> T:
        known = self._values.get(text)
        if known is not None:
            return known
        value: T = self._to_value(from_json(text), self._kind)
        self._remember(value, text)
        return value

    def as_it_is(self, value: Any, _: Any) -> T:
        """For cattrs: what was put into the plain values already made is taken as it is."""
        if type(value) is self._kind:
            return value
        made: T = self._to_value(value, self._kind)
        return made

    def _remember(self, value: T, text: str) -> None:
        if len(self._texts) >= REMEMBERED:
            self._texts, self._values = {}, {}
        self._texts[id(value)] = (value, text)
        self._values.setdefault(text, value)


_POLICIES: Final = _Remembered(Policy)
_CONNECTORS: Final = _Remembered(Connector)
_FAST.register_structure_hook(Policy, _POLICIES.as_it_is)
_FAST.register_structure_hook(Connector, _CONNECTORS.as_it_is)
_DEFAULT_POLICY: Final = Policy()

# Inside a JSON text a quotation mark is always escaped, so these stand only between keys; and no
# mapping of an attempt holds objects, so these keys are the attempt's own.
_POLICY_NEXT: Final = ',"policy":{'
_CONNECTOR_NEXT: Final = ',"connector":{'

_head: Final = make_dict_unstructure_fn(
    Attempt,
    _FAST,
    _cattrs_omit_if_default=True,
    policy=override(omit=True),
    connector=override(omit=True),
)
_attempt: Final = _FAST.get_structure_hook(Attempt)
_call: Final = _FAST.get_unstructure_hook(CallRecord)


def _quickly_loaded(text: str) -> Attempt | None:
    """What `dump` wrote; None for anything else, which takes the slow way."""
    try:
        return _load_parts(text)
    except Exception:  # whatever a damaged text led to: the slow way says where
        return None


def _load_parts(text: str) -> Attempt:
    if text[-1] != "}":
        raise ValueError
    head, is_connector, connector = text[:-1].partition(_CONNECTOR_NEXT)
    head, is_policy, policy = head.partition(_POLICY_NEXT)
    plain = from_json(f"{head}}}")
    if is_policy:
        plain["policy"] = _POLICIES.value_of(f"{{{policy}")
    plain.setdefault("policy", _DEFAULT_POLICY)  # making and checking another costs as much again
    if is_connector:
        plain["connector"] = _CONNECTORS.value_of(f"{{{connector}")
    attempt: Attempt = _attempt(plain, Attempt)
    return attempt


# --- what cannot be read -----------------------------------------------------------------------


def _loaded(text: str, kind: type[T]) -> T:
    try:
        plain = json.loads(text)
        if type(plain) is dict:
            return _PRECISE.structure(plain, kind)
        where = "no JSON object"
    except json.JSONDecodeError as error:
        where = f"no JSON, at character {error.pos}"
    except cattrs.BaseValidationError as error:
        where = ", ".join(cattrs.transform_error(error, format_exception=_what))
    except Exception as error:
        where = type(error).__name__
    raise SnapshotUnreadable(f"{kind.__name__} cannot be read: {where}")


def _what(error: BaseException, _: type | None) -> str:
    return "missing" if isinstance(error, KeyError) else "wrong"
