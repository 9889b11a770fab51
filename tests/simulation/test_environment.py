"""The platform on the simulator: the life of a loan, streams, lagging reads, lost responses."""

import pytest

from chalicelib.api.rate_limiting.fixed_window import LimitExceeded
from chalicelib.api.rate_limiting.sliding_window import LimitRule, SlidingWindowLimiter
from chalicelib.shared.actor import Role
from chalicelib.shared.errors import Unavailable
from chalicelib.shared.settings import Limit
from chalicelib.wallets.repository import WalletRepository
from tests.factories import PASSWORD, fund, funded_loan, make_offer, open_loan, pay, subscribed_loan
from tests.simulation.clients import loan_in_parts
from tests.simulation.environment import Environment
from tests.simulation.invariants import assert_invariants
from tests.stored_state import assert_ledger_balances
from tools.dynamodb_simulator.fault_injector import Fault


def test_loan_is_funded_and_repaid(environment: Environment) -> None:
    borrower, lender = environment.user_factory.borrower("100.00"), environment.user_factory.lender("2000.00")

    loan = funded_loan(borrower, lender)
    environment.settle()
    for _ in range(6):
        pay(borrower, loan["id"])
        environment.settle()

    balances = assert_ledger_balances(environment.storage)
    assert balances["platform:fees"] == 375
    assert balances[f"wallet:{lender.id}"] == 203_153
    [item] = [item for item in environment.storage.items("loans") if item["sk"]["S"] == "LOAN"]
    assert item["status"]["S"] == "COMPLETED"


def test_stream_distributes_payment_to_22_lenders(environment: Environment) -> None:
    borrower = environment.user(Role.BORROWER, "bob", "100.00")
    loan_id, _ = loan_in_parts(environment, borrower, 22, funded=22)
    environment.settle()
    pay(borrower, loan_id)

    environment.settle()

    assert_invariants(environment.storage)
    assert assert_ledger_balances(environment.storage)[f"loan:{loan_id}"] == 0


def test_duplicate_and_reordered_records_change_nothing(environment: Environment) -> None:
    borrower, lender = environment.user_factory.borrower("300.00"), environment.user_factory.lender("2000.00")
    loan = funded_loan(borrower, lender)
    pay(borrower, loan["id"])
    environment.updates_projections = True
    environment.settle()
    known = environment.container.projections.current("ledger"), environment.container.projections.current("loans")

    environment.set_stream_positions({})
    environment.reverses_records = True
    environment.settle()

    again = environment.container.projections.current("ledger"), environment.container.projections.current("loans")
    assert again == known
    assert_invariants(environment.storage)


def test_lagging_reads_do_not_reject_offers(environment: Environment) -> None:
    lender = environment.user_factory.lender()

    for lag in range(1, 6):
        loan = open_loan(environment.user_factory.borrower())
        environment.simulator.max_lag = lag
        make_offer(lender, loan["id"])
        environment.simulator.max_lag = 0

    assert len([item for item in environment.storage.items("loans") if item["sk"]["S"].startswith("OFFER#")]) == 5


def test_lost_response_counts_once_toward_rate_limit(environment: Environment) -> None:
    limiter = SlidingWindowLimiter(environment.container.database, environment.clock)
    rule = LimitRule("test", Limit(2, 60))
    environment.injector.begin(lambda sent: Fault.LOST_RESPONSE if sent.attempt == 1 else None)

    with pytest.raises(Unavailable):
        limiter.admit(rule, "client")

    environment.injector.begin()
    limiter.admit(rule, "client")
    with pytest.raises(LimitExceeded):
        limiter.admit(rule, "client")


@pytest.mark.parametrize("operation", ["UpdateItem", "GetItem"])
def test_sign_in_is_rejected_if_it_cannot_be_counted(full_environment: Environment, operation: str) -> None:
    full_environment.user_factory.registered(Role.LENDER, name="nora")
    body = {"username": "nora", "password": PASSWORD}
    full_environment.injector.begin(
        lambda sent: Fault.THROTTLED if sent.operation == operation and "operations" in sent.tables[0] else None
    )

    response = full_environment.http.post("/api/users/login/", body)

    full_environment.injector.begin()
    assert response.status == 503
    assert full_environment.http.post("/api/users/login/", body).status == 200


def test_deposit_with_lost_responses_is_replayed(environment: Environment) -> None:
    lender = environment.user_factory.lender()
    environment.injector.begin(lambda sent: Fault.LOST_RESPONSE if sent.operation == "TransactWriteItems" else None)
    first = lender.http.post("/api/wallets/deposit/", {"amount": "5.00"}, key="k")
    environment.injector.begin()

    again = lender.http.post("/api/wallets/deposit/", {"amount": "5.00"}, key="k")

    assert first.status == 503
    assert again.headers["idempotent-replayed"] == "true"
    assert lender.balance() == "5.00"


def test_lagging_read_of_closed_loan_permits_no_offer(environment: Environment) -> None:
    borrower, lender = environment.user_factory.borrower(), environment.user_factory.lender()
    loan = open_loan(borrower)
    borrower.http.post(f"/api/loans/{loan['id']}/cancel/")
    environment.simulator.max_lag = 1

    codes = {
        lender.http.post(f"/api/loans/{loan['id']}/offer/", {"annual_interest_rate": "12.00"}).code for _ in range(20)
    }

    assert codes == {"loan_not_open"}


def test_lagging_read_of_a_funded_offer_funds_it_once(environment: Environment) -> None:
    """The loan may be read as it is and the offer as it was: the offer's own condition refuses the second funding."""
    borrower = environment.user(Role.BORROWER, "bob")
    first, second = (environment.user(Role.LENDER, name, "2000.00") for name in ("lena", "lou"))
    loan = subscribed_loan(borrower, {first: "500.00", second: "500.00"})
    fund(first, loan["id"])
    environment.simulator.max_lag = 3

    codes = {first.http.post(f"/api/loans/{loan['id']}/fund/").code for _ in range(40)}

    environment.simulator.max_lag = 0
    assert codes == {"already_funded"}
    assert first.balance() == "1498.12"


def test_unprocessed_keys_are_retried_until_the_deadline(environment: Environment) -> None:
    lender = environment.user(Role.LENDER, "lena", "5.00")
    repository = WalletRepository(environment.container.database, platform_shards=1)
    environment.injector.begin(lambda sent: Fault.PARTIAL if sent.allows(Fault.PARTIAL) else None)

    with pytest.raises(Unavailable):
        repository.find_many([lender.id])

    environment.injector.begin(lambda sent: Fault.PARTIAL if sent.call == 0 else None)
    assert repository.find_many([lender.id]).keys() == {lender.id}
