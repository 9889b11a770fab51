"""Accrual of a funded loan: overdue instalments, late fees, default, and the payoff of each day."""

from datetime import date, timedelta

import pytest

from chalicelib.lending_math.amortisation import Method
from chalicelib.loans.domain.arrears import ArrearsTerms
from chalicelib.loans.domain.loan_account import InstalmentStatus
from chalicelib.servicing.domain.payment import ApplyTo
from chalicelib.shared.money import Money, Rate
from tests.unit.loans.loan_accounts import FIVE_PERCENT_LATE, FUNDED_ON, LATE_INTEREST, loan_account, paid

FIRST_DUE = date(2026, 2, 15)


def day_after(days: int) -> date:
    """The day a number of days after the first due date."""
    return FIRST_DUE + timedelta(days=days)


def test_new_account_has_everything_to_pay() -> None:
    account = loan_account()

    assert str(account.outstanding) == "1000.00"
    assert str(account.remaining) == "1035.28"
    assert account.next_due_date == FIRST_DUE
    assert [str(balance) for _, balance in account.balances()] == [
        "837.45", "673.27", "507.45", "339.97", "170.82", "0.00",
    ]  # fmt: skip


def test_instalment_is_overdue_after_its_due_date() -> None:
    row = loan_account().instalments[0]

    assert [row.status_on(day_after(days)) for days in (-1, 0, 1)] == [
        InstalmentStatus.PENDING, InstalmentStatus.PENDING, InstalmentStatus.OVERDUE,
    ]  # fmt: skip


def test_due_dates_keep_the_day_of_funding() -> None:
    account = loan_account(months=4, funded_on=date(2026, 1, 31))

    assert [row.due_date.isoformat() for row in account.instalments] == [
        "2026-02-28", "2026-03-31", "2026-04-30", "2026-05-31",
    ]  # fmt: skip


def test_late_fee_is_charged_once_after_grace() -> None:
    account = loan_account(late=FIVE_PERCENT_LATE)

    def fees(days: int) -> list[str]:
        return [str(row.late_fee) for row in account.accrue(day_after(days)).instalments[:2]]

    assert fees(5) == ["0.00", "0.00"]
    assert fees(6) == fees(27) == ["8.63", "0.00"]  # 5 % of 172.55
    assert fees(34) == ["8.63", "8.63"]  # and of the next instalment, due 28 days later


@pytest.mark.parametrize(
    ("paid_after", "amount", "fee"), [(0, "72.55", "5.00"), (0, "4.00", "8.43"), (5, None, "0.00")]
)
def test_late_fee_depends_on_unpaid_principal_and_interest(paid_after: int, amount: str | None, fee: str) -> None:
    account = paid(loan_account(late=FIVE_PERCENT_LATE), day_after(paid_after), amount).account

    assert str(account.accrue(day_after(20)).instalments[0].late_fee) == fee


def test_flat_fee_is_equal_for_all_instalments() -> None:
    account = loan_account(late=ArrearsTerms(grace_days=0, flat=Money.of("15.00"), charges_interest=False))

    accrued = account.accrue(day_after(40))

    assert [str(row.late_fee) for row in accrued.instalments[:3]] == ["15.00", "15.00", "0.00"]
    assert str(accrued.payoff(day_after(40)).fees) == "30.00"


def test_flat_fee_is_at_most_what_is_unpaid() -> None:
    account = loan_account(late=ArrearsTerms(grace_days=0, flat=Money.of("15.00"), charges_interest=False))

    account = paid(account, FIRST_DUE, "170.00").account

    assert str(account.accrue(day_after(1)).instalments[0].late_fee) == "2.55"


def test_default_terms_charge_no_late_fee() -> None:
    assert loan_account().accrue(day_after(100)).remaining == loan_account().remaining


def test_overdue_principal_bears_late_interest() -> None:
    account = loan_account(late=LATE_INTEREST)

    late = account.accrue(day_after(20))

    first = late.instalments[0]
    assert str(first.late_interest) == "1.07"  # 162.55 × 12 % × 20/365
    assert str(first.amount) == "173.62"
    assert str(late.payoff(day_after(20)).interest) == "17.05"  # 10.00 + 1.07 + 837.45 × 1 % × 20/28
    assert str(late.total_interest) == str(account.total_interest)


def test_late_interest_starts_after_the_due_date() -> None:
    account = loan_account(late=LATE_INTEREST)

    assert [str(account.accrue(day_after(days)).instalments[0].late_interest) for days in (0, 1)] == ["0.00", "0.05"]


