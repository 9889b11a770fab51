"""Conversion of rules, placements and match results to items and back."""

from datetime import datetime
from typing import Final

from chalicelib.auto_invest.domain import (
    AutoInvestRule,
    MatchResult,
    Outcome,
    Placement,
    PlacementRecord,
    Reason,
    RuleTerms,
)
from chalicelib.auto_invest.models import EffectItem, PlacementItem, RuleItem
from chalicelib.loans.domain.loan import Loan
from chalicelib.loans.repository.mapping import lender_key, shard_of
from chalicelib.shared.ids import moment_of
from chalicelib.shared.money import ZERO, Money, Rate

RULE: Final = "RULE#"
_ACTIVE: Final = "ACTIVE_RULE#"
_PLACED: Final = "PLACED#"
_EFFECT: Final = "EFFECT#"
_BORROWER: Final = "#BORROWER#"


def rule_key(rule_id: str) -> str:
    return RULE + rule_id


def borrower_key(rule_id: str, borrower_id: str = "") -> str:
    """Return the sort key of a rule's principal with a borrower; without a borrower, the prefix of all of them."""
    return f"{RULE}{rule_id}{_BORROWER}{borrower_id}"


def active_partition(shard: int) -> str:
    return f"{_ACTIVE}{shard}"


def placed_key(rule_id: str, loan_id: str = "") -> str:
    """Return the sort key of a placement; without a loan, the prefix of the rule's placements."""
    return f"{_PLACED}{rule_id}#{loan_id}"


def effect_key(rule_id: str, loan_id: str = "") -> str:
    """Return the sort key of a match result; without a loan, the prefix of the rule's results."""
    return f"{_EFFECT}{rule_id}#{loan_id}"


def rule_item(rule: AutoInvestRule, shards: int) -> RuleItem:
    """Convert a rule to its item, with the next version. Only active rules have the keys of the index."""
    terms = rule.terms
    return RuleItem(
        lender_key(rule.lender_id),
        rule_key(rule.id),
        status_shard=active_partition(shard_of(rule.id, shards)) if rule.is_active else None,
        rule_id=rule.id,
        status_sort=rule.id if rule.is_active else None,
        lender=rule.lender_username,
        amount_per_loan=terms.amount_per_loan.cents,
        min_rate=terms.min_rate.basis_points,
        max_term=terms.max_term,
        max_share=terms.max_share.basis_points,
        max_exposure=terms.max_exposure.cents,
        min_loan_amount=terms.min_loan_amount.cents,
        max_per_borrower=None if terms.max_per_borrower is None else terms.max_per_borrower.cents,
        deleted=rule.is_deleted or None,
        committed=rule.committed.cents,
        placed=rule.placed_count,
        skipped=rule.skipped_count,
        waiting=rule.waiting_for.value if rule.waiting_for else None,
        waiting_since=rule.waiting_since,
        measured_at=rule.measured_at,
        revision=rule.revision,
        version=rule.version + 1,
    )


def rule_of(item: RuleItem) -> AutoInvestRule:
    rule_id = item.sk.removeprefix(RULE)
    return AutoInvestRule(
        id=rule_id,
        lender_id=item.pk.partition("#")[2],
        lender_username=item.lender,
        terms=RuleTerms(
            amount_per_loan=Money(item.amount_per_loan),
            min_rate=Rate(item.min_rate),
            max_term=item.max_term,
            max_share=Rate(item.max_share),
            max_exposure=Money(item.max_exposure),
            min_loan_amount=Money(item.min_loan_amount),
            max_per_borrower=None if item.max_per_borrower is None else Money(item.max_per_borrower),
        ),
        created_at=moment_of(rule_id),
        is_active=item.status_shard is not None,
        is_deleted=bool(item.deleted),
        committed=Money(item.committed),
        placed_count=item.placed,
        skipped_count=item.skipped,
        waiting_for=Reason(item.waiting) if item.waiting else None,
        waiting_since=item.waiting_since,
        measured_at=item.measured_at,
        revision=item.revision,
        version=item.version,
    )


def placement_item(rule: AutoInvestRule, loan: Loan, placement: Placement, at: datetime) -> PlacementItem:
    return PlacementItem(
        lender_key(rule.lender_id),
        placed_key(rule.id, loan.id),
        borrower=loan.borrower_id,
        amount=placement.amount.cents,
        reserved=placement.reserved.cents,
        at=at,
    )


def placed_of(item: PlacementItem) -> PlacementRecord:
    loan_id = item.sk.rpartition("#")[2]
    return PlacementRecord(loan_id, item.borrower, Money(item.amount), Money(item.reserved), item.at)


def effect_item(lender_id: str, rule_id: str, effect: MatchResult) -> EffectItem:
    if effect.reason is None:
        raise ValueError("a skip and an end have a reason")
    return EffectItem(
        lender_key(lender_id),
        effect_key(rule_id, effect.loan_id),
        outcome=effect.outcome.value,
        reason=effect.reason.value,
        amount=effect.amount.cents or None,
        at=effect.at,
    )


def effect_of(item: EffectItem) -> MatchResult:
    return MatchResult(
        loan_id=item.sk.rpartition("#")[2],
        outcome=Outcome(item.outcome),
        reason=Reason(item.reason),
        amount=Money(item.amount) if item.amount else ZERO,
        at=item.at,
    )
