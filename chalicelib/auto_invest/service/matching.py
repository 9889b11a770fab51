"""Matching: rules consider a loan that was requested, and a lender's new money considers the open loans."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from chalicelib.auto_invest.domain import (
    PERMANENT_REASONS,
    WAITING_REASONS,
    AutoInvestRule,
    MatchResult,
    Outcome,
    Placement,
    Reason,
    is_limited_by_borrower,
    is_limited_by_exposure,
    plan_placement,
    priority_key,
)
from chalicelib.auto_invest.repository.rules import MatchContext, RuleRepository
from chalicelib.auto_invest.service.rules import AutoInvestService
from chalicelib.dynamodb.errors import OptimisticLockError
from chalicelib.dynamodb.retry import retry_on_conflict
from chalicelib.jobs.queue import BackgroundJob
from chalicelib.loans.domain.errors import LoanNotOpen, OfferExists
from chalicelib.loans.domain.loan import Loan, LoanStatus
from chalicelib.loans.domain.offer import Offer
from chalicelib.loans.domain.open_loan_filter import OpenLoanFilter
from chalicelib.loans.repository.loans import LoanRepository
from chalicelib.shared.clock import Clock
from chalicelib.shared.errors import Unavailable
from chalicelib.shared.ids import new_id
from chalicelib.shared.money import ZERO, Money
from chalicelib.shared.settings import Settings
from chalicelib.wallets.domain.wallet import AccountFrozen, AccountRestricted, InsufficientFunds
from chalicelib.wallets.service import WalletService

MATCH_LOAN: Final = "MATCH_LOAN"
MATCH_LENDER: Final = "MATCH_LENDER"
MAX_LOANS: Final = 200
"""Open loans that a lender's new money considers, newest first."""
MEASURING_INTERVAL: Final = timedelta(minutes=1)
"""Matching measures a rule at its limit at most this often; its lender's reads always measure it."""
_PAGE: Final = 100


@dataclass(frozen=True, slots=True)
class PlacementAttempt:
    """Outcome of a rule for a loan: an amount placed, or a reason; neither if the loan does not concern it."""

    placed: Money = ZERO
    reason: Reason | None = None


