"""The provider `instant`: transfers settle in the request, and are derived from their postings."""

from dataclasses import replace

import pytest

from chalicelib.shared.clock import FixedClock
from chalicelib.shared.settings import PaymentProviderName, Settings
from tests.engines import Storage
from tests.factories import UserFactory, funded_loan
from tests.paging import all_of


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return replace(settings, payment_provider=PaymentProviderName.INSTANT)


def test_deposit_and_withdrawal_settle_immediately(
    user_factory: UserFactory, clock: FixedClock, tables: Storage
) -> None:
    user = user_factory.lender()

    deposited = user.http.post("/api/wallets/deposit/", {"amount": "50.00", "description": "Gift"})
    clock.advance(seconds=1)
    withdrawn = user.http.post("/api/wallets/withdraw/", {"amount": "20.00"})

    assert (deposited.status, withdrawn.status) == (200, 200)
    assert deposited.json.keys() == {"message", "transaction", "wallet", "transfer"}
    for response, direction in ((deposited, "DEPOSIT"), (withdrawn, "WITHDRAWAL")):
        transfer, transaction = response.json["transfer"], response.json["transaction"]
        assert transfer["id"] == transfer["transaction_id"] == transaction["id"]
        assert (transfer["direction"], transfer["status"]) == (direction, "SETTLED")
        assert user.call("GET", f"/api/transfers/{transfer['id']}/") == {**transfer, "instructions": None}
    assert withdrawn.json["transfer"]["amount"] == "20.00"
    assert user.balance() == "30.00"
    assert tables.items("transfers") == []
    listed = user.call("GET", "/api/transfers/")["items"]
    assert listed == [withdrawn.json["transfer"], deposited.json["transfer"]]
    assert user.call("GET", "/api/transfers/?direction=DEPOSIT")["items"] == listed[1:]
    assert user.call("GET", "/api/transfers/?status=PENDING")["items"] == []


def test_other_transactions_are_no_transfers(user_factory: UserFactory) -> None:
    lender, borrower = user_factory.lender("2000.00"), user_factory.borrower()
    funded_loan(borrower, lender)
    [received] = borrower.call("GET", "/api/wallets/transactions/")["items"]

    assert borrower.call("GET", "/api/transfers/")["items"] == []
    assert borrower.http.get(f"/api/transfers/{received['id']}/").code == "transfer_not_found"
    assert len(lender.call("GET", "/api/transfers/")["items"]) == 1


def test_long_history_is_paged(user_factory: UserFactory, clock: FixedClock) -> None:
    user = user_factory.lender()
    for number in range(1, 6):
        user.call("POST", "/api/wallets/deposit/", {"amount": f"{number}.00"})
        clock.advance(seconds=1)

    amounts = [each["amount"] for each in all_of(user, "/api/transfers/", limit=2)]

    assert amounts == ["5.00", "4.00", "3.00", "2.00", "1.00"]


def test_instant_transfer_is_not_cancelled_or_simulated(user_factory: UserFactory) -> None:
    user = user_factory.lender()
    transfer = user.call("POST", "/api/wallets/deposit/", {"amount": "1.00"})["transfer"]

    assert user.http.post(f"/api/transfers/{transfer['id']}/cancel/").code == "transfer_not_found"
    assert user.http.post(f"/api/sandbox/transfers/{transfer['id']}/return/").code == "transfer_not_found"
    assert user.balance() == "1.00"
