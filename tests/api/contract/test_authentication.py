"""401 and 403: missing authentication and missing permission."""

import pytest

from chalicelib.api.auth import AccessLevel
from tests.api.contract.declared import CALLS, address
from tests.factories import UserFactory
from tests.http_client import HttpClient
from tests.problems import problem

GUARDED = [(each.method, each.path) for each in CALLS if each.access is not AccessLevel.ANYONE]


def test_protected_routes_reject_anonymous_requests(http: HttpClient) -> None:
    for method, path in GUARDED:
        response = http.send(method, address(path))

        problem(response, 401, "not_authenticated")
        assert response.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize("given", ["Basic am9objpwdw==", "Bearer", "Bearer ", "", "Digest x"])
def test_other_authorization_schemes_are_rejected(http: HttpClient, given: str) -> None:
    response = http.get("/api/wallets/", headers={"Authorization": given})

    problem(response, 401, "not_authenticated")
    assert response.headers["www-authenticate"] == "Bearer"


def test_both_schemes_carry_a_token(http: HttpClient, user_factory: UserFactory) -> None:
    token = user_factory.borrower().http.token

    for scheme in ("Bearer", "Token", "bearer", "TOKEN"):
        response = http.get("/api/wallets/", headers={"Authorization": f"{scheme} {token}"})

        assert response.status == 200
