"""Standing rules as their lender sets them, sees them, changes them and stops them."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final, TypeVar

from chalicelib.auto_invest.domain import AutoInvestRule, Exposure, MatchResult, RuleTerms
from chalicelib.auto_invest.repository.rules import RuleRepository
from chalicelib.auto_invest.service.exposure import ExposureService
from chalicelib.auto_invest.service.reservations import ReservationService
from chalicelib.dynamodb.database import Key, OptimisticLockError, Page, retry_on_conflict
from chalicelib.dynamodb.idempotency import IdempotencyKey, IdempotencyStore, IdempotentResult
from chalicelib.jobs.queue import BackgroundJob
from chalicelib.loans.domain.errors import RuleNotFound, TooManyRules
from chalicelib.shared.actor import Actor, Role
from chalicelib.shared.clock import Clock
from chalicelib.shared.errors import Unavailable
from chalicelib.shared.ids import new_id
from chalicelib.shared.money import Money, Rate

T = TypeVar("T")

MOST_RULES: Final = 20
EFFECTS_SHOWN: Final = 20
_RELEASED_AT_ONCE: Final = 60
"""Placements that stopping a rule looks at before it answers; the worker looks at the others."""


@dataclass(frozen=True, slots=True)
class RuleChange:
    """What a lender changes; None leaves a part as it is."""

    amount_per_loan: Money | None = None
    min_rate: Rate | None = None
    max_term: int | None = None
    max_share: Rate | None = None
    max_exposure: Money | None = None
    active: bool | None = None

    def of(self, rule: AutoInvestRule) -> AutoInvestRule:
        """The rule as changed; one that was at its bound may look at loans again."""
        before = rule.terms
        terms = RuleTerms(
            amount_per_loan=_or(self.amount_per_loan, before.amount_per_loan),
            min_rate=_or(self.min_rate, before.min_rate),
            max_term=_or(self.max_term, before.max_term),
            max_share=_or(self.max_share, before.max_share),
            max_exposure=_or(self.max_exposure, before.max_exposure),
        )
        active = _or(self.active, rule.is_active)
        return replace(rule, terms=terms, is_active=active, revision=rule.revision + 1, waiting_for=None)


@dataclass(frozen=True, slots=True)
class RuleView:
    """A rule with what it has at stake now, and what it did with the newest loans."""

    rule: AutoInvestRule
    exposure: Exposure
    results: tuple[MatchResult, ...]


class AutoInvestService:
    """The lender's side of rules. Matching is the worker's, see ``MatchingService``."""

    def __init__(
        self,
        rules: RuleRepository,
        exposure: ExposureService,
        holds: ReservationService,
        markers: IdempotencyStore,
        clock: Clock,
    ) -> None:
        self._rules = rules
        self._exposure = exposure
        self._holds = holds
        self._markers = markers
        self._clock = clock

    def page(self, actor: Actor, *, limit: int, after: Key | None) -> Page[RuleView]:
        """The lender's rules, newest first, each counted as it stands.

        Raises:
            RoleRequired: only lenders have rules.
        """
        actor.must_be(Role.LENDER)
        page = self._rules.page_of_lender(actor.user_id, limit=limit, after=after)
        return Page(tuple(self._view(rule) for rule in page.items), page.last_key)

    def create(
        self, actor: Actor, terms: RuleTerms, *, active: bool = True, idempotency_key: IdempotencyKey | None = None
    ) -> IdempotentResult[RuleView]:
        """Set a rule; an active one looks at the open loans, too.

        Raises:
            RoleRequired
            TooManyRules: the lender has 20; two requests at once may make one more, which harms nobody.
        """
        actor.must_be(Role.LENDER)

        def create() -> RuleView:
            now = self._clock()
            if len(self._rules.page_of_lender(actor.user_id, limit=MOST_RULES, after=None).items) == MOST_RULES:
                raise TooManyRules
            rule = AutoInvestRule(new_id(now), actor.user_id, actor.username, terms, now, is_active=active)
            writes = self._rules.writes()
            self._markers.add(writes, idempotency_key, {"rule": rule.id})
            self._rules.add_new_rule(writes, rule)
            writes.commit()
            return RuleView(rule, Exposure(), ())

        return self._markers.execute(idempotency_key, create, lambda result: self._shown(actor, result))

    def change(
        self, actor: Actor, rule_id: str, change: RuleChange, idempotency_key: IdempotencyKey | None = None
    ) -> IdempotentResult[RuleView]:
        """Change a rule, stop it, or let it run again. What it has placed stays unless it is stopped.

        A stopped rule places nothing more from that moment; its offers that are not accepted are withdrawn, the
        newest 60 before the answer and more of them by the worker.

        Raises:
            RoleRequired, RuleNotFound
        """
        actor.must_be(Role.LENDER)

        def alter() -> RuleView:
            self._alter(actor, rule_id, change, idempotency_key, delete=False)
            return self._shown(actor, {"rule": rule_id})

        return self._markers.execute(idempotency_key, alter, lambda result: self._shown(actor, result))

    def delete(
        self, actor: Actor, rule_id: str, idempotency_key: IdempotencyKey | None = None
    ) -> IdempotentResult[None]:
        """Stop a rule for good and forget it; its investments go on.

        Raises:
            RoleRequired, RuleNotFound
        """
        actor.must_be(Role.LENDER)

        def end() -> None:
            self._alter(actor, rule_id, RuleChange(active=False), idempotency_key, delete=True)

        return self._markers.execute(idempotency_key, end, lambda _: None)

    def _alter(
        self, actor: Actor, rule_id: str, change: RuleChange, idempotency_key: IdempotencyKey | None, *, delete: bool
    ) -> None:
        def write() -> BackgroundJob | None:
            before = self._found(actor, rule_id)
            after = replace(change.of(before), is_deleted=delete)
            writes = self._rules.writes()
            self._markers.add(writes, idempotency_key, {"rule": rule_id})
            self._rules.add_rule(writes, after)
            stops = (before.is_active or delete) and not after.is_active
            work = self._holds.add_stop(writes, after) if stops else None
            writes.commit()
            return work

        work = retry_on_conflict(write)
        if work is not None:
            with contextlib.suppress(Unavailable):  # the rule is stopped; the worker releases what is left
                self._holds.release(work, most=_RELEASED_AT_ONCE)

    def _found(self, actor: Actor, rule_id: str) -> AutoInvestRule:
        rule = self._rules.find(actor.user_id, rule_id)
        if rule is None or rule.is_deleted:
            raise RuleNotFound
        return rule

    def _shown(self, actor: Actor, result: Mapping[str, str]) -> RuleView:
        return self._view(self._found(actor, result["rule"]))

    def _view(self, rule: AutoInvestRule) -> RuleView:
        """The rule counted anew; the count is kept where nobody is writing the rule at this moment."""
        count = self._exposure.count(rule)
        if self._exposure.is_worth_keeping(rule, count):
            with contextlib.suppress(OptimisticLockError, Unavailable):
                self._exposure.keep(rule, count)
        return RuleView(rule, count.exposure, tuple(self._rules.results(rule, limit=EFFECTS_SHOWN)))


def _or(given: T | None, before: T) -> T:
    return before if given is None else given
