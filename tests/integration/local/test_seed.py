"""The demo accounts."""

import os
from dataclasses import replace

import pytest

from chalicelib.container import Container
from chalicelib.shared.actor import Actor
from chalicelib.shared.clock import FixedClock
from chalicelib.shared.money import ZERO, Money
from local import create_admin, seed
from local.seed import ACCOUNTS, LOAN, WrongStageError
from tests.engines import Storage

BORROWER = "john_borrower"


def actor_of(container: Container, username: str) -> Actor:
    user = container.users.find_by_login_name(username)
    assert user is not None
    return user.as_actor()


def test_accounts_are_created_with_roles_and_money(container: Container) -> None:
    seed.seed(container)

    balances = {}
    for account in ACCOUNTS:
        actor = actor_of(container, account.registration.username)
        balances[actor.username, actor.role.value] = container.wallets.find(actor).available
    assert balances == {
        ("admin", "ADMIN"): ZERO,
        ("john_borrower", "BORROWER"): Money.of("1000.00"),
        ("sarah_lender", "LENDER"): Money.of("10000.00"),
    }


def test_second_run_creates_nothing(container: Container, tables: Storage) -> None:
    seed.seed(container, with_loan=True)
    before = {name: tables.items(name) for name in ("users", "wallets", "ledger", "loans")}

    assert seed.seed(container, with_loan=True) == []

    assert {name: tables.items(name) for name in before} == before


def test_run_after_the_keys_expired_creates_nothing(container: Container, clock: FixedClock) -> None:
    seed.seed(container, with_loan=True)

    clock.advance(days=31)

    assert seed.seed(container, with_loan=True) == []


def test_interrupted_run_is_completed_by_the_next(container: Container) -> None:
    for account in ACCOUNTS:
        container.users.create_demo_account(account.registration)

    created = seed.seed(container)

    assert created == ["1000.00 deposited for john_borrower", "10000.00 deposited for sarah_lender"]


def test_loan_is_requested_only_on_demand(container: Container) -> None:
    seed.seed(container)
    borrower = actor_of(container, BORROWER)
    assert container.loan_queries.my_loans(borrower, limit=10, after=None).items == ()

    seed.seed(container, with_loan=True)

    (loan,) = container.loan_queries.my_loans(borrower, limit=10, after=None).items
    assert (loan.amount, loan.requested_rate, loan.term_months) == (LOAN.amount, LOAN.annual_rate, 6)


def test_another_stage_gets_no_demo_accounts(container: Container) -> None:
    elsewhere = Container(replace(container.settings, stage="production", signing_secret_id="keys"))

    with pytest.raises(WrongStageError, match="production"):
        seed.seed(elsewhere)

    assert container.users.find_by_login_name(BORROWER) is None


def test_other_stages_are_rejected_before_opening_a_database(
    own_environment: None, capsys: pytest.CaptureFixture[str]
) -> None:
    os.environ["STAGE"] = "production"

    status = seed.main([])

    assert status == 1
    assert "production" in capsys.readouterr().err


@pytest.fixture
def endpoint(own_environment: None, container: Container, tables: Storage) -> str:
    """The session's engine as the one that the environment names, with the tests' tables."""
    os.environ["AWS_ENDPOINT_URL"] = tables.endpoint
    os.environ["TABLE_PREFIX"] = tables.prefix
    return tables.endpoint


def test_configured_database_is_seeded(endpoint: str, container: Container, capsys: pytest.CaptureFixture[str]) -> None:
    status = seed.main(["--with-loan"])

    output = capsys.readouterr().out
    assert status == 0
    assert endpoint in output
    assert "5000.00 requested by john_borrower" in output


def test_operator_is_created_from_typed_input(
    endpoint: str, container: Container, capsys: pytest.CaptureFixture[str]
) -> None:
    typed = iter(["olga", "olga@example.com"])

    status = create_admin.main(lambda _: next(typed), lambda _: "correct horse battery")

    output = capsys.readouterr()
    assert status == 0
    assert actor_of(container, "olga").is_operator
    assert "correct horse" not in output.out + output.err


@pytest.mark.parametrize(
    ("passwords", "reason"),
    [
        (["correct horse", "correct mouse"], "differ"),
        (["short", "short"], "password"),
        (["password1"] * 2, "password"),
    ],
)
def test_operator_with_a_bad_password_is_rejected(
    endpoint: str,
    container: Container,
    capsys: pytest.CaptureFixture[str],
    passwords: list[str],
    reason: str,
) -> None:
    typed, hidden = iter(["olga", "olga@example.com"]), iter(passwords)

    status = create_admin.main(lambda _: next(typed), lambda _: next(hidden))

    assert status == 1
    assert reason in capsys.readouterr().err
    assert container.users.find_by_login_name("olga") is None


def test_username_in_use_is_rejected(endpoint: str, container: Container, capsys: pytest.CaptureFixture[str]) -> None:
    seed.seed(container)
    typed = iter(["ADMIN", "other@example.com"])

    status = create_admin.main(lambda _: next(typed), lambda _: "correct horse battery")

    assert status == 1
    assert "No operator was created." in capsys.readouterr().err
