"""Reads of loans: details, lists, schedules and payments, for parties, for lenders who search, and for operators."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from chalicelib.dynamodb.database import Key, Page, every_page
from chalicelib.loans.domain.errors import LoanNotActive, LoanNotFound
from chalicelib.loans.domain.funded_loan import FundedLoan, accrue_loan
from chalicelib.loans.domain.loan import PAYABLE, Loan, LoanStatus
from chalicelib.loans.domain.loan_account import Instalment, LoanAccount
from chalicelib.loans.domain.offer import Offer, is_backed
from chalicelib.loans.domain.open_loan_filter import OpenLoanFilter
from chalicelib.loans.domain.payment_record import PaymentRecord
from chalicelib.loans.domain.visibility import LoanView, OfferView, require_party, view_for
from chalicelib.loans.repository.loans import LoanRepository
from chalicelib.loans.repository.proposals import ProposalRepository
from chalicelib.shared.actor import Actor, Role
from chalicelib.shared.clock import Clock
from chalicelib.shared.money import Money
from chalicelib.wallets.service import WalletService

_FILTERED_PAGE = 200


@dataclass(frozen=True, slots=True)
class DueInstalmentView:
    """An unpaid instalment of one of the borrower's loans, with the principal outstanding after it."""

    loan_id: str
    instalment: Instalment
    balance: Money


@dataclass(frozen=True, slots=True)
class ShardPositions:
    """Position in a list that is merged over shards: the last loan read from each; '' marks a shard at its end."""

    before: tuple[str | None, ...]


@dataclass(frozen=True, slots=True)
class LoanDetail:
    """A loan with all its offers and, once it is funded, its account accrued to today."""

    view: LoanView
    account: LoanAccount | None


@dataclass(frozen=True, slots=True)
class LoanPage:
    """Loans, newest first; the next page has the loans older than ``before``, which is None on the last page."""

    loans: tuple[Loan, ...]
    before: str | None