def test_partial_payment_carries_late_interest() -> None:
    account = paid(loan_account(late=LATE_INTEREST), day_after(20), "100.00").account

    first = account.instalments[0]
    assert (str(first.paid_late_interest), str(first.paid_interest), str(first.paid_principal)) == (
        "1.07", "10.00", "88.93",
    )  # fmt: skip
    assert (str(first.late_carried), first.late_since) == ("1.07", day_after(20))
    later = account.accrue(day_after(27)).instalments[0]
    assert str(later.late_interest) == "1.24"  # 1.07 + 73.62 × 12 % × 7/365


def test_late_interest_stops_at_default() -> None:
    account = loan_account(late=LATE_INTEREST, default_days=60)

    at_default, later = account.accrue(day_after(60)), account.accrue(day_after(200))

    assert at_default == later == at_default.accrue(day_after(300))
    assert str(later.instalments[0].late_interest) == "3.21"  # 162.55 × 12 % × 60/365


def test_late_interest_is_not_in_the_late_fee() -> None:
    account = loan_account(late=ArrearsTerms(grace_days=19, percent=Rate.percent("5")))

    assert str(account.accrue(day_after(20)).instalments[0].late_fee) == "8.63"


def test_late_interest_may_be_off() -> None:
    account = loan_account(late=ArrearsTerms(charges_interest=False))

    assert str(account.accrue(day_after(20)).instalments[0].late_interest) == "0.00"


@pytest.mark.parametrize(
    ("days", "interest"),
    [
        (-31, "0.00"),  # the day of the funding
        (-21, "3.23"),  # 1,000.00 × 1 % × 10 of 31 days
        (-1, "9.68"),
        (0, "10.00"),
        (1, "10.30"),  # the first instalment in full, and 837.45 × 1 % × 1 of 28 days
        (28, "18.37"),
    ],
)
def test_payoff_accrues_interest_by_days(days: int, interest: str) -> None:
    payoff = loan_account().payoff(day_after(days))

    assert str(payoff.interest) == interest
    assert str(payoff.principal) == "1000.00"
    assert str(payoff.amount) == str(Money.of("1000.00") + Money.of(interest))


def test_payoff_deducts_interest_already_paid() -> None:
    account = paid(loan_account(), FUNDED_ON, "6.00").account

    assert str(account.payoff(date(2026, 1, 25)).interest) == "0.00"
    assert str(account.payoff(date(2026, 2, 14)).interest) == "3.68"


def test_future_period_has_no_accrued_interest() -> None:
    account = paid(loan_account(), FUNDED_ON).account

    assert str(account.payoff(FIRST_DUE).amount) == "837.45"
    assert str(account.payoff(day_after(14)).amount) == "841.64"  # 837.45 × 1 % × 14 of 28 days


@pytest.mark.parametrize(
    ("method", "interest"), [(Method.ANNUITY, "10.00"), (Method.FLAT, "10.00"), (Method.INTEREST_ONLY, "10.00")]
)
def test_payoff_is_continuous_over_due_dates(method: Method, interest: str) -> None:
    account = loan_account(method=method)

    assert str(account.payoff(day_after(-1)).interest) == "9.68"
    assert str(account.payoff(day_after(0)).interest) == interest


def test_flat_loan_earns_flat_interest_by_days() -> None:
    """1,000.00 at 12 % flat for six months: each month 10.00, whatever is outstanding."""
    account = loan_account(method=Method.FLAT)

    assert str(account.payoff(date(2026, 1, 30)).interest) == "4.84"
    assert str(account.payoff(date(2026, 6, 30)).interest) == "55.00"  # five due, and 15 of 30 days


def test_prepayment_keeps_interest_earned_before_it() -> None:
    account = paid(
        loan_account("12000.00", months=12), date(2026, 1, 30), "7000.00", apply_to=ApplyTo.PRINCIPAL
    ).account

    current = account.instalments[0]
    assert (str(current.earned), current.earned_on) == ("58.06", date(2026, 1, 30))
    # 58.06 is paid; 12,000.00 − 6,941.94 earns the rest: 5,058.06 × 1 % × 16 of 31 days
    assert str(current.interest) == "84.17"
    assert str(account.payoff(date(2026, 2, 14)).interest) == "24.47"
    assert str(account.payoff(FIRST_DUE).interest) == "26.11"


def test_second_prepayment_keeps_the_instalment() -> None:
    account = loan_account("12000.00", months=12)
    level = account.level_payment

    once = paid(account, date(2026, 1, 30), "3000.00", apply_to=ApplyTo.PRINCIPAL).account
    twice = paid(once, date(2026, 2, 5), "3000.00", apply_to=ApplyTo.PRINCIPAL).account

    assert twice.instalments[0].unpaid + twice.instalments[0].paid_interest == level


