"""Bodies and answers of the calls on standing rules."""

from typing import Annotated, Final, Self

from pydantic import AfterValidator, Field, StrictBool

from chalicelib.api.fields import (
    Amount,
    Identifier,
    PositiveAmount,
    RateText,
    RateUpTo50,
    RateUpTo1000,
    RequestModel,
    ResponseModel,
    Timestamp,
)
from chalicelib.auto_invest.domain import MatchResult, Outcome, Reason, RuleTerms
from chalicelib.auto_invest.service.rules import RuleChange, RuleView
from chalicelib.loans.schemas import LoanAmount, Term
from chalicelib.shared.money import NO_RATE, Money, Rate

WHOLE_LOAN: Final = Rate.percent("100.00")


def _part_of_whole(share: Rate) -> Rate:
    if not NO_RATE < share <= WHOLE_LOAN:
        raise ValueError("must be from 0.01 to 100.00 %")
    return share


Share = Annotated[
    RateUpTo1000, AfterValidator(_part_of_whole), Field(description="Maximum share of a loan, as a percentage.")
]


class AutoInvestRuleRequest(RequestModel):
    """The terms of a rule: the amount per loan, the criteria for loans, and its limits.

    The rule offers at `min_rate`; its lender receives the clearing rate. The rule considers loans of
    `min_loan_amount` or more (default: the minimum of the platform). `max_per_borrower` limits the principal reserved
    for and lent to one borrower at any one time (default: the amount per loan), and `max_exposure` the sum of
    reservations, outstanding principal and fees.
    """

    amount_per_loan: LoanAmount
    min_rate: RateUpTo50
    max_term: Term
    max_share: Share = WHOLE_LOAN
    max_exposure: PositiveAmount
    min_loan_amount: LoanAmount | None = None
    max_per_borrower: PositiveAmount | None = None
    active: StrictBool = True

    def terms(self, smallest_loan: Money) -> RuleTerms:
        """Return the terms; ``smallest_loan`` is the minimum loan amount of a rule that sets none."""
        return RuleTerms(
            self.amount_per_loan,
            self.min_rate,
            self.max_term,
            self.max_share,
            self.max_exposure,
            self.min_loan_amount or smallest_loan,
            self.max_per_borrower,
        )


class AutoInvestRuleUpdateRequest(RequestModel):
    """Changes to a rule. Set `active` to false to stop the rule and release the funds held for its open offers."""

    amount_per_loan: LoanAmount | None = None
    min_rate: RateUpTo50 | None = None
    max_term: Term | None = None
    max_share: Share | None = None
    max_exposure: PositiveAmount | None = None
    min_loan_amount: LoanAmount | None = None
    max_per_borrower: PositiveAmount | None = None
    active: StrictBool | None = None

    def change(self) -> RuleChange:
        return RuleChange(
            self.amount_per_loan,
            self.min_rate,
            self.max_term,
            self.max_share,
            self.max_exposure,
            self.min_loan_amount,
            self.max_per_borrower,
            self.active,
        )


class MatchResultResponse(ResponseModel):
    """The result of a rule for one loan. `amount` is the amount of the offer, or 0.00 if no offer was made."""

    loan_id: Identifier
    outcome: Outcome
    reason: Reason | None
    amount: Amount
    at: Timestamp

    @classmethod
    def of(cls, effect: MatchResult) -> Self:
        return cls(
            loan_id=effect.loan_id,
            outcome=effect.outcome,
            reason=effect.reason,
            amount=effect.amount,
            at=effect.at,
        )


class AutoInvestRuleResponse(ResponseModel):
    """A rule with its exposure, the sum of `held`, `invested` and `fees`.

    `held` is reserved for offers, including their possible share of the platform fee. `invested` is funded principal
    that is neither repaid nor written off; `fees` is what the rule paid as shares of the platform fee for these loans.
    `waiting_for` is the reason why the rule currently makes no offers.
    `effects` has the results for the latest 20 loans.
    """

    id: Identifier
    amount_per_loan: Amount
    min_rate: RateText
    max_term: int
    max_share: RateText
    max_exposure: Amount
    min_loan_amount: Amount
    max_per_borrower: Amount
    active: bool
    waiting_for: Reason | None
    exposure: Amount
    held: Amount
    invested: Amount
    fees: Amount
    placed_count: int
    skipped_count: int
    created_at: Timestamp
    effects: list[MatchResultResponse]

    @classmethod
    def of(cls, view: RuleView) -> Self:
        rule, stake = view.rule, view.exposure
        return cls(
            id=rule.id,
            amount_per_loan=rule.terms.amount_per_loan,
            min_rate=rule.terms.min_rate,
            max_term=rule.terms.max_term,
            max_share=rule.terms.max_share,
            max_exposure=rule.terms.max_exposure,
            min_loan_amount=rule.terms.min_loan_amount,
            max_per_borrower=rule.terms.borrower_limit,
            active=rule.is_active,
            waiting_for=rule.waiting_for if rule.is_active else None,
            exposure=stake.total,
            held=stake.reserved,
            invested=stake.invested,
            fees=stake.fees,
            placed_count=rule.placed_count,
            skipped_count=rule.skipped_count,
            created_at=rule.created_at,
            effects=[MatchResultResponse.of(effect) for effect in view.results],
        )


class AutoInvestRuleList(ResponseModel):
    """A page of the caller's rules, newest first."""

    items: list[AutoInvestRuleResponse]
    next_cursor: str | None
