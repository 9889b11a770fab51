"""Accounts of funded loans, and random payments on them."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from hypothesis import strategies as st

from chalicelib.lending_math.amortisation import Method
from chalicelib.lending_math.schedule import build_schedule
from chalicelib.loans.domain.arrears import ArrearsTerms
from chalicelib.loans.domain.loan_account import LoanAccount
from chalicelib.servicing.domain.payment import ApplyTo, PaymentAllocation, allocate_payment
from chalicelib.servicing.domain.recalculation import Strategy
from chalicelib.shared.money import ZERO, Money, Rate
from tests.unit.lending_math.loan_terms import Terms, loan_terms

FUNDED_ON = date(2026, 1, 15)
NO_CHARGES = ArrearsTerms(charges_interest=False)
FIVE_PERCENT_LATE = ArrearsTerms(grace_days=5, percent=Rate.percent("5"), charges_interest=False)
LATE_INTEREST = ArrearsTerms()


def loan_account(
    principal: str = "1000.00",
    rate: str = "12.00",
    months: int = 6,
    *,
    method: Method = Method.ANNUITY,
    late: ArrearsTerms = NO_CHARGES,
    default_days: int = 120,
    funded_on: date = FUNDED_ON,
) -> LoanAccount:
    """By default 1,000.00 at 12 % for six months: 5 × 172.55 and 172.53 from 15 February on."""
    annual_rate = Rate.percent(rate)
    schedule = build_schedule(Money.of(principal), annual_rate, months, start_date=funded_on, method=method)
    return LoanAccount.from_schedule(schedule, annual_rate, late, default_days)


def at(day: date) -> datetime:
    """Noon of a day."""
    return datetime.combine(day, time(12), UTC)


def paid(
    account: LoanAccount,
    day: date,
    amount: str | None = None,
    strategy: Strategy = Strategy.REDUCE_TERM,
    apply_to: ApplyTo = ApplyTo.INSTALMENTS,
) -> PaymentAllocation:
    """Allocate a payment on a day, as the service does: the account is accrued first."""
    given = None if amount is None else Money.of(amount)
    return allocate_payment(account.accrue(day), given, strategy, at(day), apply_to)


def due_and_current_amount(account: LoanAccount, day: date) -> Money:
    """The unpaid amount of all due instalments and of the current one, at its full scheduled interest."""
    current = account.current_instalment(day)
    due = Money.total(row.unpaid for row in account.due_instalments(day))
    return due + (current.unpaid if current else ZERO)


def instalment_amounts(account: LoanAccount) -> list[str]:
    """The amount of each instalment."""
    return [str(row.amount) for row in account.instalments]


@dataclass(frozen=True)
class Step:
    """A random payment: days after the one before, and an amount in thousandths of a limit."""

    days: int
    kind: str
    thousandths: int
    strategy: Strategy
    apply_to: ApplyTo

    def amount(self, account: LoanAccount, day: date) -> Money | None:
        """The amount on a day; None pays the first unpaid instalment."""
        if self.kind == "row":
            return None
        bound = account.payoff(day).amount if self.kind == "payoff" else due_and_current_amount(account, day)
        return max(Money(bound.cents * self.thousandths // 1000), Money(1))


STEPS = st.lists(
    st.builds(
        Step,
        days=st.integers(0, 75),
        kind=st.sampled_from(["row", "due", "payoff"]),
        thousandths=st.integers(1, 999),
        strategy=st.sampled_from(Strategy),
        apply_to=st.sampled_from(ApplyTo),
    ),
    max_size=8,
)
LATE_TERMS = st.sampled_from(
    [NO_CHARGES, FIVE_PERCENT_LATE, LATE_INTEREST, ArrearsTerms(grace_days=0, flat=Money(700))]
)


@st.composite
def accounts(draw: st.DrawFn) -> LoanAccount:
    """An account on the day of its funding, by any method."""
    terms: Terms = draw(loan_terms(longest=24))
    schedule = terms.schedule_or_skip()
    return LoanAccount.from_schedule(schedule, terms.rate, draw(LATE_TERMS), draw(st.integers(30, 400)))


def apply_steps(account: LoanAccount, steps: list[Step]) -> tuple[LoanAccount, date, list[PaymentAllocation]]:
    """The account after the steps, the day of the last one, and the payments."""
    day, settled = account.funded_on, []
    for step in steps:
        day += timedelta(days=step.days)
        account = account.accrue(day)
        if account.is_paid:
            break
        settled.append(allocate_payment(account, step.amount(account, day), step.strategy, at(day), step.apply_to))
        account = settled[-1].account
    return account, day, settled
