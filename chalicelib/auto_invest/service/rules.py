"""Auto-invest rules: lenders create, read, change and stop them; their exposure is measured from their loans."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from functools import partial
from typing import Final

from chalicelib.auto_invest.domain import (
    AutoInvestRule,
    BorrowerExposure,
    Exposure,
    MatchResult,
    Outcome,
    Reason,
    RuleTerms,
    end_reason,
    exposure_in,
)
from chalicelib.auto_invest.repository.rules import RuleRepository
from chalicelib.auto_invest.service.reservations import ReservationService
from chalicelib.dynamodb.database import Key, Page
from chalicelib.dynamodb.errors import OptimisticLockError
from chalicelib.dynamodb.idempotency import IdempotencyKey, IdempotencyStore, IdempotentResult
from chalicelib.dynamodb.retry import retry_on_conflict
from chalicelib.jobs.queue import BackgroundJob
from chalicelib.loans.domain.errors import RuleNotFound, TooManyRules
from chalicelib.shared.actor import Actor, Role
from chalicelib.shared.clock import Clock
from chalicelib.shared.errors import Unavailable
from chalicelib.shared.ids import new_id
from chalicelib.shared.money import Money, Rate
from chalicelib.wallets.service import WalletService

MAX_RULES: Final = 20
_PAGE: Final = 100
RESULTS_SHOWN: Final = 20
_MAX_RELEASED_IN_REQUEST: Final = 60
"""Placements that stopping a rule considers before it responds; the worker considers the others."""
_MAX_MOVED: Final = 33
"""Ended placements in a transaction: two items and a borrower's item each, and the rule."""


@dataclass(frozen=True, slots=True)
class RuleChange:
    """Change of a rule by its lender; None leaves a part as it is."""

    amount_per_loan: Money | None = None
    min_rate: Rate | None = None
    max_term: int | None = None
    max_share: Rate | None = None
    max_exposure: Money | None = None
    min_loan_amount: Money | None = None
    max_per_borrower: Money | None = None
    active: bool | None = None

    def apply_to(self, rule: AutoInvestRule) -> AutoInvestRule:
        """Return the changed rule; one that had reached its limit may consider loans again."""
        changed = {each.name: getattr(self, each.name) for each in fields(RuleTerms)}
        terms = replace(rule.terms, **{name: value for name, value in changed.items() if value is not None})
        is_active = rule.is_active if self.active is None else self.active
        return replace(rule, terms=terms, is_active=is_active, revision=rule.revision + 1).without_wait()


@dataclass(frozen=True, slots=True)
class RuleView:
    """A rule with its exposure now, and its results for the newest loans."""

    rule: AutoInvestRule
    exposure: Exposure
    results: tuple[MatchResult, ...]


@dataclass(frozen=True, slots=True)
class MeasuredExposure:
    """Exposure of a rule as measured from its loans, and its placements that have ended."""

    exposure: Exposure
    ended: tuple[MatchResult, ...]
    ended_borrowers: frozenset[str]
    """Borrowers with whom the rule has no other placement than those that have ended."""