def test_overdue_principal_accrues_no_interest() -> None:
    account = loan_account(months=1, default_days=1000)

    assert account.payoff(day_after(0)).amount == account.payoff(day_after(900)).amount


def test_loan_defaults_after_default_days() -> None:
    account = loan_account(default_days=120)
    assert account.default_date == day_after(120)

    assert account.accrue(day_after(119)).defaulted_on is None
    assert account.accrue(day_after(120)).defaulted_on == day_after(120)
    assert account.accrue(day_after(300)).defaulted_on == day_after(120)


def test_overdue_cent_does_not_default() -> None:
    account = paid(loan_account(), FIRST_DUE, "172.54").account
    for due in account.instalments[1:-1]:
        account = paid(account, due.due_date, "172.55").account  # a cent stays overdue

    assert account.material_since is None
    assert account.accrue(date(2026, 7, 14)).defaulted_on is None
    # after the last due date any amount counts
    assert account.default_date == date(2026, 7, 15) + timedelta(days=120)


@pytest.mark.parametrize(("overdue", "counts"), [("9.99", False), ("10.00", True)])
def test_default_counts_from_one_percent_of_principal(overdue: str, counts: bool) -> None:
    account = loan_account("1000.00", method=Method.INTEREST_ONLY)
    if not counts:
        account = paid(account, FIRST_DUE, "0.01").account

    assert str(account.instalments[0].unpaid) == overdue
    assert (account.default_date == FIRST_DUE + timedelta(days=120)) is counts


@pytest.mark.parametrize(("amount", "since"), [("160.00", FIRST_DUE), ("164.50", None)])
def test_payment_below_materiality_ends_the_count(amount: str, since: date | None) -> None:
    after = paid(loan_account(), day_after(10), amount).account  # 12.55 or 8.05 of about 840.00 stays overdue

    assert after.material_since == since


def test_paying_oldest_instalment_does_not_restart_the_count() -> None:
    account = paid(loan_account(default_days=120), day_after(100)).account

    assert account.default_date == day_after(120)
    assert account.accrue(day_after(120)).defaulted_on == day_after(120)


def test_paying_all_that_is_overdue_ends_the_count() -> None:
    account = loan_account(default_days=120)

    after = paid(account, day_after(20), "172.55").account

    assert after.material_since is None
    assert after.default_date == date(2026, 3, 15) + timedelta(days=120)


def test_default_makes_all_principal_due() -> None:
    account = loan_account(default_days=60).accrue(day_after(60))

    assert [row.due_date for row in account.instalments] == [FIRST_DUE, date(2026, 3, 15), day_after(59), day_after(60)]
    assert account.outstanding == account.principal
    # interest due, and what 673.27 earned from 15 March to 16 April
    assert account.remaining == account.payoff(day_after(60)).amount == account.payoff(day_after(500)).amount
    assert account.next_action_on(day_after(60)) == day_after(91)


def test_defaulted_loan_gets_no_more_late_fees() -> None:
    account = loan_account(months=12, late=FIVE_PERCENT_LATE, default_days=40).accrue(day_after(300))

    assert [bool(row.late_fee) for row in account.instalments] == [True, True, False]
    recovered = paid(account, day_after(301), "500.00").account
    assert recovered.defaulted_on == day_after(40)
    assert recovered.next_action_on(day_after(301)) is None


def test_next_action_is_the_next_change() -> None:
    account = loan_account(late=FIVE_PERCENT_LATE, default_days=60)

    assert [account.next_action_on(day) for day in (FUNDED_ON, day_after(-4))] == [day_after(-3)] * 2
    assert [account.next_action_on(day_after(day)) for day in (-3, 0, 1)] == [day_after(day) for day in (0, 1, 6)]
    account = account.accrue(day_after(6))
    assert [account.next_action_on(day_after(day)) for day in (6, 7, 14)] == [day_after(day) for day in (7, 14, 29)]
    assert loan_account(months=1, default_days=60).next_action_on(day_after(14)) == day_after(60)
    assert paid(loan_account(months=1), FUNDED_ON).account.next_action_on(FUNDED_ON) is None


def test_percentage_fee_takes_precedence_over_flat_fee() -> None:
    terms = ArrearsTerms(percent=Rate.percent("0.50"), flat=Money.of("99.00"))

    assert [str(terms.late_fee(Money.of(text))) for text in ("1.00", "3.00", "5.00")] == ["0.00", "0.02", "0.02"]
