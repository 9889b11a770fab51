"""The OpenAPI document: valid, whole, and true."""

from __future__ import annotations

from typing import Any

import pytest
from openapi_schema_validator import OAS31Validator
from openapi_spec_validator import OpenAPIV31SpecValidator, validate

from chalicelib.api.auth import AccessLevel
from tests.api.contract.declared import APPLICATION, CALLS
from tests.factories import UserFactory, open_loan
from tests.http_client import HttpClient

PAGES = {"/", "/static/{name}", "/app", "/admin", "/api/swagger", "/api/redoc"}


@pytest.fixture
def document(http: HttpClient) -> Any:
    return http.get("/api/schema/").json


def test_the_document_is_valid_openapi_3_1(document: Any) -> None:
    assert document["openapi"].startswith("3.1.")
    validate(document, cls=OpenAPIV31SpecValidator)


def test_it_lists_every_route_and_no_other(document: Any) -> None:
    routed = {
        (method.lower(), path)
        for path, methods in APPLICATION.routes.items()
        for method in methods
        if path not in PAGES
    }

    listed = {(method, path.rstrip("/")) for path, methods in document["paths"].items() for method in methods}

    assert listed == routed


def test_every_call_documents_how_it_refuses(document: Any) -> None:
    for call in CALLS:
        path = call.path if call.path == "/health" else f"{call.path}/"
        answers = document["paths"][path][call.method.lower()]["responses"]

        assert {"500", "503", str(int(call.status))} <= set(answers)
        assert call.access is AccessLevel.ANYONE or {"401", "403"} <= set(answers)


def test_what_the_platform_answers_is_what_the_document_promises(document: Any, user_factory: UserFactory) -> None:
    borrower = user_factory.borrower("1.00")
    loan = open_loan(borrower)

    for name, thing in (
        ("LoanResponse", loan),
        ("WalletResponse", borrower.http.get("/api/wallets/").json),
        ("Problem", borrower.http.post("/api/wallets/deposit/").json),
    ):
        schema = {**document["components"]["schemas"][name], "components": document["components"]}
        OAS31Validator(schema).validate(thing)