class MatchingService:
    """Match rules and loans. Every match may be repeated, overlap with itself, or die at any point."""

    def __init__(
        self,
        loans: LoanRepository,
        rules: RuleRepository,
        auto_invest: AutoInvestService,
        wallets: WalletService,
        clock: Clock,
        settings: Settings,
    ) -> None:
        self._loans = loans
        self._rules = rules
        self._auto_invest = auto_invest
        self._wallets = wallets
        self._clock = clock
        self._settings = settings

    def match_loan(self, job: BackgroundJob) -> int:
        """Let rules place in an open loan until their offers could subscribe it fully; return their number.

        Raises:
            Unavailable: some rule could not be served; the others were.
        """
        found = self._loans.find_with_offers(job.subject, consistent=True)
        if found is None or not found[0].is_open:
            return 0
        loan, offers = found
        reserved = (offer.amount for offer in offers if offer.reserved and not offer.is_accepted)
        missing = loan.unsubscribed - Money.total(reserved)
        matching_rules = sorted(self._rules.matching_rules(loan), key=lambda found: priority_key(loan.id, found[1]))
        placed, failure = 0, None
        for lender_id, rule_id in matching_rules:
            if missing.cents <= 0:
                break
            try:
                attempt = self.place(lender_id, rule_id, loan.id)
            except Unavailable as unavailable:
                failure = unavailable
                continue
            missing -= attempt.placed
            placed += bool(attempt.placed)
        if failure is not None:
            raise failure
        return placed

    def match_lender(self, job: BackgroundJob) -> int:
        """Let the lender's active rules consider the newest open loans; return the number of offers placed."""
        page = self._rules.page_of_lender(job.subject, limit=_PAGE, after=None)
        rules = [rule for rule in reversed(page.items) if rule.is_active]  # of several, the oldest has the loan
        placed = 0
        for loan in self._open_loans(rules):
            for rule in [rule for rule in rules if rule.matches(loan)]:
                attempt = self.place(rule.lender_id, rule.id, loan.id)
                placed += bool(attempt.placed)
                if attempt.reason in WAITING_REASONS:  # the rule can do nothing for other loans either
                    rules.remove(rule)
            if not rules:
                break
        return placed

    def place(self, lender_id: str, rule_id: str, loan_id: str) -> PlacementAttempt:
        """Let a rule consider a loan: it places an offer with a reservation, or records why not.

        Repeating it for the same loan changes nothing.

        Raises:
            Unavailable: other writers kept changing the same items.
        """
        return retry_on_conflict(lambda: self._place(self._rules.find_match_context(lender_id, rule_id, loan_id)))

    def _place(self, context: MatchContext) -> PlacementAttempt:
        rule, loan, offer, previous = context.rule, context.loan, context.offer, context.previous_result
        if rule is None or loan is None or not rule.matches(loan):
            return PlacementAttempt()
        if previous is not None and previous.reason in PERMANENT_REASONS:
            return PlacementAttempt()
        if offer is not None:
            if offer.rule_id == rule.id:
                return PlacementAttempt()
            by_hand = offer.rule_id is None
            return self._skip(rule, loan, previous, Reason.MANUAL_OFFER if by_hand else Reason.OTHER_RULE)
        in_earlier_round = context.placement is not None  # it has ended, but still counts towards the exposure
        may_measure = rule.measured_at is None or self._clock() - rule.measured_at >= MEASURING_INTERVAL
        if in_earlier_round or (may_measure and is_limited_by_exposure(loan, rule)):
            self._auto_invest.save_exposure(rule, self._auto_invest.measure_exposure(rule))
            raise OptimisticLockError  # decide again with the rule as it is now
        borrower = self._rules.find_borrower_exposure(rule, loan.borrower_id)
        if is_limited_by_borrower(loan, rule, borrower) and self._auto_invest.measure_borrower(rule, borrower):
            raise OptimisticLockError
        plan = plan_placement(loan, rule, borrower, min_offer=self._settings.min_offer_amount)
        if not isinstance(plan, Placement):
            return self._skip(rule, loan, previous, plan)
        reason = self._reserve(rule, loan, plan)
        return self._skip(rule, loan, previous, reason) if reason else PlacementAttempt(plan.amount)

    def _reserve(self, rule: AutoInvestRule, loan: Loan, placement: Placement) -> Reason | None:
        """Place the offer and reserve its money; return a reason if the wallet does not allow it."""
        wallet = self._wallets.balance_of(rule.lender_id)
        if wallet.frozen:
            return Reason.ACCOUNT_FROZEN
        if wallet.receivable:
            return Reason.ACCOUNT_RESTRICTED
        if wallet.available < placement.reserved:
            return Reason.INSUFFICIENT_FUNDS
        now = self._clock()
        offer = Offer(
            id=new_id(now),
            loan_id=loan.id,
            lender_id=rule.lender_id,
            lender_username=rule.lender_username,
            annual_rate=rule.terms.min_rate,
            amount=placement.amount,
            created_at=now,
            reserved=placement.reserved,
            reserved_until=now.date() + timedelta(days=self._settings.reservation_days),
            rule_id=rule.id,
            borrower_id=loan.borrower_id,
        )
        writes = self._rules.writes()
        self._rules.add_placement(writes, rule, loan, offer, placement)
        self._wallets.add(writes, None, {rule.lender_id: placement.reserved})
        try:
            writes.commit()
        except (AccountFrozen, AccountRestricted, InsufficientFunds, LoanNotOpen, OfferExists) as overtaken:
            raise OptimisticLockError from overtaken  # something read a moment ago has changed: decide again
        return None

    def _skip(self, rule: AutoInvestRule, loan: Loan, previous: MatchResult | None, reason: Reason) -> PlacementAttempt:
        """Record the skip, unless it is recorded already: for this loan, or as a wait that continues."""
        continues = reason in WAITING_REASONS and rule.waiting_for is reason
        if not continues and (previous is None or previous.reason is not reason):
            writes = self._rules.writes()
            result = MatchResult(loan.id, Outcome.SKIPPED, reason, ZERO, self._clock())
            self._rules.add_skip(writes, rule, result, was=previous)
            writes.commit()
        return PlacementAttempt(reason=reason)

    def _open_loans(self, rules: list[AutoInvestRule]) -> Iterator[Loan]:
        if not rules:
            return
        only = OpenLoanFilter(
            min_rate=min(rule.terms.min_rate for rule in rules), max_term=max(rule.terms.max_term for rule in rules)
        )
        found: list[Loan] = []
        for shard in range(self._settings.status_shards):
            before: str | None = None
            for _ in range(MAX_LOANS // _PAGE):
                page, before = self._loans.page_of_status(
                    LoanStatus.REQUESTED, shard, limit=_PAGE, before=before, only=only
                )
                found += page
                if before is None:
                    break
        yield from sorted(found, key=lambda loan: loan.id, reverse=True)[:MAX_LOANS]
