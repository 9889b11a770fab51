"""Validates responses against the OpenAPI document that the application publishes."""

import functools
import re
from collections.abc import Mapping
from typing import Any, Final

import jsonschema_rs

from chalicelib.api.openapi import document
from chalicelib.api.routing import REGISTRY

_TIME: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
_PROBLEM: Final = "application/problem+json"
_JSON_TYPES: Final = ("application/json", _PROBLEM)
Validators = Mapping[tuple[int, str], jsonschema_rs.Draft202012Validator]


class ResponseContract:
    """Compiled schemas by operation, status and media type; unknown fields are errors."""

    def __init__(self) -> None:
        self._document = document(REGISTRY, version="0", server="/")
        schemas: dict[str, Any] = self._document["components"]["schemas"]
        # Problems may carry further members (RFC 9457, section 3.2).
        self._components = {
            "schemas": {name: schema if name == "Problem" else _closed(schema) for name, schema in schemas.items()}
        }
        self._problem = self._validator({"$ref": "#/components/schemas/Problem"})
        self._operations = {
            (method.upper(), path): operation
            for path, methods in self._document["paths"].items()
            for method, operation in methods.items()
        }
        self._patterns = [
            (method, re.compile(re.sub(r"\{\w+\}", "[^/]+", path.rstrip("/")) + "/?"), path)
            for method, path in sorted(self._operations, key=lambda each: "{" in each[1])
        ]
        self._compiled: dict[tuple[str, str], Validators] = {}

    def check(self, method: str, target: str, status: int, media_type: str, content: Any) -> None:
        """Raise AssertionError if a JSON response is not as documented."""
        operation = self._operation(method, target.partition("?")[0])
        documented = self._operations[operation]["responses"] if operation else {}
        assert operation is None or str(status) in documented, f"{method} {target}: {status} is not documented"
        validator = self._validators(operation).get((status, media_type)) if operation else None
        if validator is None and media_type == _PROBLEM:
            validator = self._problem
        if validator is None:
            return
        errors = [f"{list(error.instance_path)}: {error.message}" for error in validator.iter_errors(content)]
        assert errors == [], f"{method} {target}: {status} {content}"

    def _operation(self, method: str, path: str) -> tuple[str, str] | None:
        found = (template for verb, pattern, template in self._patterns if verb == method and pattern.fullmatch(path))
        template = next(found, None)
        return None if template is None else (method, template)

    def _validators(self, operation: tuple[str, str]) -> Validators:
        if operation not in self._compiled:
            self._compiled[operation] = {
                (int(status), media_type): self._validator(_closed(content["schema"]))
                for status, response in self._operations[operation]["responses"].items()
                for media_type, content in response.get("content", {}).items()
                if media_type in _JSON_TYPES
            }
        return self._compiled[operation]

    def _validator(self, schema: Mapping[str, Any]) -> jsonschema_rs.Draft202012Validator:
        whole = {**schema, "components": self._components}
        return jsonschema_rs.Draft202012Validator(whole, validate_formats=True, formats={"date-time": _is_time})


@functools.cache
def response_contract() -> ResponseContract:
    """The contract of the application of this process, compiled once."""
    return ResponseContract()


def _is_time(text: str) -> bool:
    return _TIME.fullmatch(text) is not None


def _closed(schema: Any) -> Any:
    """A schema whose objects allow no other than their declared properties."""
    if isinstance(schema, list):
        return [_closed(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {name: _closed(value) for name, value in schema.items()}
    if "properties" in closed and closed.get("type") == "object":
        closed.setdefault("additionalProperties", False)
    return closed
