"""The demo accounts."""

from __future__ import annotations

import os
from dataclasses import replace

import pytest

from chalicelib import container as wiring
from chalicelib.shared.actor import Actor
from chalicelib.shared.clock import FixedClock
from chalicelib.shared.money import ZERO, Money
from local import create_admin, seed
from local.seed import ACCOUNTS, LOAN, NotOnThisStage
from tests.engines import Storage

BORROWER = "john_borrower"


def actor_of(container: wiring.Container, username: str) -> Actor:
    user = container.users.find_by_login_name(username)
    assert user is not None
    return user.as_actor()


def test_the_accounts_are_made_with_their_roles_and_money(container: wiring.Container) -> None:
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


def test_a_second_run_makes_nothing(container: wiring.Container, tables: Storage) -> None:
    seed.seed(container, with_loan=True)
    before = {name: tables.items(name) for name in ("users", "wallets", "ledger", "loans")}

    assert seed.seed(container, with_loan=True) == []

    assert {name: tables.items(name) for name in before} == before


def test_a_run_after_the_keys_are_forgotten_makes_nothing_either(
    container: wiring.Container, clock: FixedClock
) -> None:
    seed.seed(container, with_loan=True)

    clock.advance(days=31)

    assert seed.seed(container, with_loan=True) == []


def test_a_run_that_was_interrupted_is_completed_by_the_next(container: wiring.Container) -> None:
    for account in ACCOUNTS:
        container.users.create_demo_account(account.registration)

    made = seed.seed(container)

    assert made == ["1000.00 deposited for john_borrower", "10000.00 deposited for sarah_lender"]


def test_the_loan_is_requested_on_request_alone(container: wiring.Container) -> None:
    seed.seed(container)
    borrower = actor_of(container, BORROWER)
    assert container.loan_queries.my_loans(borrower, limit=10, after=None).items == ()

    seed.seed(container, with_loan=True)

    (loan,) = container.loan_queries.my_loans(borrower, limit=10, after=None).items
    assert (loan.amount, loan.requested_rate, loan.term_months) == (LOAN.amount, LOAN.annual_rate, 6)


def test_another_stage_gets_no_demo_accounts(container: wiring.Container) -> None:
    elsewhere = wiring.Container(replace(container.settings, stage="production", signing_secret_id="keys"))

    with pytest.raises(NotOnThisStage, match="production"):
        seed.seed(elsewhere)

    assert container.users.find_by_login_name(BORROWER) is None


def test_the_program_refuses_another_stage_before_it_opens_a_database(
    own_environment: None, capsys: pytest.CaptureFixture[str]
) -> None:
    os.environ["STAGE"] = "production"

    status = seed.main([])

    assert status == 1
    assert "production" in capsys.readouterr().err


@pytest.fixture
def endpoint(own_environment: None, container: wiring.Container, tables: Storage) -> str:
    """The session's engine as the one that the environment names, with the tests' tables."""
    os.environ["AWS_ENDPOINT_URL"] = tables.endpoint
    os.environ["TABLE_PREFIX"] = tables.prefix
    return tables.endpoint


def test_the_program_seeds_the_database_that_the_environment_names(
    endpoint: str, container: wiring.Container, capsys: pytest.CaptureFixture[str]
) -> None:
    status = seed.main(["--with-loan"])

    said = capsys.readouterr().out
    assert status == 0
    assert endpoint in said
    assert "5000.00 requested by john_borrower" in said


def test_an_operator_is_made_from_what_is_typed(
    endpoint: str, container: wiring.Container, capsys: pytest.CaptureFixture[str]
) -> None:
    typed = iter(["olga", "olga@example.com"])

    status = create_admin.main(lambda _: next(typed), lambda _: "correct horse battery")

    said = capsys.readouterr()
    assert status == 0
    assert actor_of(container, "olga").is_operator
    assert "correct horse" not in said.out + said.err


@pytest.mark.parametrize(
    ("passwords", "reason"),
    [
        (["correct horse", "correct house"], "differ"),
        (["short", "short"], "password"),
        (["password1"] * 2, "password"),
    ],
)
def test_an_operator_is_not_made_with_a_password_that_will_not_do(
    endpoint: str,
    container: wiring.Container,
    capsys: pytest.CaptureFixture[str],
    passwords: list[str],
    reason: str,
) -> None:
    typed, hidden = iter(["olga", "olga@example.com"]), iter(passwords)

    status = create_admin.main(lambda _: next(typed), lambda _: next(hidden))

    assert status == 1
    assert reason in capsys.readouterr().err
    assert container.users.find_by_login_name("olga") is None


def test_a_name_that_is_taken_is_told(
    endpoint: str, container: wiring.Container, capsys: pytest.CaptureFixture[str]
) -> None:
    seed.seed(container)
    typed = iter(["ADMIN", "other@example.com"])

    status = create_admin.main(lambda _: next(typed), lambda _: "correct horse battery")

    assert status == 1
    assert "Not made." in capsys.readouterr().err
