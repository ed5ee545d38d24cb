"""The OpenAPI 3.1 document of the sub-application, made from its routes and our values."""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import lru_cache
from importlib.metadata import version
from typing import Any, Final

from powens_flow.web.access import Access
from powens_flow.web.operations import OPERATIONS, Operation, Parameter, Said
from powens_flow.web.problems import CONTENT_TYPE, KINDS
from powens_flow.web.schemas import SCHEMAS, TEXT, ref, starts

_OF_EVERY_ROUTE: Final = ("method_not_allowed", "store_unavailable", "unavailable")
_OF_ACCESS: Final = {
    Access.ANYBODY: (),
    Access.OWNER: ("unauthenticated",),
    Access.OWN_PAGE: ("unauthenticated", "foreign_origin", "too_many_requests"),
}


@lru_cache(maxsize=8)
def document(
    routes: Sequence[tuple[str, str, str, Access]], machines: tuple[str, ...], mount: str
) -> dict[str, Any]:
    """The document of these routes (name, method, path, access), below the path `mount`."""
    paths: defaultdict[str, dict[str, Any]] = defaultdict(dict)
    for name, method, path, access in routes:
        paths[_template(path)][method.lower()] = _operation(name, access)
    return {
        "openapi": "3.1.0",
        "info": {"title": "powens_flow", "version": version("powens-flow")},
        "servers": [{"url": mount or "/"}],
        "paths": dict(paths),
        "components": {"schemas": {**SCHEMAS, "Start": starts(sorted(machines))}},
    }


def _template(path: str) -> str:
    """aiohttp's path without its patterns."""
    return re.sub(r"{(\w+):[^}]*}", r"{\1}", path)


def _operation(name: str, access: Access) -> dict[str, Any]:
    told = OPERATIONS[name]
    made: dict[str, Any] = {
        "operationId": name,
        "summary": told.says,
        "parameters": [_parameter(one) for one in told.parameters],
        "responses": _responses(told, access),
    }
    if told.body is not None:
        content_type, schema = told.body
        made["requestBody"] = {"required": True, "content": {content_type: {"schema": schema}}}
    return made


def _parameter(one: Parameter) -> dict[str, Any]:
    return {
        "name": one.name,
        "in": one.place,
        "description": one.says,
        "required": one.required,
        "schema": one.schema,
    }


def _responses(told: Operation, access: Access) -> dict[str, Any]:
    responses = _problems((*told.problems, *_OF_ACCESS[access], *_OF_EVERY_ROUTE))
    for status, said in told.answers.items():
        own = _answer(said)
        same = responses.get(str(status))
        if same is not None:
            own["description"] += f" {same['description']}"
            own["content"] = {**own.get("content", {}), **same["content"]}
        responses[str(status)] = own
    return dict(sorted(responses.items()))


def _answer(said: Said) -> dict[str, Any]:
    made: dict[str, Any] = {"description": said.says}
    if said.type is not None:
        made["content"] = {said.type: {"schema": said.schema}}
    if said.headers:
        made["headers"] = {name: {"required": True, "schema": TEXT} for name in said.headers}
    return made


def _problems(codes: Iterable[str]) -> dict[str, Any]:
    by_status: defaultdict[int, list[str]] = defaultdict(list)
    for code in codes:
        by_status[KINDS[code].status].append(code)
    return {str(status): _problem(here) for status, here in by_status.items()}


def _problem(codes: list[str]) -> dict[str, Any]:
    of_these = {"allOf": [ref("Problem"), {"properties": {"code": {"enum": codes}}}]}
    return {
        "description": " ".join(KINDS[code].title for code in codes),
        "content": {CONTENT_TYPE: {"schema": of_these}},
    }