class LoanQueries:
    """Reads of loans. Methods without an actor are for features that have checked the permission."""

    def __init__(
        self,
        loans: LoanRepository,
        proposals: ProposalRepository,
        wallets: WalletService,
        clock: Clock,
        *,
        status_shards: int,
    ) -> None:
        self._loans = loans
        self._proposals = proposals
        self._wallets = wallets
        self._clock = clock
        self._shards = status_shards

    def detail(self, actor: Actor, loan_id: str) -> LoanView:
        """Return one loan with the offers that the actor may see.

        Raises:
            LoanNotFound
        """
        if actor.role is Role.LENDER:
            found = self._loans.find_with_offer(loan_id, actor.user_id, consistent=True)
            if found is None:
                raise LoanNotFound
            return self._accrued(view_for(actor, found[0], [found[1]] if found[1] else []))
        with_offers = self._loans.find_with_offers(loan_id, consistent=True)
        if with_offers is None:
            raise LoanNotFound
        return self._accrued(self._with_proposal(view_for(actor, *with_offers)))

    def offers(
        self, actor: Actor, loan_id: str, *, limit: int, after: tuple[int, str] | None
    ) -> tuple[list[OfferView], tuple[int, str] | None]:
        """Return a page of offers, lowest rate first, and the position after it: all for the borrower, a lender's own.

        For the borrower, the wallets of lenders who may have to pay are read to tell whether each offer is backed.

        Raises:
            LoanNotFound: the actor may not see the loan.
        """
        view = self.detail(actor, loan_id)
        loan = view.loan
        rest = [offer for offer in view.offers if after is None or _offer_order(offer) > after]
        page, following = rest[:limit], _offer_order(rest[limit - 1]) if len(rest) > limit else None
        if actor.user_id != loan.borrower_id:
            return [OfferView(offer, loan) for offer in page], following
        unpaid = [offer.lender_id for offer in page if not offer.is_funded and not offer.reserved]
        wallets = self._wallets.balances_of(unpaid) if unpaid else {}
        views = [OfferView(offer, loan, is_backed(loan, offer, wallets.get(offer.lender_id))) for offer in page]
        return views, following

    def with_status(
        self,
        status: LoanStatus,
        *,
        limit: int,
        positions: ShardPositions | None = None,
        only: OpenLoanFilter | None = None,
    ) -> tuple[list[Loan], ShardPositions | None]:
        """Return loans of one status, newest first, merged over the shards of the index."""
        before = list(positions.before) if positions else [None] * self._shards
        page_limit = _FILTERED_PAGE if only is not None and only.narrows else limit
        candidates: list[tuple[Loan, int]] = []
        ends: list[str | None] = list(before)
        for shard, start in enumerate(before):
            if start == "":
                continue
            found, rest = self._loans.page_of_status(status, shard, limit=page_limit, before=start, only=only)
            candidates += [(loan, shard) for loan in found]
            ends[shard] = rest or ""
        candidates.sort(key=lambda pair: pair[0].id, reverse=True)
        shown = candidates[:limit]
        for shard in {shard for _, shard in candidates[limit:]}:
            of_shard = [loan.id for loan, its_shard in shown if its_shard == shard]
            ends[shard] = of_shard[-1] if of_shard else before[shard]
        is_last = all(end == "" for end in ends)
        return [loan for loan, _ in shown], None if is_last else ShardPositions(tuple(ends))

    def find_all(self, loan_ids: Sequence[str]) -> list[Loan]:
        """Return loans by id, in that order, read consistently; ids of no loan are left out."""
        return self._find_in_order(loan_ids, consistent=True) if loan_ids else []

    def my_loans(
        self,
        actor: Actor,
        *,
        limit: int,
        after: Key | None,
        status: LoanStatus | None = None,
        fresh: Sequence[str] = (),
    ) -> Page[Loan]:
        """Return loans that the actor borrowed or invested in, newest first; a status may make a page short.

        ``fresh`` are loans that were created or changed a moment ago: the first page contains them before the
        index does (except with ``limit`` 1), and all pages read them consistently.
        """
        ahead = list(fresh[: limit - 1]) if after is None else []
        indexed = limit - len(ahead)
        if actor.role is Role.LENDER:
            page = self._loans.page_of_lender(actor.user_id, invested=True, limit=indexed, after=after)
        else:
            page = self._loans.page_of_borrower(actor.user_id, limit=indexed, after=after)
            ahead = [each for each in ahead if page.last_key is None or each > page.items[-1]]
        missing = sorted(set(ahead) - set(page.items), reverse=True)
        loans = self._find_in_order([*missing, *page.items], consistent=bool(fresh))
        return Page(tuple(loan for loan in loans if status is None or loan.status is status), page.last_key)

    def lenders_of(
        self, loan_id: str, *, limit: int, after: str | None, declined: bool = False, at: datetime | None = None
    ) -> tuple[list[str], str | None]:
        """Return lenders of a loan: those whose offers are accepted, and with an open or cancelled loan all others too.

        Args:
            at: leave out lenders who came after this time: what happened before does not concern them.
            declined: instead, those whose offers a fully subscribed loan did not take, without the offers of rules:
                these are deleted.

        Returns:
            Ids of up to ``limit`` lenders, and the lender that the next page follows (None on the last page).
        """
        loan = self._loans.find(loan_id, consistent=True)
        if loan is None:
            return [], None
        page, last = self._loans.page_of_offers(loan_id, limit=limit, after=after)
        offers = [offer for offer in page if at is None or _came_before(offer, at)]
        is_ended = loan.status in (LoanStatus.REQUESTED, LoanStatus.CANCELLED)
        if declined:
            others = (offer for offer in offers if not offer.is_accepted and offer.rule_id is None)
            return [] if is_ended else [offer.lender_id for offer in others], last
        return [offer.lender_id for offer in offers if is_ended or offer.is_accepted], last

    def my_offers(self, actor: Actor, *, limit: int, after: Key | None) -> Page[OfferView]:
        """Return the lender's pending offers with their loans, newest first.

        An offer is pending while its loan may accept it or, once accepted, until it is funded.
        """
        actor.must_be(Role.LENDER)
        page = self._loans.page_of_lender(actor.user_id, invested=False, limit=limit, after=after)
        found = self._loans.find_offers_with_loans(actor.user_id, page.items)
        pending = tuple(OfferView(offer, loan) for offer, loan in found if _is_pending(offer, loan))
        return Page(pending, page.last_key)

    def schedule(self, actor: Actor, loan_id: str) -> tuple[Loan, LoanAccount]:
        """Return the loan with its account accrued to today.

        Raises:
            LoanNotFound: the actor is not a party.
            LoanNotActive: there is no schedule before the funding.
        """
        loan = self._require_party(actor, loan_id)
        found = self._loans.find_funded_loan(loan_id, consistent=True)
        if found is None or found[1] is None:
            raise LoanNotActive("The loan has no schedule until it is funded.")
        return loan, found[1].account.accrue(self._clock().date())

    def payments(self, actor: Actor, loan_id: str, *, limit: int, after: Key | None) -> Page[PaymentRecord]:
        """Return payments of a loan, newest first.

        Raises:
            LoanNotFound: the actor is not a party.
        """
        self._require_party(actor, loan_id)
        return self._loans.page_of_payments(loan_id, limit=limit, after=after)

    def pending_payments(
        self, actor: Actor, *, limit: int, after: tuple[str, str, int] | None
    ) -> tuple[list[DueInstalmentView], tuple[str, str, int] | None]:
        """Return unpaid instalments of all loans of the borrower, by due date; ``after`` is the last one of a page."""
        actor.must_be(Role.BORROWER)
        unpaid = sorted(self._unpaid_instalments(actor), key=_due_order)
        remaining = [due for due in unpaid if after is None or _due_order(due) > after]
        shown = remaining[:limit]
        return shown, _due_order(shown[-1]) if len(remaining) > limit else None

    def operator_page(self, actor: Actor, *, status: LoanStatus | None, limit: int, before: str | None) -> LoanPage:
        """Return loans of one status or of all, newest first. A page is short where loans have just changed.

        It takes one query for each status and shard, whatever the number of loans.

        Raises:
            RoleRequired: the actor is not an operator.
        """
        actor.must_be(Role.ADMIN)
        newest: set[str] = set()
        is_end = True
        lists = [(each, False) for each in ((status,) if status else LoanStatus)]
        lists += [(LoanStatus.REQUESTED, True)] if status in (LoanStatus.REQUESTED, None) else []
        for each, hidden in lists:
            for shard in range(self._shards):
                found, rest = self._loans.page_of_status(each, shard, limit=limit, before=before, hidden=hidden)
                newest.update(loan.id for loan in found)
                is_end = is_end and rest is None
        shown = sorted(newest, reverse=True)[:limit]
        following = shown[-1] if shown and not (is_end and len(newest) <= limit) else None
        loans = self._find_in_order(shown, consistent=False) if shown else []  # the index lacks most attributes
        return LoanPage(tuple(loan for loan in loans if status is None or loan.status is status), following)

    def operator_detail(self, actor: Actor, loan_id: str) -> LoanDetail:
        """Return a loan with all its offers and its account.

        Raises:
            RoleRequired: the actor is not an operator.
            LoanNotFound
        """
        actor.must_be(Role.ADMIN)
        found = self._loans.find_with_offers(loan_id, consistent=True)
        if found is None:
            raise LoanNotFound
        account: LoanAccount | None = None
        if found[0].funded_at is not None:
            with_schedule = self._loans.find_funded_loan(loan_id, consistent=True)
            if with_schedule is not None and with_schedule[1] is not None:
                account = with_schedule[1].account.accrue(self._clock().date())
        return LoanDetail(self._with_proposal(view_for(actor, *found)), account)

    def exists(self, loan_id: str) -> bool:
        return self._loans.find(loan_id, consistent=True) is not None

    def _with_proposal(self, view: LoanView) -> LoanView:
        """Add the proposed reschedule that the borrower can accept. Call it for the borrower and operators only."""
        loan = view.loan
        if loan.proposal_id is None or loan.status is not LoanStatus.FUNDED:
            return view
        proposal = self._proposals.find(loan.id, loan.proposal_id)
        if proposal is None or proposal.has_lapsed(self._clock().date()):
            return view
        return replace(view, proposal=proposal)

    def _accrued(self, view: LoanView) -> LoanView:
        """Return an overdue loan with the figures of today: late interest grows every day, without a job."""
        loan, today = view.loan, self._clock().date()
        if loan.status is not LoanStatus.FUNDED or loan.next_due_date is None or loan.next_due_date >= today:
            return view
        found = self._loans.find_funded_loan(loan.id, consistent=True)
        if found is None or found[1] is None:
            return view
        return replace(view, loan=accrue_loan(found[1], today).loan)

    def _unpaid_instalments(self, actor: Actor) -> Iterator[DueInstalmentView]:
        today = self._clock().date()
        for page in every_page(lambda after: self._loans.page_of_borrower(actor.user_id, limit=50, after=after)):
            found = self._loans.find_loans(page.items, with_schedules=True).values()
            for funded in (each for each in found if isinstance(each, FundedLoan) and each.loan.status in PAYABLE):
                balances = funded.account.accrue(today).balances()
                yield from (DueInstalmentView(funded.loan.id, due, left) for due, left in balances if not due.is_paid)

    def _find_in_order(self, loan_ids: Sequence[str], *, consistent: bool) -> list[Loan]:
        found = self._loans.find_loans(loan_ids, consistent=consistent)
        return [loan for loan_id in loan_ids if isinstance(loan := found.get(loan_id), Loan)]

    def _require_party(self, actor: Actor, loan_id: str) -> Loan:
        if actor.role is not Role.LENDER:
            loan = self._loans.find(loan_id, consistent=True)
            offer = None
        else:
            found = self._loans.find_with_offer(loan_id, actor.user_id, consistent=True)
            loan, offer = found or (None, None)
        if loan is None:
            raise LoanNotFound
        require_party(actor, loan, offer)
        return loan


def _came_before(offer: Offer, at: datetime) -> bool:
    """Return whether an offer, or its acceptance, is not later than a time, which may be in whole seconds."""
    return (offer.accepted_at or offer.created_at).replace(microsecond=0) <= at


def _is_pending(offer: Offer, loan: Loan) -> bool:
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
