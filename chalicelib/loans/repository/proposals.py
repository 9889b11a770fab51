"""Proposed reschedules in DynamoDB."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any, Final

from chalicelib.dynamodb.database import Database
from chalicelib.dynamodb.model import item_absent
from chalicelib.dynamodb.transaction import WriteTransaction
from chalicelib.loans.domain.reschedule_proposal import Ground, NewTerms, RescheduleFigures, RescheduleProposal
from chalicelib.loans.models.loan import ProposalItem
from chalicelib.loans.repository.mapping import loan_key
from chalicelib.shared.money import Money, Rate

PROPOSAL: Final = "PROPOSAL#"
_RETENTION: Final = timedelta(days=90)


class ProposalRepository:
    """Proposals of a loan: one item each. The loan names the one that is open."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def find(self, loan_id: str, proposal_id: str) -> RescheduleProposal | None:
        item = self._database.get(ProposalItem, loan_key(loan_id), PROPOSAL + proposal_id, consistent=True)
        return None if item is None else _proposal_of(loan_id, item)

    def add(self, writes: WriteTransaction, proposal: RescheduleProposal) -> None:
        writes.put(_proposal_item(proposal), when=item_absent(ProposalItem))


def _proposal_item(proposal: RescheduleProposal) -> ProposalItem:
    terms = proposal.terms
    return ProposalItem(
        loan_key(proposal.loan_id),
        PROPOSAL + proposal.id,
        remaining_terms=terms.remaining_terms,
        rate=None if terms.annual_rate is None else terms.annual_rate.basis_points,
        holiday_months=terms.holiday_months,
        reason=proposal.reason,
        ground=proposal.ground.value,
        before=_packed(proposal.before),
        after=_packed(proposal.after),
        expires_at=int((proposal.created_at + _RETENTION).timestamp()),
    )


def _proposal_of(loan_id: str, item: ProposalItem) -> RescheduleProposal:
    rate = None if item.rate is None else Rate(item.rate)
    return RescheduleProposal(
        id=item.sk.removeprefix(PROPOSAL),
        loan_id=loan_id,
        terms=NewTerms(item.remaining_terms, rate, item.holiday_months),
        reason=item.reason,
        ground=Ground(item.ground),
        before=_figures(item.before),
        after=_figures(item.after),
    )


def _packed(figures: RescheduleFigures) -> list[Any]:
    return [
        figures.annual_rate.basis_points,
        figures.monthly_payment.cents,
        figures.term_months,
        figures.total_interest.cents,
        figures.next_due_date.isoformat() if figures.next_due_date else "",
    ]


def _figures(packed: Sequence[Any]) -> RescheduleFigures:
    rate, monthly_payment, term_months, total_interest, next_due_date = packed
    return RescheduleFigures(
        annual_rate=Rate(rate),
        monthly_payment=Money(monthly_payment),
        term_months=term_months,
        total_interest=Money(total_interest),
        next_due_date=date.fromisoformat(next_due_date) if next_due_date else None,
    )
