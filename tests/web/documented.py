"""Holds each answer that a test sees against the served document."""

import re
from collections.abc import Mapping
from typing import Any

from aiohttp import ClientResponse
from attrs import field, frozen
from jsonschema import Draft202012Validator, FormatChecker


@frozen(eq=False)
class Document:
    """A served OpenAPI document."""

    told: Mapping[str, Any] = field(repr=False)

    async def check(self, method: str, path: str, response: ClientResponse) -> None:
        """Raises AssertionError for an answer that the document does not know.

        What belongs to no address of the document, or to no method of one, is the routers own
        answer: a problem.
        """
        operation = self._operation(method, path)
        if operation is None:
            assert response.status in (404, 405), f"{method} {path}: {response.status}"
            self.validate(await response.json(), {"$ref": "#/components/schemas/Problem"})
            return
        known = operation["responses"].get(str(response.status))
        where = f"{operation['operationId']}: {response.status}"
        assert known is not None, f"{where} is not in the document"
        for name in known.get("headers", {}):
            assert name in response.headers, f"{where} has no {name}"
        await self._check_body(where, known.get("content"), response)

    async def _check_body(
        self, where: str, content: Mapping[str, Any] | None, response: ClientResponse
    ) -> None:
        if content is None:
            assert await response.read() == b"", f"{where} has a body"
            return
        kind = response.content_type
        described = content.get(kind) or content.get("*/*")
        assert described is not None, f"{where} is {kind}, which is not in the document"
        if kind.endswith("json"):
            self.validate(await response.json(), described["schema"])

    def _operation(self, method: str, path: str) -> Mapping[str, Any] | None:
        for template, methods in self.told["paths"].items():
            pattern = re.sub(r"{\w+}", "[^/]+", template.replace("{file}", ".+"))
            if re.fullmatch(pattern, path):
                found: Mapping[str, Any] | None = methods.get(method.lower())
                return found
        return None

    def validate(self, value: Any, schema: Mapping[str, Any]) -> None:
        """Raises ValidationError for a value that the schema does not take."""
        whole = {**schema, "components": self.told["components"]}
        Draft202012Validator(whole, format_checker=FormatChecker()).validate(value)
