"""Loan requests of borrowers, and quotes for anyone."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

from chalicelib.dynamodb.errors import AlreadyWrittenError
from chalicelib.dynamodb.idempotency import IdempotencyKey, IdempotencyStore, IdempotentResult
from chalicelib.dynamodb.retry import retry_on_conflict
from chalicelib.dynamodb.transaction import TransactionTooLarge
from chalicelib.lending_math.amortisation import Method
from chalicelib.lending_math.quote import Quote, QuoteTerms, quote
from chalicelib.loans.domain.arrears import ArrearsTerms
from chalicelib.loans.domain.borrowing_costs import estimated_costs
from chalicelib.loans.domain.errors import LoanAmountOutOfRange, LoanNotFound
from chalicelib.loans.domain.loan import Loan, LoanStatus, UnwindKind, request_expiry_date
from chalicelib.loans.domain.visibility import LoanView, require_borrower, view_for
from chalicelib.loans.repository.loans import LoanRepository
from chalicelib.origination.domain.unwind import after_unwind
from chalicelib.origination.service.unwind import BATCH, UnwindService
from chalicelib.shared.actor import Actor, Role
from chalicelib.shared.clock import Clock
from chalicelib.shared.ids import new_id
from chalicelib.shared.money import Money, Rate
from chalicelib.shared.settings import Settings
from chalicelib.wallets.domain.wallet import BorrowingChange, BorrowingLimits, ExposureLimit
from chalicelib.wallets.service import WalletService


@dataclass(frozen=True, slots=True)
class LoanTerms:
    """Terms of a loan request; ``term_months`` None means the deployment's default."""

    amount: Money
    annual_rate: Rate
    term_months: int | None = None
    purpose: str = ""
    method: Method = Method.ANNUITY


