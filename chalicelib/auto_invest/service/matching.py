"""Matching: which rules look at a loan that was requested, and at which loans a lender's new money looks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from chalicelib.auto_invest.domain import AutoInvestRule, priority_key
from chalicelib.auto_invest.repository.rules import RuleRepository
from chalicelib.auto_invest.service.placement import PlacementService
from chalicelib.jobs.queue import BackgroundJob
from chalicelib.loans.domain.loan import Loan, LoanStatus
from chalicelib.loans.domain.open_loan_filter import OpenLoanFilter
from chalicelib.loans.repository.loans import LoanRepository
from chalicelib.shared.errors import Unavailable
from chalicelib.shared.money import Money

MATCH_LOAN: Final = "MATCH_LOAN"
MATCH_LENDER: Final = "MATCH_LENDER"
MOST_LOANS: Final = 200
"""Open loans that a lender's new money looks at, newest first."""
_PAGE: Final = 100


class MatchingService:
    """Brings rules and loans together. Every match may run again, at once with itself, or die anywhere."""

    def __init__(
        self, loans: LoanRepository, rules: RuleRepository, placing: PlacementService, *, status_shards: int
    ) -> None:
        self._loans = loans
        self._rules = rules
        self._placing = placing
        self._shards = status_shards

    def match_loan(self, work: BackgroundJob) -> int:
        """Let rules look at an open loan until their offers would cover it; gives how many placed.

        Raises:
            Unavailable: some rule could not be served; the others were.
        """
        found = self._loans.find_with_offers(work.subject, consistent=True)
        if found is None or not found[0].is_open:
            return 0
        loan, offers = found
        standing = (offer.amount for offer in offers if offer.reserved and not offer.is_accepted)
        missing = loan.unsubscribed - Money.total(standing)
        matching_rules = sorted(self._rules.matching_rules(loan), key=lambda taker: priority_key(loan.id, taker[1]))
        placed, failure = 0, None
        for lender_id, rule_id in matching_rules:
            if missing.cents <= 0:
                break
            try:
                attempt = self._placing.place(lender_id, rule_id, loan.id)
            except Unavailable as unavailable:
                failure = unavailable
                continue
            missing -= attempt.placed
            placed += bool(attempt.placed)
        if failure is not None:
            raise failure
        return placed

    def match_lender(self, work: BackgroundJob) -> int:
        """Let the lender's active rules look at the newest open loans; gives how many offers were placed."""
        rules = self._active_rules(work.subject)
        placed = 0
        for loan in self._open_loans(rules):
            for rule in [rule for rule in rules if rule.matches(loan)]:
                attempt = self._placing.place(rule.lender_id, rule.id, loan.id)
                placed += bool(attempt.placed)
                if attempt.must_wait:
                    rules.remove(rule)
            if not rules:
                break
        return placed

    def _active_rules(self, lender_id: str) -> list[AutoInvestRule]:
        """Oldest first: where several take a loan, the oldest has it."""
        page = self._rules.page_of_lender(lender_id, limit=_PAGE, after=None)
        return [rule for rule in reversed(page.items) if rule.is_active]

    def _open_loans(self, rules: list[AutoInvestRule]) -> Iterator[Loan]:
        if not rules:
            return
        only = OpenLoanFilter(
            min_rate=min(rule.terms.min_rate for rule in rules), max_term=max(rule.terms.max_term for rule in rules)
        )
        found: list[Loan] = []
        for shard in range(self._shards):
            before: str | None = None
            for _ in range(MOST_LOANS // _PAGE):
                page, before = self._loans.page_of_status(
                    LoanStatus.REQUESTED, shard, limit=_PAGE, before=before, only=only
                )
                found += page
                if before is None:
                    break
        yield from sorted(found, key=lambda loan: loan.id, reverse=True)[:MOST_LOANS]
