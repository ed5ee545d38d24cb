"""Snapshots and journal rows as JSON text, and back.

Datetimes are ISO 8601 in UTC. What has its default value is left out; an unknown key is ignored
and a missing one takes its default, so that neighbouring versions read each other's snapshots.

The connector and the policy of an attempt are large, hold nothing personal and hardly ever
change: they stand last in the text, and their JSON is remembered (see `Fragments`).
"""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

import cattrs
from attrs import NOTHING, Factory, evolve, fields
from cattrs.gen import make_dict_unstructure_fn, override

from powens_flow.attempt import Attempt, CallRecord, Connector, JournalRow
from powens_flow.policy import Policy
from powens_flow.store.port import SnapshotUnreadable

REMEMBERED: Final = 512
"""How many connectors and policies are remembered, each about 3 KB."""


def _to_text(moment: datetime) -> str:
    return (moment if moment.tzinfo is UTC else moment.astimezone(UTC)).isoformat()


def _to_moment(text: str, _: Any) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("a time without a zone")
    return moment if moment.tzinfo is UTC else moment.astimezone(UTC)


def _converter(*, detailed_validation: bool) -> cattrs.Converter:
    made = cattrs.Converter(omit_if_default=True, detailed_validation=detailed_validation)
    made.register_unstructure_hook(datetime, _to_text)
    made.register_structure_hook(datetime, _to_moment)
    # JSON writes tuples, and mappings as they are: copying them first would only cost time.
    made.register_unstructure_hook_func(lambda kind: kind in _AS_IT_IS, lambda value: value)
    return made
