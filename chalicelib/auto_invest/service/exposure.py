"""What a rule has at stake, counted anew from its offers and loans; repayments do not write to rules."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from chalicelib.auto_invest.domain import (
    NO_EXPOSURE,
    AutoInvestRule,
    Exposure,
    MatchResult,
    Outcome,
    Reason,
    end_reason,
    exposure_in,
)
from chalicelib.auto_invest.repository.rules import RuleRepository
from chalicelib.shared.clock import Clock

_MOVED_AT_ONCE: Final = 45
"""Ended placements in a transaction: two items each, and the rule."""


@dataclass(frozen=True, slots=True)
class Count:
    """What was found: the stake, and placements that do not count any more."""

    exposure: Exposure
    ended: tuple[MatchResult, ...]


class ExposureService:
    """Counts, and keeps the count.

    Between two counts a rule's ``committed`` is an upper bound: a placement raises it in its own transaction,
    while acceptance in part, funding, repayment and loss only ever lower the truth.
    """

    def __init__(self, rules: RuleRepository, clock: Clock) -> None:
        self._rules = rules
        self._clock = clock

    def count(self, rule: AutoInvestRule) -> Count:
        """Add up what the rule has in every loan where it placed; costs a read of each loan and offer."""
        amounts = {each.loan_id: each.amount for each in self._rules.placements(rule.lender_id, rule.id)}
        exposure, ended, now = NO_EXPOSURE, list[MatchResult](), self._clock()
        for loan_id, loan, offer in self._rules.with_loans(rule.lender_id, list(amounts)):
            here = exposure_in(rule.id, loan, offer)
            if here is None:
                ended.append(MatchResult(loan_id, Outcome.ENDED, end_reason(loan, offer), amounts[loan_id], now))
            else:
                exposure += here
        return Count(exposure, tuple(ended))

    def keep(self, rule: AutoInvestRule, count: Count) -> None:
        """Write what was counted after ``rule`` was read, and move what has ended out of the count.

        Raises:
            Stale: the rule was written since.
        """
        writes = self._rules.writes()
        counted = replace(rule, committed=count.exposure.total, measured_at=self._clock())
        if rule.waiting_for is Reason.EXPOSURE_REACHED and counted.remaining_exposure > rule.remaining_exposure:
            counted = replace(counted, waiting_for=None)
        self._rules.add_rule(writes, counted)
        self._rules.add_moved(writes, rule.lender_id, rule.id, count.ended[:_MOVED_AT_ONCE])
        writes.commit()

    def is_worth_keeping(self, rule: AutoInvestRule, count: Count) -> bool:
        """Whether keeping the count would change anything but its time."""
        return bool(count.ended) or rule.committed != count.exposure.total
