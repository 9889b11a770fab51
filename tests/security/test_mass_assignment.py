"""Fields that a client may not set: no request accepts them."""

from typing import Final

import pytest

from chalicelib.api.auth import AccessLevel
from chalicelib.api.fields import NoBody
from chalicelib.api.request import RawRequest
from chalicelib.api.routing import Endpoint
from chalicelib.shared.actor import Role
from tests.api.contract.declared import CALLS, address
from tests.engines import Storage
from tests.factories import UserFactory
from tests.problems import problem

PROTECTED: Final = (
    "id", "user_id", "role", "status", "is_admin", "balance", "available", "held", "frozen", "borrower_id", "lender_id",
    "outstanding_principal", "funded_amount", "accepted", "funded", "created_at", "version", "pk", "password_hash",
    "session_epoch", "__proto__", "constructor", "amount_cents", "fee", "type", "number", "amuont",
)  # fmt: skip
WITH_BODY: Final = [each for each in CALLS if each.method in ("POST", "PATCH") and each.body is not RawRequest]


@pytest.mark.parametrize("call", WITH_BODY, ids=lambda each: f"{each.method} {each.path}")
def test_undeclared_fields_are_rejected(call: Endpoint, user_factory: UserFactory) -> None:
    known = {field.alias or name for name, field in call.body.model_fields.items()}
    hidden = [name for name in PROTECTED if name not in known]
    role = Role.ADMIN if call.access is AccessLevel.OPERATOR else Role.BORROWER
    person = user_factory.user(role)

    response = person.http.send(call.method, address(call.path), dict.fromkeys(hidden, "ADMIN"))

    rejected = {error["field"] for error in problem(response, 422, "invalid_request")["errors"]}
    assert rejected >= set(hidden)


def test_few_protected_names_are_request_fields() -> None:
    taken = {
        (call.path, name)
        for call in WITH_BODY
        if call.body is not NoBody
        for name in PROTECTED
        if name in {field.alias or own for own, field in call.body.model_fields.items()}
    }

    assert taken == {
        ("/api/users/register", "role"),
        ("/api/loans/quote", "fee"),
        ("/api/admin/bank/lines/{id}/assign", "user_id"),
    }


@pytest.mark.parametrize(
    "role", ["ADMIN", "admin", "Admin", "ＡＤＭＩＮ", ["ADMIN"], {"role": "ADMIN"}, None, 3], ids=str
)
def test_registration_rejects_every_spelling_of_admin(user_factory: UserFactory, tables: Storage, role: object) -> None:
    body = {"username": "eve", "email": "eve@example.com", "password": "correct-horse-battery", "role": role}

    response = user_factory.http.post("/api/users/register/", body)

    problem(response, 422, "invalid_request")
    assert tables.items("users") == []