class LoanRequestService:
    """Quotes, requests, and cancellation before a loan is funded."""

    def __init__(
        self,
        loans: LoanRepository,
        unwind: UnwindService,
        wallets: WalletService,
        idempotency: IdempotencyStore,
        clock: Clock,
        settings: Settings,
    ) -> None:
        self._loans = loans
        self._unwind = unwind
        self._wallets = wallets
        self._idempotency = idempotency
        self._clock = clock
        self._settings = settings

    def quote(self, terms: QuoteTerms) -> Quote:
        """Calculate the schedule and the yearly rates of some terms; stores nothing and is open to anyone.

        The start date defaults to today, the number of instalments to the deployment's default.

        Raises:
            InvalidTerms, TermsNotAmortisable, NoRateExists
        """
        return quote(terms, today=self._clock().date(), default_payments=self._settings.default_payment_terms)

    def request(
        self, actor: Actor, terms: LoanTerms, idempotency_key: IdempotencyKey | None = None
    ) -> IdempotentResult[LoanView]:
        """Request a loan.

        Raises:
            RoleRequired: the actor is not a borrower.
            LoanAmountOutOfRange: the deployment does not lend this amount.
            TermsNotAmortisable: the terms give no schedule in whole cents.
            TooManyRequestsOpen, ExposureLimit, AccountFrozen, TokenRevoked
        """
        actor.must_be(Role.BORROWER)
        limits = BorrowingLimits(self._settings.max_open_requests, self._settings.max_borrower_exposure)

        def request() -> LoanView:
            loan = self._new_loan(actor, terms)
            if limits.exposure and loan.amount > limits.exposure:
                raise ExposureLimit(limit=limits.exposure, exposure=self._wallets.balance_of(actor.user_id).exposure)
            writes = self._loans.writes()
            self._idempotency.add(writes, idempotency_key, {"loan": loan.id})
            self._loans.add_new_loan(writes, loan)
            requested = {actor.user_id: BorrowingChange(1, loan.amount, limits)}
            self._wallets.add(writes, actor=actor, must_be_active=True, borrowing=requested)
            with suppress(AlreadyWrittenError):  # a loan with this id exists: the first response was lost
                writes.commit()
            return LoanView(loan, autopay=loan.autopay)

        return self._idempotency.execute(idempotency_key, request, partial(self._replay, actor))

    def cancel(
        self, actor: Actor, loan_id: str, idempotency_key: IdempotencyKey | None = None
    ) -> IdempotentResult[LoanView]:
        """Cancel a request before it is funded.

        Raises:
            RoleRequired, LoanNotFound, NotTheBorrower, LoanBeingRefunded
            LoanNotCancellable: the loan was funded, or has ended.
        """
        return self._end_funding(actor, loan_id, UnwindKind.CANCELLATION, idempotency_key)

    def release(
        self, actor: Actor, loan_id: str, idempotency_key: IdempotencyKey | None = None
    ) -> IdempotentResult[LoanView]:
        """Give up every acceptance before the loan is funded: it is open again and keeps its other offers.

        Up to 25 lenders are refunded immediately; for more, the loan is ``refunding`` until the worker is done.

        Raises:
            RoleRequired, LoanNotFound, NotTheBorrower, LoanBeingRefunded, TokenRevoked
            LoanNotReleasable: no offer is accepted, the loan was funded, or has ended.
        """
        return self._end_funding(actor, loan_id, UnwindKind.RELEASE, idempotency_key)

    def _end_funding(
        self, actor: Actor, loan_id: str, kind: UnwindKind, idempotency_key: IdempotencyKey | None
    ) -> IdempotentResult[LoanView]:
        actor.must_be(Role.BORROWER)

        def end_funding(most: int = BATCH if kind is UnwindKind.RELEASE else 1) -> LoanView:
            found = self._loans.find_with_offers(loan_id, consistent=True)
            loan = require_borrower(actor, found[0] if found else None)
            offers = found[1] if found else []
            if kind is UnwindKind.RELEASE:
                loan.require_releasable()
            else:
                loan.require_cancellable()
            writes = self._loans.writes()
            self._idempotency.add(writes, idempotency_key, {"loan": loan.id})
            after = self._unwind.add_unwind(writes, loan, offers, kind, actor=actor, most=most)
            try:
                writes.commit()
            except TransactionTooLarge:  # the refunds pay receivables too: the worker takes fewer at a time
                return end_funding(1)
            return view_for(actor, after, offers if after.refunding else after_unwind(kind, offers))

        operation = partial(retry_on_conflict, end_funding)
        return self._idempotency.execute(idempotency_key, operation, partial(self._replay, actor))

    def _new_loan(self, actor: Actor, terms: LoanTerms) -> Loan:
        now = self._clock()
        settings = self._settings
        if not settings.min_loan_amount <= terms.amount <= settings.max_loan_amount:
            raise LoanAmountOutOfRange(settings.min_loan_amount, settings.max_loan_amount)
        term_months = terms.term_months or settings.default_payment_terms
        expires_on = request_expiry_date(now, settings.loan_request_days)
        return Loan(
            id=new_id(now),
            borrower_id=actor.user_id,
            borrower_username=actor.username,
            amount=terms.amount,
            term_months=term_months,
            requested_rate=terms.annual_rate,
            annual_rate=terms.annual_rate,
            method=terms.method,
            purpose=terms.purpose,
            status=LoanStatus.REQUESTED,
            costs=estimated_costs(terms.amount, terms.annual_rate, term_months, terms.method, now.date()),
            fee=settings.platform_fee,
            arrears_terms=ArrearsTerms(
                grace_days=settings.late_fee_grace_days,
                percent=settings.late_fee_percent,
                flat=settings.late_fee_flat,
                charges_interest=settings.overdue_interest,
                materiality=settings.default_materiality,
                tolerance=settings.settlement_tolerance,
            ),
            default_days=settings.default_days,
            created_at=now,
            request_expires_on=expires_on,
            next_action_on=expires_on,
        )

    def _replay(self, actor: Actor, result: Mapping[str, str]) -> LoanView:
        found = self._loans.find_with_offers(result["loan"], consistent=True)
        if found is None:
            raise LoanNotFound
        return view_for(actor, *found)
