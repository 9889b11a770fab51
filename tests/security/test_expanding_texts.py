"""Texts that normalisation makes up to 18 times as long: they are measured afterwards and never cause a 500."""

from typing import Any, Final
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from chalicelib.container import Container
from tests.factories import PASSWORD, UserFactory
from tests.http_client import HttpClient
from tests.problems import wrong_fields

EXPANDING: Final = (
    "\ufdfa", "\ufdfb", "\u3315", "\u1f82", "\u0390", "\u0958", "\U0001d160", "\ufb2c", "\u0149", "\u00df",
    "\u0130", "\uff21", "\u1e9e", "\u0041\u030a",
)  # fmt: skip


def test_login_name_that_expands_is_rejected(http: HttpClient) -> None:
    body = {"username": "\ufdfa" * 254, "password": PASSWORD}

    assert wrong_fields(http.post("/api/users/login/", body)) == ["username"]


@pytest.fixture
def clients(container: Container, http: HttpClient, user_factory: UserFactory) -> dict[str, HttpClient]:
    return {"": http, "borrower": user_factory.borrower().http, "operator": user_factory.operator().http}


texts: Final = st.builds(
    lambda pieces, count: ("".join(pieces) * count)[:300],
    st.lists(st.sampled_from(EXPANDING) | st.text(max_size=3), min_size=1, max_size=3),
    st.integers(1, 300),
)


@hypothesis_settings(
    max_examples=60, deadline=None, database=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(text=texts, field=st.sampled_from(["username", "email", "password", "first_name", "address", "phone_number"]))
def test_expanding_texts_never_cause_a_server_error(clients: dict[str, HttpClient], text: str, field: str) -> None:
    person: dict[str, Any] = {"username": text, "email": f"{text}@example.com", "password": text, "role": "LENDER"}
    requests: list[tuple[str, str, str, dict[str, Any] | None]] = [
        ("", "POST", "/api/users/login/", {"username": text, "password": text}),
        ("", "POST", "/api/users/register/", {**person, field: text} | {"first_name": text}),
        ("borrower", "PATCH", "/api/users/profile/", {"first_name": text, "last_name": text}),
        ("borrower", "PATCH", "/api/users/profile/", {"email": f"{text}@example.com"}),
        ("borrower", "PATCH", "/api/users/profile/", {"profile": {"address": text, "phone_number": text}}),
        ("borrower", "POST", "/api/users/password/", {"current_password": text, "new_password": text}),
        ("borrower", "POST", "/api/wallets/deposit/", {"amount": "1.00", "description": text}),
        ("borrower", "POST", "/api/loans/", {"amount": "500.00", "annual_interest_rate": "9.00", "purpose": text}),
    ]

    statuses = {clients[role].send(method, path, body).status for role, method, path, body in requests}

    assert not {status for status in statuses if status >= 500}


@pytest.mark.parametrize("text", [each * 254 for each in EXPANDING[:8]])
def test_search_for_an_expanding_text_finds_nothing(clients: dict[str, HttpClient], text: str) -> None:
    response = clients["operator"].get(f"/api/admin/users/?q={quote(text)}")

    assert response.status in (200, 422)
    assert response.json.get("items", []) == []
