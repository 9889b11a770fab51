"""429: too many requests, with the fields that let a client pace itself."""

from dataclasses import replace

import pytest

from chalicelib.shared.settings import Limit, Settings
from tests.factories import UserFactory, open_loan
from tests.problems import problem


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Three money requests a minute, five others an hour."""
    return replace(settings, throttle_rate=Limit(3, 60), throttle_user=Limit(5, 3600))


def test_money_routes_share_one_limit_per_user(user_factory: UserFactory) -> None:
    borrower, other = user_factory.borrower("5.00"), user_factory.borrower()
    open_loan(borrower)
    borrower.http.post("/api/wallets/withdraw/", {"amount": "9.00"})

    rejected = borrower.http.post("/api/wallets/deposit/", {"amount": "1.00"})

    problem(rejected, 429, "too_many_requests")
    assert other.http.post("/api/wallets/deposit/", {"amount": "1.00"}).status == 200


def test_reads_have_their_own_limit(user_factory: UserFactory) -> None:
    borrower = user_factory.borrower()

    responses = [borrower.http.get("/api/wallets/") for _ in range(6)]

    assert [response.status for response in responses] == [200] * 5 + [429]
    assert responses[0].headers["ratelimit-policy"] == '"user";q=5;w=3600'
    assert int(responses[-1].headers["retry-after"]) > 3000
    assert "ratelimit" not in borrower.http.get("/health").headers
