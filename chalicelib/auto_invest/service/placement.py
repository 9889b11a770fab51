"""One rule before one loan: it places an offer that holds the money, or records why it did not."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Final, NoReturn

from chalicelib.auto_invest.domain import (
    PERMANENT_REASONS,
    WAITING_REASONS,
    AutoInvestRule,
    MatchResult,
    Outcome,
    Placement,
    Reason,
    is_limited_by_exposure,
    plan_placement,
)
from chalicelib.auto_invest.repository.rules import MatchContext, RuleRepository
from chalicelib.auto_invest.service.exposure import ExposureService
from chalicelib.dynamodb.database import OptimisticLockError, retry_on_conflict
from chalicelib.loans.domain.errors import LoanNotOpen, OfferExists
from chalicelib.loans.domain.loan import Loan
from chalicelib.loans.domain.offer import Offer
from chalicelib.shared.clock import Clock
from chalicelib.shared.ids import new_id
from chalicelib.shared.money import ZERO, Money
from chalicelib.wallets.domain.wallet import AccountFrozen, InsufficientFunds
from chalicelib.wallets.service import WalletService

COUNTED_AGAIN_AFTER: Final = timedelta(minutes=1)
"""A rule at its bound is counted anew at most this often by matching; its lender's look at it always counts."""


@dataclass(frozen=True, slots=True)
class PlacementAttempt:
    """What came of a rule before a loan: an amount placed, or why not; neither where it was no case for it."""

    placed: Money = ZERO
    reason: Reason | None = None

    @property
    def must_wait(self) -> bool:
        """Whether the rule can do nothing for other loans either."""
        return self.reason in WAITING_REASONS


_NO_CASE: Final = PlacementAttempt()


class PlacementService:
    """Places and skips. Doing it again for the same loan changes nothing."""

    def __init__(self, rules: RuleRepository, exposure: ExposureService, wallets: WalletService, clock: Clock) -> None:
        self._rules = rules
        self._exposure = exposure
        self._wallets = wallets
        self._clock = clock

    def place(self, lender_id: str, rule_id: str, loan_id: str) -> PlacementAttempt:
        """Let a rule look at a loan.

        Raises:
            Unavailable: others kept changing the same items.
        """
        return retry_on_conflict(lambda: self._place(self._rules.find_case(lender_id, rule_id, loan_id)))

    def _place(self, case: MatchContext) -> PlacementAttempt:
        rule, loan = case.rule, case.loan
        if rule is None or loan is None or not rule.matches(loan) or _is_settled(case):
            return _NO_CASE
        if case.offer is not None:
            by_hand = case.offer.rule_id is None
            return self._skip(rule, loan, case.previous_result, Reason.MANUAL_OFFER if by_hand else Reason.OTHER_RULE)
        was_here = case.placement is not None  # at an earlier attempt at funding: still counted, though it has ended
        if was_here or (is_limited_by_exposure(loan, rule) and self._may_count(rule)):
            self._count_anew(rule)
        placement = plan_placement(loan, rule)
        if placement is None:
            return self._skip(rule, loan, case.previous_result, Reason.EXPOSURE_REACHED)
        refused = self._hold(rule, loan, placement)
        return self._skip(rule, loan, case.previous_result, refused) if refused else PlacementAttempt(placement.amount)

    def _hold(self, rule: AutoInvestRule, loan: Loan, placement: Placement) -> Reason | None:
        """Place the offer; where the wallet does not allow it, say why."""
        wallet = self._wallets.balance_of(rule.lender_id)
        if wallet.frozen:
            return Reason.ACCOUNT_FROZEN
        if wallet.available < placement.reserved:
            return Reason.INSUFFICIENT_FUNDS
        writes = self._rules.writes()
        self._rules.add_placement(writes, rule, self._offer(rule, loan, placement), placement)
        self._wallets.add_reservations(writes, {rule.lender_id: placement.reserved})
        try:
            writes.commit()
        except (AccountFrozen, InsufficientFunds, LoanNotOpen, OfferExists) as overtaken:
            raise OptimisticLockError from overtaken  # what was read a moment ago has changed: the next look says how
        return None

    def _offer(self, rule: AutoInvestRule, loan: Loan, placement: Placement) -> Offer:
        now = self._clock()
        return Offer(
            id=new_id(now),
            loan_id=loan.id,
            lender_id=rule.lender_id,
            lender_username=rule.lender_username,
            annual_rate=loan.requested_rate,
            amount=placement.amount,
            created_at=now,
            reserved=placement.reserved,
            rule_id=rule.id,
        )

    def _skip(self, rule: AutoInvestRule, loan: Loan, known: MatchResult | None, reason: Reason) -> PlacementAttempt:
        """Record the skip, unless it is known: the same for this loan, or a wait that goes on."""
        goes_on = reason in WAITING_REASONS and rule.waiting_for is reason
        if goes_on or (known is not None and known.reason is reason):
            return PlacementAttempt(reason=reason)
        writes = self._rules.writes()
        effect = MatchResult(loan.id, Outcome.SKIPPED, reason, ZERO, self._clock())
        self._rules.add_skip(writes, rule, effect, was=known)
        writes.commit()
        return PlacementAttempt(reason=reason)

    def _may_count(self, rule: AutoInvestRule) -> bool:
        return rule.measured_at is None or self._clock() - rule.measured_at >= COUNTED_AGAIN_AFTER

    def _count_anew(self, rule: AutoInvestRule) -> NoReturn:
        """Keep a new count of the rule's exposure, and look again.

        Raises:
            Stale: always.
        """
        self._exposure.keep(rule, self._exposure.count(rule))
        raise OptimisticLockError


def _is_settled(case: MatchContext) -> bool:
    """Whether the rule has its offer there, or the lender keeps it away from this loan."""
    has_offer = case.offer is not None and case.rule is not None and case.offer.rule_id == case.rule.id
    decided = case.previous_result is not None and case.previous_result.reason in PERMANENT_REASONS
    return has_offer or decided
