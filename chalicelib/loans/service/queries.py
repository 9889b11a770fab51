"""What people read of loans: details, lists, schedules, payments."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from chalicelib.dynamodb.database import Key, Page
from chalicelib.loans.domain.errors import LoanNotActive, LoanNotFound
from chalicelib.loans.domain.funded_loan import FundedLoan
from chalicelib.loans.domain.loan import Loan, LoanStatus
from chalicelib.loans.domain.loan_account import Instalment, LoanAccount
from chalicelib.loans.domain.offer import Offer
from chalicelib.loans.domain.open_loan_filter import OpenLoanFilter
from chalicelib.loans.domain.payment_record import PaymentRecord
from chalicelib.loans.domain.visibility import LoanView, require_party, view_for
from chalicelib.loans.repository.loans import LoanRepository
from chalicelib.shared.actor import Actor, Role
from chalicelib.shared.clock import Clock
from chalicelib.shared.money import Money

_FILTERED_PAGE = 200
_PAYABLE = (LoanStatus.FUNDED, LoanStatus.DEFAULTED)


@dataclass(frozen=True, slots=True)
class OfferWithLoan:
    """A lender's offer and the loan it is for."""

    offer: Offer
    loan: Loan


@dataclass(frozen=True, slots=True)
class DueInstalmentView:
    """An unpaid instalment of one of the borrower's loans, with the principal outstanding after it."""

    loan_id: str
    instalment: Instalment
    balance: Money


@dataclass(frozen=True, slots=True)
class ShardPositions:
    """Where a list merged over shards goes on: the last loan taken from each; '' is a shard at its end."""

    before: tuple[str | None, ...]


