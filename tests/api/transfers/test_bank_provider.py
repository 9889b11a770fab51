"""The provider `bank`: instructions name the platform's account, and without one there are no payments."""

from dataclasses import replace

import pytest

from chalicelib.container import Container, install_container
from chalicelib.shared.clock import FixedClock
from chalicelib.shared.settings import PaymentProviderName, Settings
from tests.api.transfers.conftest import Provider
from tests.engines import Storage
from tests.factories import UNKNOWN_ID, UserFactory, pending_deposit
from tests.http_client import HttpClient

IBAN = "NL91ABNA0417164300"


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return replace(
        settings,
        payment_provider=PaymentProviderName.BANK,
        bank_iban=IBAN,
        bank_account_name="P2P Lending",
        bank_bic="ABNANL2A",
        currency="EUR",
    )


@pytest.fixture
def unconfigured(container: Container, settings: Settings, clock: FixedClock) -> None:
    """The platform without the name of its account's holder."""
    without = replace(settings, bank_account_name="")
    install_container(Container(without, clock=clock, real_time=clock))


def test_instructions_name_the_platforms_account(user_factory: UserFactory) -> None:
    response = user_factory.lender().http.post("/api/wallets/deposit/", {"amount": "250.00"})

    assert response.status == 202
    instructions = response.json["instructions"]
    assert (instructions["iban"], instructions["bic"], instructions["account_name"]) == (
        IBAN,
        "ABNANL2A",
        "P2P Lending",
    )
    assert instructions["qr_svg"].startswith("<svg")


def test_platform_is_ready_with_an_account(http: HttpClient) -> None:
    assert http.get("/health/ready").json == {"status": "ready"}


@pytest.mark.usefixtures("unconfigured")
@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/api/wallets/deposit/", {"amount": "1.00"}),
        ("/api/wallets/withdraw/", {"amount": "1.00", "bank_account_id": UNKNOWN_ID}),
        ("/api/wallets/withdraw/", {"amount": "1.00"}),
    ],
)
def test_payments_without_an_account_are_unavailable(
    user_factory: UserFactory, tables: Storage, path: str, body: dict[str, str]
) -> None:
    response = user_factory.lender().http.post(path, body)

    assert (response.status, response.code) == (503, "payments_not_configured")
    assert response.headers["retry-after"]
    assert tables.items("transfers") == []


@pytest.mark.usefixtures("unconfigured")
def test_readiness_reports_a_missing_account(http: HttpClient) -> None:
    response = http.get("/health/ready")

    assert (response.status, response.code) == (503, "payments_not_configured")
    assert http.get("/health").status == 200


def test_pending_deposit_is_shown_without_an_account(
    user_factory: UserFactory, container: Container, settings: Settings, clock: FixedClock
) -> None:
    user = user_factory.lender()
    transfer_id = pending_deposit(user.id)
    install_container(Container(replace(settings, bank_iban=""), clock=clock, real_time=clock))

    shown = user.call("GET", f"/api/transfers/{transfer_id}/")

    assert (shown["status"], shown["instructions"]) == ("PENDING", None)


@pytest.mark.parametrize("action", ["settle", "fail", "return"])
def test_bank_has_no_sandbox(user_factory: UserFactory, action: str) -> None:
    user = user_factory.lender()
    transfer_id = pending_deposit(user.id)

    response = user.http.post(f"/api/sandbox/transfers/{transfer_id}/{action}/")

    assert (response.status, response.code) == (404, "not_found")
    assert user.call("GET", f"/api/transfers/{transfer_id}/")["status"] == "PENDING"


@pytest.mark.parametrize("kind", ["settled", "returned"])
def test_notification_of_cash_is_refused_with_bank(user_factory: UserFactory, provider: Provider, kind: str) -> None:
    user, operator = user_factory.lender(), user_factory.operator()
    transfer_id = pending_deposit(user.id, "30.00")

    for _ in range(2):
        assert provider.send(transfer_id, kind, event_id="evt").status == 200

    [listed] = operator.call("GET", "/api/admin/transfers/notifications/")["items"]
    assert (listed["id"], listed["transfer_id"], listed["type"]) == ("evt", transfer_id, f"transfer.{kind}")
    assert "Bank statements settle and return transfers" in listed["reason"]
    assert user.call("GET", f"/api/transfers/{transfer_id}/")["status"] == "PENDING"
    assert user.balance() == "0.00"


def test_notification_of_a_failure_is_applied_with_bank(user_factory: UserFactory, provider: Provider) -> None:
    user = user_factory.lender()
    transfer_id = pending_deposit(user.id)

    assert provider.send(transfer_id, "failed", failure_code="AC04").status == 200

    assert user.call("GET", f"/api/transfers/{transfer_id}/")["status"] == "FAILED"
