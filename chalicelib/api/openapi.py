"""The OpenAPI 3.1 document, generated from the declarations that also validate requests."""

import inspect
import re
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any, Final

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, models_json_schema

from chalicelib.api import problems
from chalicelib.api.auth import AccessLevel
from chalicelib.api.fields import NoBody, NoQuery
from chalicelib.api.rate_limiting.limits import RateLimitPolicy
from chalicelib.api.request import JSON, RawRequest
from chalicelib.api.routing import Endpoint
from chalicelib.dynamodb.idempotency import BadIdempotencyKey
from chalicelib.shared import errors
from chalicelib.shared.actor import TokenRevoked
from chalicelib.shared.money import Money, Rate

_SCHEMAS: Final = "#/components/schemas/{model}"
_PARAMETER: Final = re.compile(r"\{(\w+)\}")
_WITH_BODY: Final = frozenset({"POST", "PATCH", "PUT"})
_TAGS: Final[Mapping[str, str]] = {
    "root": "Service information and health check.",
    "users": "Registration, authentication and profiles.",
    "wallets": "Balances, deposits, withdrawals and transaction history.",
    "loans": "Loan requests, offers, funding, repayment and investments.",
    "notifications": "The inbox, and preferences by type and channel.",
    "admin": "Operator endpoints. They require the role ADMIN.",
}
_ABOUT: Final = (
    "Borrow, lend and repay money, with every cent recorded in a double-entry ledger. Paths work with and without "
    "a trailing slash. Amounts are strings with two decimal places. Rates are percentages per year."
)
_PROBLEM: Final[dict[str, Any]] = {
    "type": "object",
    "title": "Problem",
    "description": "An RFC 9457 problem. `code` is stable and machine-readable; `detail` explains the error to people.",
    "required": ["type", "title", "status", "detail", "instance", "code"],
    "properties": {
        "type": {"type": "string", "format": "uri-reference"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "instance": {"type": "string"},
        "code": {"type": "string", "pattern": "^[a-z0-9_]+$"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["field", "message"],
                "properties": {"field": {"type": "string"}, "message": {"type": "string"}},
            },
        },
    },
}


class _Schemas(GenerateJsonSchema):
    """Writes default amounts and rates as strings, as the API does."""

    def encode_default(self, dft: Any) -> Any:
        return str(dft) if isinstance(dft, Money | Rate) else super().encode_default(dft)


def document(endpoints: Iterable[Endpoint], *, version: str, server: str) -> dict[str, Any]:
    """Return the document. ``server`` is the base URL of the paths."""
    declared = sorted(endpoints, key=lambda each: (each.path, each.method))
    inputs = {each.body for each in declared if each.body not in (NoBody, RawRequest)}
    outputs = {model for each in declared for model in (each.response, each.accepted) if model is not None}
    _, definitions = models_json_schema(
        [*((model, "validation") for model in inputs), *((model, "serialization") for model in outputs)],
        ref_template=_SCHEMAS,
        schema_generator=_Schemas,
    )
    paths: dict[str, dict[str, Any]] = {}
    for each in declared:
        paths.setdefault(_with_slash(each.path), {})[each.method.lower()] = _operation(each)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Peer-to-peer lending",
            "version": version,
            "description": _ABOUT,
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": server}],
        "tags": [{"name": name, "description": text} for name, text in _TAGS.items()],
        "paths": paths,
        "components": {
            "schemas": {**definitions.get("$defs", {}), "Problem": _PROBLEM},
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}},
        },
    }


def _with_slash(path: str) -> str:
    return path if path == "/" or path.startswith("/health") else f"{path}/"


def _operation(each: Endpoint) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": each.view.__name__,
        "summary": each.summary,
        "description": inspect.cleandoc(each.view.__doc__ or ""),
        "tags": [each.tag],
        "parameters": [*_path_parameters(each), *_query_parameters(each), *_header_parameters(each)],
        "responses": {**_successes(each), **_problems(each)},
    }
    if each.method in _WITH_BODY and each.body is not NoBody:
        required = any(field.is_required() for field in each.body.model_fields.values())
        operation["requestBody"] = {
            "required": required,
            "content": {media: {"schema": _body_schema(each.body)} for media in each.media_types},
        }
    operation["security"] = [] if each.access is AccessLevel.ANYONE else [{"bearer": []}]
    return operation