class LoanQueries:
    """Reads for parties, lenders who look for loans, and operators."""

    def __init__(self, repository: LoanRepository, clock: Clock, *, status_shards: int) -> None:
        self._repository = repository
        self._clock = clock
        self._shards = status_shards

    def detail(self, actor: Actor, loan_id: str) -> LoanView:
        """One loan with the offers that the actor may see.

        Raises:
            LoanNotFound
        """
        if actor.role is Role.LENDER:
            found = self._repository.find_with_offer(loan_id, actor.user_id, consistent=True)
            if found is None:
                raise LoanNotFound
            return view_for(actor, found[0], [found[1]] if found[1] else [])
        everything = self._repository.find_with_offers(loan_id, consistent=True)
        if everything is None:
            raise LoanNotFound
        return view_for(actor, *everything)

    def offers(
        self, actor: Actor, loan_id: str, *, limit: int, after: tuple[int, str] | None
    ) -> tuple[list[Offer], tuple[int, str] | None]:
        """Return a page of offers, lowest rate first, and the position after it: all for the borrower, a lender's own.

        Raises:
            LoanNotFound: the actor may not see the loan.
        """
        offers = self.detail(actor, loan_id).offers
        rest = [offer for offer in offers if after is None or _offer_order(offer) > after]
        page = rest[:limit]
        return page, _offer_order(page[-1]) if len(rest) > limit else None

    def with_status(
        self,
        status: LoanStatus,
        *,
        limit: int,
        positions: ShardPositions | None = None,
        only: OpenLoanFilter | None = None,
    ) -> tuple[list[Loan], ShardPositions | None]:
        """Loans of one status, newest first, merged over the shards of the index."""
        before = list(positions.before) if positions else [None] * self._shards
        narrowed = only is not None and only.narrows
        candidates: list[tuple[Loan, int]] = []
        ends: list[str | None] = list(before)
        for shard, start in enumerate(before):
            if start == "":
                continue
            page = self._repository.page_of_status(
                status, shard, limit=_FILTERED_PAGE if narrowed else limit, before=start, only=only
            )
            candidates += [(loan, shard) for loan in page[0]]
            ends[shard] = page[1] or ""
        candidates.sort(key=lambda pair: pair[0].id, reverse=True)
        taken, left = candidates[:limit], candidates[limit:]
        for shard in {shard for _, shard in left}:
            last = [loan.id for loan, home in taken if home == shard]
            ends[shard] = last[-1] if last else before[shard]
        finished = all(end == "" for end in ends)
        return [loan for loan, _ in taken], None if finished else ShardPositions(tuple(ends))

    def find_all(self, loan_ids: Sequence[str]) -> list[Loan]:
        """Loans by id, in that order, read consistently; what does not exist is left out."""
        return self._loans(loan_ids, consistent=True) if loan_ids else []

    def my_loans(
        self,
        actor: Actor,
        *,
        limit: int,
        after: Key | None,
        status: LoanStatus | None = None,
        fresh: Sequence[str] = (),
    ) -> Page[Loan]:
        """Loans that the actor borrowed or invested in, newest first; a status can make a page short.

        ``fresh`` are loans that are new or different since a moment ago: the first page shows them before the
        index does (with ``limit`` 1 it may not), and all pages show them as they are.
        """
        ahead = list(fresh[: limit - 1]) if after is None else []
        wanted = limit - len(ahead)
        if actor.role is Role.LENDER:
            page = self._repository.page_of_lender(actor.user_id, invested=True, limit=wanted, after=after)
        else:
            page = self._repository.page_of_borrower(actor.user_id, limit=wanted, after=after)
            ahead = [each for each in ahead if page.last_key is None or each > page.items[-1]]
        missing = sorted(set(ahead) - set(page.items), reverse=True)
        loans = self._loans([*missing, *page.items], consistent=bool(fresh))
        chosen = tuple(loan for loan in loans if status is None or loan.status is status)
        return Page(chosen, page.last_key)

    def my_offers(self, actor: Actor, *, limit: int, after: Key | None) -> Page[OfferWithLoan]:
        """The lender's offers that are alive and not funded, with their loans; newest first."""
        actor.must_be(Role.LENDER)
        page = self._repository.page_of_lender(actor.user_id, invested=False, limit=limit, after=after)
        found = self._repository.find_offers_with_loans(actor.user_id, page.items)
        alive = tuple(OfferWithLoan(offer, loan) for offer, loan in found if _is_alive(offer, loan))
        return Page(alive, page.last_key)

    def schedule(self, actor: Actor, loan_id: str) -> tuple[Loan, LoanAccount]:
        """The loan's rows as they stand today.

        Raises:
            LoanNotFound: the actor is no party.
            LoanNotActive: there is no schedule before the funding.
        """
        loan = self._require_party(actor, loan_id)
        found = self._repository.find_servicing(loan_id, consistent=True)
        if found is None or found[1] is None:
            raise LoanNotActive("There is no schedule before the loan is funded.")
        return loan, found[1].account.accrue(self._clock().date())

    def payments(self, actor: Actor, loan_id: str, *, limit: int, after: Key | None) -> Page[PaymentRecord]:
        """Payments of a loan, newest first.

        Raises:
            LoanNotFound: the actor is no party.
        """
        self._require_party(actor, loan_id)
        return self._repository.page_of_payments(loan_id, limit=limit, after=after)

    def pending_payments(
        self, actor: Actor, *, limit: int, after: tuple[str, str, int] | None
    ) -> tuple[list[DueInstalmentView], tuple[str, str, int] | None]:
        """Unpaid instalments of all loans of the borrower, by due date; ``after`` is the last one shown."""
        actor.must_be(Role.BORROWER)
        unpaid = sorted(self._unpaid(actor), key=_due_order)
        rest = [due for due in unpaid if after is None or _due_order(due) > after]
        shown = rest[:limit]
        return shown, _due_order(shown[-1]) if len(rest) > limit else None

    def _unpaid(self, actor: Actor) -> Iterator[DueInstalmentView]:
        today = self._clock().date()
        for servicing in self._servicings(actor):
            if servicing.loan.status in _PAYABLE:
                rows = servicing.account.accrue(today).balances()
                yield from (
                    DueInstalmentView(servicing.loan.id, instalment, balance)
                    for instalment, balance in rows
                    if not instalment.is_paid
                )

    def _servicings(self, actor: Actor) -> Iterator[FundedLoan]:
        after: Key | None = None
        while True:
            page = self._repository.page_of_borrower(actor.user_id, limit=50, after=after)
            found = self._repository.find_loans(page.items, with_schedules=True)
            yield from (loan for loan in found.values() if isinstance(loan, FundedLoan))
            after = page.last_key
            if after is None:
                return

    def _loans(self, loan_ids: Sequence[str], *, consistent: bool) -> list[Loan]:
        found = self._repository.find_loans(loan_ids, consistent=consistent)
        return [loan for loan_id in loan_ids if isinstance(loan := found.get(loan_id), Loan)]

    def _require_party(self, actor: Actor, loan_id: str) -> Loan:
        if actor.role is not Role.LENDER:
            loan = self._repository.find(loan_id, consistent=True)
            offer = None
        else:
            found = self._repository.find_with_offer(loan_id, actor.user_id, consistent=True)
            loan, offer = found or (None, None)
        if loan is None:
            raise LoanNotFound
        require_party(actor, loan, offer)
        return loan


def _is_alive(offer: Offer, loan: Loan) -> bool:
    """An open loan may still take it; a covered one waits for its money where it was accepted."""
    if offer.is_funded:
        return False
    if loan.status is LoanStatus.REQUESTED:
        return True
    return loan.status is LoanStatus.PENDING_FUNDING and offer.is_accepted


def _due_order(due: DueInstalmentView) -> tuple[str, str, int]:
    day: date = due.instalment.due_date
    return day.isoformat(), due.loan_id, due.instalment.number


def _offer_order(offer: Offer) -> tuple[int, str]:
    return offer.annual_rate.basis_points, offer.id
