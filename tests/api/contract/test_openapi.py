"""The OpenAPI document: valid, whole, and true."""

from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator, validate

from chalicelib.api.auth import AccessLevel
from tests.api.contract.declared import APPLICATION, CALLS
from tests.factories import UserFactory
from tests.http_client import HttpClient
from tests.response_contract import response_contract

PAGES = {
    "/",
    "/static/{name}",
    "/.well-known/security.txt",
    "/dev/mail",
    "/app",
    "/admin",
    "/api/swagger",
    "/api/redoc",
}


@pytest.fixture
def document(http: HttpClient) -> Any:
    return http.get("/api/schema/").json


def test_the_document_is_valid_openapi_3_1(document: Any) -> None:
    assert document["openapi"].startswith("3.1.")
    validate(document, cls=OpenAPIV31SpecValidator)


def test_document_lists_exactly_the_routes(document: Any) -> None:
    routed = {
        (method.lower(), path)
        for path, methods in APPLICATION.routes.items()
        for method in methods
        if path not in PAGES
    }

    listed = {(method, path.rstrip("/")) for path, methods in document["paths"].items() for method in methods}

    assert listed == routed


def test_every_operation_documents_its_errors(document: Any) -> None:
    for call in CALLS:
        path = call.path if call.path.startswith("/health") else f"{call.path}/"
        responses = document["paths"][path][call.method.lower()]["responses"]

        assert {"500", "503", str(int(call.status))} <= set(responses)
        assert call.access is AccessLevel.ANYONE or {"401", "403"} <= set(responses)


def test_responses_with_unknown_fields_or_statuses_are_errors(user_factory: UserFactory) -> None:
    wallet = user_factory.borrower("1.00").call("GET", "/api/wallets/")
    contract = response_contract()
    contract.check("GET", "/api/wallets", 200, "application/json", wallet)

    for status, content in (
        (200, {**wallet, "surprise": 1}),
        (200, {**wallet, "balance": 1.0}),
        (200, {**wallet, "created_at": "2026-01-15T09:30:00Z"}),
        (200, {name: value for name, value in wallet.items() if name != "held"}),
        (201, wallet),
    ):
        with pytest.raises(AssertionError):
            contract.check("GET", "/api/wallets", status, "application/json", content)