def _path_parameters(each: Endpoint) -> list[dict[str, Any]]:
    return [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in _PARAMETER.findall(each.path)
    ]


def _query_parameters(each: Endpoint) -> list[dict[str, Any]]:
    if each.query is NoQuery:
        return []
    schema = each.query.model_json_schema(ref_template=_SCHEMAS, schema_generator=_Schemas)
    definitions = schema.get("$defs", {})
    required = schema.get("required", [])
    return [
        {
            "name": name,
            "in": "query",
            "required": name in required,
            "schema": _inlined(property_, definitions),
            **({"description": property_["description"]} if "description" in property_ else {}),
        }
        for name, property_ in schema.get("properties", {}).items()
    ]


def _inlined(schema: Any, definitions: Mapping[str, Any]) -> Any:
    """Replace references by the schemas themselves, because parameters are not part of the components."""
    if isinstance(schema, dict):
        if "$ref" in schema:
            return _inlined(definitions[schema["$ref"].rsplit("/", 1)[-1]], definitions)
        kept = {name: value for name, value in schema.items() if name not in ("title", "description")}
        return {name: _inlined(value, definitions) for name, value in kept.items()}
    if isinstance(schema, list):
        return [_inlined(part, definitions) for part in schema]
    return schema


def _header_parameters(each: Endpoint) -> list[dict[str, Any]]:
    if not each.idempotent:
        return []
    text = "Makes retries safe: a request repeated with the same key and body runs once and gets the same response."
    schema = {"type": "string", "minLength": 1, "maxLength": 255}
    return [{"name": "Idempotency-Key", "in": "header", "required": False, "schema": schema, "description": text}]


def _successes(each: Endpoint) -> dict[str, Any]:
    statuses = (each.status, *each.other_statuses)
    found = {str(int(status)): _success(each, status, each.response) for status in statuses}
    if each.accepted is not None:
        found[str(int(HTTPStatus.ACCEPTED))] = _success(each, HTTPStatus.ACCEPTED, each.accepted)
    return found


def _success(each: Endpoint, status: HTTPStatus, response: type[BaseModel] | None) -> dict[str, Any]:
    headers: dict[str, Any] = {"X-Request-Id": {"schema": {"type": "string"}}}
    if each.idempotent:
        headers["Idempotent-Replayed"] = {
            "schema": {"const": "true"},
            "description": "Present if this response replays that of an earlier request with the same key.",
        }
    answer: dict[str, Any] = {"description": status.phrase, "headers": headers}
    if response is not None:
        answer["content"] = {JSON: {"schema": _reference(response)}}
        answer["content"].update({media: {"schema": {"type": "string"}} for media in each.other_media_types})
    return answer


def _problems(each: Endpoint) -> dict[str, Any]:
    """Return all error responses of an endpoint by status, with their codes."""
    kinds: list[type[errors.AppError]] = [*each.errors, errors.Unavailable]
    kinds += [errors.Unprocessable] if _takes_input(each) else []
    if each.method in _WITH_BODY:
        kinds += [errors.Malformed, errors.TooLarge, errors.UnsupportedMedia]
    if each.idempotent:
        kinds += [BadIdempotencyKey]
    if each.access is not AccessLevel.ANYONE:
        kinds += [errors.Unauthenticated, errors.Forbidden, *((TokenRevoked,) if each.method != "GET" else ())]
    if each.rate_limit is not RateLimitPolicy.NEVER:
        kinds += [errors.TooManyRequests]
    codes: dict[HTTPStatus, list[str]] = {HTTPStatus.INTERNAL_SERVER_ERROR: ["internal_error"]}
    for kind in kinds:
        codes.setdefault(problems.status_of(kind), []).append(kind.code)
    return {str(int(status)): _problem(status, found) for status, found in sorted(codes.items())}


def _takes_input(each: Endpoint) -> bool:
    return each.method in _WITH_BODY or each.query is not NoQuery


def _problem(status: HTTPStatus, codes: list[str]) -> dict[str, Any]:
    listed = ", ".join(f"`{code}`" for code in dict.fromkeys(codes))
    return {
        "description": f"{status.phrase}: {listed}",
        "content": {problems.MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }


def _body_schema(body: type[BaseModel]) -> dict[str, str]:
    return {"type": "string", "format": "binary"} if body is RawRequest else _reference(body)


def _reference(model: type[BaseModel]) -> dict[str, str]:
    return {"$ref": _SCHEMAS.format(model=model.__name__)}
