"""What operators read of all loans."""

from __future__ import annotations

from dataclasses import dataclass

from chalicelib.loans.domain.errors import LoanNotFound
from chalicelib.loans.domain.loan import Loan, LoanStatus
from chalicelib.loans.domain.loan_account import LoanAccount
from chalicelib.loans.domain.visibility import LoanView, view_for
from chalicelib.loans.repository.loans import LoanRepository
from chalicelib.shared.actor import Actor, Role
from chalicelib.shared.clock import Clock


@dataclass(frozen=True, slots=True)
class LoanDetail:
    """A loan with all its offers and, once it was funded, its account as it stands today."""

    view: LoanView
    account: LoanAccount | None


@dataclass(frozen=True, slots=True)
class LoanPage:
    """Loans, newest first; the list goes on with loans older than ``before``, or ends where it is None."""

    loans: tuple[Loan, ...]
    before: str | None


class LoanOperatorQueries:
    """Reads for operators."""

    def __init__(self, repository: LoanRepository, clock: Clock, *, status_shards: int) -> None:
        self._repository = repository
        self._clock = clock
        self._shards = status_shards

    def page(self, actor: Actor, *, status: LoanStatus | None, limit: int, before: str | None) -> LoanPage:
        """Loans of one status or of all, newest first. A page may be short where loans changed meanwhile.

        Costs one query for each status and shard, whatever the number of loans.

        Raises:
            RoleRequired: the actor is no operator.
        """
        actor.must_be(Role.ADMIN)
        newest: set[str] = set()
        ends = True
        for wanted in (status,) if status else LoanStatus:
            for shard in range(self._shards):
                found, rest = self._repository.page_of_status(wanted, shard, limit=limit, before=before)
                newest.update(loan.id for loan in found)
                ends = ends and rest is None
        shown = sorted(newest, reverse=True)[:limit]
        following = shown[-1] if shown and not (ends and len(newest) <= limit) else None
        return LoanPage(self._read(shown, status), following)

    def dossier(self, actor: Actor, loan_id: str) -> LoanDetail:
        """Everything about one loan.

        Raises:
            RoleRequired: the actor is no operator.
            LoanNotFound
        """
        actor.must_be(Role.ADMIN)
        found = self._repository.find_with_offers(loan_id, consistent=True)
        if found is None:
            raise LoanNotFound
        view = view_for(actor, *found)
        return LoanDetail(view, self._account(view.loan))

    def exists(self, loan_id: str) -> bool:
        """Whether there is such a loan, for features that have checked who asks."""
        return self._repository.find(loan_id, consistent=True) is not None

    def _account(self, loan: Loan) -> LoanAccount | None:
        if loan.funded_at is None:
            return None
        found = self._repository.find_servicing(loan.id, consistent=True)
        servicing = found[1] if found else None
        return servicing.account.accrue(self._clock().date()) if servicing else None

    def _read(self, loan_ids: list[str], status: LoanStatus | None) -> tuple[Loan, ...]:
        """The loans in full; the index holds only what the list of open loans shows, and may lag."""
        found = self._repository.find_loans(loan_ids) if loan_ids else {}
        loans = (found.get(loan_id) for loan_id in loan_ids)
        return tuple(loan for loan in loans if isinstance(loan, Loan) and (status is None or loan.status is status))