class AutoInvestService:
    """The lender's side of rules; ``MatchingService`` applies them.

    A rule's ``committed`` is an upper bound of its exposure: a placement raises it in its own transaction, while
    acceptance in part, funding, repayment and loss only lower the exposure. Measuring lowers it again.
    """

    def __init__(
        self,
        rules: RuleRepository,
        reservations: ReservationService,
        wallets: WalletService,
        idempotency: IdempotencyStore,
        clock: Clock,
    ) -> None:
        self._rules = rules
        self._reservations = reservations
        self._wallets = wallets
        self._idempotency = idempotency
        self._clock = clock

    def page(self, actor: Actor, *, limit: int, after: Key | None) -> Page[RuleView]:
        """Return the lender's rules, newest first, each with its exposure as measured now.

        Raises:
            RoleRequired: the actor is not a lender.
        """
        actor.must_be(Role.LENDER)
        page = self._rules.page_of_lender(actor.user_id, limit=limit, after=after)
        return Page(tuple(self._view(rule) for rule in page.items), page.last_key)

    def create(
        self, actor: Actor, terms: RuleTerms, *, active: bool = True, idempotency_key: IdempotencyKey | None = None
    ) -> IdempotentResult[RuleView]:
        """Create a rule; an active one considers the loans that are open already, too.

        Raises:
            RoleRequired
            TooManyRules: the lender has 20; two simultaneous requests may create one more, which does no harm.
        """
        actor.must_be(Role.LENDER)

        def create() -> RuleView:
            now = self._clock()
            if len(self._rules.page_of_lender(actor.user_id, limit=MAX_RULES, after=None).items) == MAX_RULES:
                raise TooManyRules
            rule = AutoInvestRule(new_id(now), actor.user_id, actor.username, terms, now, is_active=active)
            writes = self._rules.writes()
            self._idempotency.add(writes, idempotency_key, {"rule": rule.id})
            self._rules.add_new_rule(writes, rule)
            self._wallets.add(writes, actor=actor, must_be_active=active)
            writes.commit()
            return RuleView(rule, Exposure(), ())

        return self._idempotency.execute(idempotency_key, create, partial(self._replay, actor))

    def change(
        self, actor: Actor, rule_id: str, change: RuleChange, idempotency_key: IdempotencyKey | None = None
    ) -> IdempotentResult[RuleView]:
        """Change, stop or restart a rule. Its placements remain unless it is stopped.

        A stopped rule places nothing from that moment; its offers that are not accepted are withdrawn, the
        newest 60 before the response, the others by the worker.

        Raises:
            RoleRequired, RuleNotFound, TokenRevoked
            AccountFrozen: a frozen account cannot restart a rule.
        """
        actor.must_be(Role.LENDER)

        def apply() -> RuleView:
            self._write_change(actor, rule_id, change, idempotency_key, delete=False)
            return self._view(self._find(actor, rule_id))

        return self._idempotency.execute(idempotency_key, apply, partial(self._replay, actor))

    def delete(
        self, actor: Actor, rule_id: str, idempotency_key: IdempotencyKey | None = None
    ) -> IdempotentResult[None]:
        """Stop a rule and delete it; its investments continue.

        Raises:
            RoleRequired, RuleNotFound
        """
        actor.must_be(Role.LENDER)

        def delete() -> None:
            self._write_change(actor, rule_id, RuleChange(active=False), idempotency_key, delete=True)

        return self._idempotency.execute(idempotency_key, delete, lambda _: None)

    def measure_exposure(self, rule: AutoInvestRule) -> MeasuredExposure:
        """Sum the rule's exposure in all loans where it has placed; reads each of these loans and offers."""
        placed = {each.loan_id: each for each in self._rules.placements(rule.lender_id, rule.id)}
        total, ended, now = Exposure(), list[MatchResult](), self._clock()
        for loan_id, loan, offer in self._rules.with_loans(rule.lender_id, list(placed)):
            exposure = exposure_in(rule.id, loan, offer)
            if exposure is None:
                reason, amount = end_reason(loan, offer), placed[loan_id].amount
                ended.append(MatchResult(loan_id, Outcome.ENDED, reason, amount, now))
            else:
                total += exposure
        ended = ended[:_MAX_MOVED]
        gone = {each.loan_id for each in ended}
        remaining = {each.borrower_id for each in placed.values() if each.loan_id not in gone}
        ended_borrowers = {placed[loan_id].borrower_id for loan_id in gone} - remaining
        return MeasuredExposure(total, tuple(ended), frozenset(ended_borrowers))

    def measure_borrower(self, rule: AutoInvestRule, borrower: BorrowerExposure) -> bool:
        """Sum the rule's principal with a borrower, and store it if it is less than ``borrower``.

        Returns:
            True if it was less.

        Raises:
            OptimisticLockError: the rule has placed with this borrower since ``borrower`` was read.
        """
        placed = self._rules.placements(rule.lender_id, rule.id)
        loan_ids = [each.loan_id for each in placed if each.borrower_id == borrower.borrower_id]
        loans = self._rules.with_loans(rule.lender_id, loan_ids)
        exposures = (exposure_in(rule.id, loan, offer) or Exposure() for _, loan, offer in loans)
        principal = Money.total(exposure.principal for exposure in exposures)
        if principal >= borrower.committed:
            return False
        writes = self._rules.writes()
        self._rules.add_borrower_exposure(writes, rule, replace(borrower, committed=principal))
        writes.commit()
        return True

    def save_exposure(self, rule: AutoInvestRule, measured: MeasuredExposure) -> None:
        """Store an exposure that was measured after ``rule`` was read, and record the placements that have ended.

        Raises:
            OptimisticLockError: the rule was written since.
        """
        writes = self._rules.writes()
        after = replace(rule, committed=measured.exposure.total, measured_at=self._clock())
        if rule.waiting_for is Reason.EXPOSURE_REACHED and after.remaining_exposure > rule.remaining_exposure:
            after = after.without_wait()
        self._rules.add_rule(writes, after)
        self._rules.add_moved(writes, rule.lender_id, rule.id, measured.ended)
        self._rules.add_ended_borrowers(writes, rule, measured.ended_borrowers)
        writes.commit()

    def pause_frozen(self, lender_id: str) -> int:
        """Stop all active rules of a frozen lender, and release their reservations by the worker.

        The lender restarts them after the account is unfrozen.

        Raises:
            OptimisticLockError: a rule was written at this moment, or the account is not frozen any more.

        Returns:
            The number of rules stopped.
        """
        active = [
            rule for rule in self._rules.page_of_lender(lender_id, limit=_PAGE, after=None).items if rule.is_active
        ]
        for rule in active:
            is_known = rule.waiting_for is Reason.ACCOUNT_FROZEN
            since = rule.waiting_since if is_known else self._clock()
            stopped = RuleChange(active=False).apply_to(rule)
            after = replace(stopped, waiting_for=Reason.ACCOUNT_FROZEN, waiting_since=since)
            writes = self._rules.writes()
            self._wallets.add_frozen_check(writes, lender_id, frozen=True)
            self._rules.add_rule(writes, after)
            self._reservations.add_release_job(writes, after)
            writes.commit()
        return len(active)

    def _write_change(
        self, actor: Actor, rule_id: str, change: RuleChange, idempotency_key: IdempotencyKey | None, *, delete: bool
    ) -> None:
        def write() -> BackgroundJob | None:
            before = self._find(actor, rule_id)
            after = replace(change.apply_to(before), is_deleted=delete)
            writes = self._rules.writes()
            self._idempotency.add(writes, idempotency_key, {"rule": rule_id})
            self._rules.add_rule(writes, after)
            self._wallets.add(writes, actor=actor, must_be_active=after.is_active and not before.is_active)
            stops = (before.is_active or delete) and not after.is_active
            job = self._reservations.add_release_job(writes, after) if stops else None
            writes.commit()
            return job

        job = retry_on_conflict(write)
        if job is not None:
            with contextlib.suppress(Unavailable):  # the rule is stopped; the worker releases the rest
                self._reservations.release(job, limit=_MAX_RELEASED_IN_REQUEST)

    def _find(self, actor: Actor, rule_id: str) -> AutoInvestRule:
        rule = self._rules.find(actor.user_id, rule_id)
        if rule is None or rule.is_deleted:
            raise RuleNotFound
        return rule

    def _replay(self, actor: Actor, result: Mapping[str, str]) -> RuleView:
        return self._view(self._find(actor, result["rule"]))

    def _view(self, rule: AutoInvestRule) -> RuleView:
        """Measure the rule's exposure, and store it unless the rule is being written at this moment."""
        measured = self.measure_exposure(rule)
        if measured.ended or rule.committed != measured.exposure.total:
            with contextlib.suppress(OptimisticLockError, Unavailable):
                self.save_exposure(rule, measured)
        return RuleView(rule, measured.exposure, tuple(self._rules.results(rule, limit=RESULTS_SHOWN)))
