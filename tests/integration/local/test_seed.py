"""The demo accounts."""

from __future__ import annotations

import os
from dataclasses import replace

import pytest

from chalicelib import wiring
from chalicelib.common.actor import Actor
from chalicelib.common.clock import FixedClock
from chalicelib.common.money import ZERO, Money
from local import create_admin, seed
from local.seed import ACCOUNTS, LOAN, NotOnThisStage
from tests.engines import Storage

BORROWER = "john_borrower"


def actor_of(platform: wiring.Platform, username: str) -> Actor:
    user = platform.users.find_owner(username)
    assert user is not None
    return user.as_actor()


def test_the_accounts_are_made_with_their_roles_and_money(platform: wiring.Platform) -> None:
    seed.seed(platform)

    balances = {}
    for account in ACCOUNTS:
        actor = actor_of(platform, account.registration.username)
        balances[actor.username, actor.role.value] = platform.wallets.find(actor).available
    assert balances == {
        ("admin", "ADMIN"): ZERO,
        ("john_borrower", "BORROWER"): Money.of("1000.00"),
        ("sarah_lender", "LENDER"): Money.of("10000.00"),
    }


def test_a_second_run_makes_nothing(platform: wiring.Platform, tables: Storage) -> None:
    seed.seed(platform, with_loan=True)
    before = {name: tables.items(name) for name in ("users", "wallets", "ledger", "loans")}

    assert seed.seed(platform, with_loan=True) == []

    assert {name: tables.items(name) for name in before} == before


def test_a_run_after_the_keys_are_forgotten_makes_nothing_either(platform: wiring.Platform, clock: FixedClock) -> None:
    seed.seed(platform, with_loan=True)

    clock.advance(days=31)

    assert seed.seed(platform, with_loan=True) == []


def test_a_run_that_was_interrupted_is_completed_by_the_next(platform: wiring.Platform) -> None:
    for account in ACCOUNTS:
        platform.users.create_demo_account(account.registration)

    made = seed.seed(platform)

    assert made == ["1000.00 deposited for john_borrower", "10000.00 deposited for sarah_lender"]


def test_the_loan_is_requested_on_request_alone(platform: wiring.Platform) -> None:
    seed.seed(platform)
    borrower = actor_of(platform, BORROWER)
    assert platform.loans.reader.my_loans(borrower, limit=10, after=None).items == ()

    seed.seed(platform, with_loan=True)

    (loan,) = platform.loans.reader.my_loans(borrower, limit=10, after=None).items
    assert (loan.amount, loan.requested_rate, loan.term_months) == (LOAN.amount, LOAN.annual_rate, 6)


def test_another_stage_gets_no_demo_accounts(platform: wiring.Platform) -> None:
    elsewhere = replace(platform, settings=replace(platform.settings, stage="production"))

    with pytest.raises(NotOnThisStage, match="production"):
        seed.seed(elsewhere)

    assert platform.users.find_owner(BORROWER) is None


def test_the_program_refuses_another_stage_before_it_opens_a_database(
    own_environment: None, capsys: pytest.CaptureFixture[str]
) -> None:
    os.environ["STAGE"] = "production"

    status = seed.main([])

    assert status == 1
    assert "production" in capsys.readouterr().err


@pytest.fixture
def endpoint(own_environment: None, platform: wiring.Platform, tables: Storage) -> str:
    """The session's engine as the one that the environment names, with the tests' tables."""
    os.environ["AWS_ENDPOINT_URL"] = tables.endpoint
    os.environ["TABLE_PREFIX"] = tables.prefix
    return tables.endpoint


def test_the_program_seeds_the_database_that_the_environment_names(
    endpoint: str, platform: wiring.Platform, capsys: pytest.CaptureFixture[str]
) -> None:
    status = seed.main(["--with-loan"])

    said = capsys.readouterr().out
    assert status == 0
    assert endpoint in said
    assert "5000.00 requested by john_borrower" in said


def test_an_operator_is_made_from_what_is_typed(
    endpoint: str, platform: wiring.Platform, capsys: pytest.CaptureFixture[str]
) -> None:
    typed = iter(["olga", "olga@example.com"])

    status = create_admin.main(lambda _: next(typed), lambda _: "correct horse battery")

    said = capsys.readouterr()
    assert status == 0
    assert actor_of(platform, "olga").is_operator
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
    platform: wiring.Platform,
    capsys: pytest.CaptureFixture[str],
    passwords: list[str],
    reason: str,
) -> None:
    typed, hidden = iter(["olga", "olga@example.com"]), iter(passwords)

    status = create_admin.main(lambda _: next(typed), lambda _: next(hidden))

    assert status == 1
    assert reason in capsys.readouterr().err
    assert platform.users.find_owner("olga") is None


def test_a_name_that_is_taken_is_told(
    endpoint: str, platform: wiring.Platform, capsys: pytest.CaptureFixture[str]
) -> None:
    seed.seed(platform)
    typed = iter(["ADMIN", "other@example.com"])

    status = create_admin.main(lambda _: next(typed), lambda _: "correct horse battery")

    assert status == 1
    assert "Not made." in capsys.readouterr().err
