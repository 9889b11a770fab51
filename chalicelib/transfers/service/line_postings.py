"""Book bank entries: each line, its entry, its money and its transfer in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Final

from chalicelib.dynamodb.transaction import WriteTransaction
from chalicelib.shared.clock import Clock
from chalicelib.shared.errors import Conflict
from chalicelib.shared.ids import is_id, new_id
from chalicelib.shared.money import ZERO
from chalicelib.transfers.domain.bank_file import BankEntry
from chalicelib.transfers.domain.decision import Decision as Transition
from chalicelib.transfers.domain.notification import NotificationOutcome, NotificationType, TransferEvent
from chalicelib.transfers.domain.statement import (
    Action,
    Decision,
    KnownFacts,
    LineStatus,
    StatementLine,
    decide,
    is_return,
    names_of,
)
from chalicelib.transfers.domain.transfer import Direction, Transfer, TransferStatus
from chalicelib.transfers.repository.statements import StatementRepository
from chalicelib.transfers.repository.transfers import TransferRepository
from chalicelib.transfers.service.transfers import TransferService
from chalicelib.wallets.domain.ledger import EXTERNAL_CASH, PLATFORM_SUSPENSE, EntryType, Journal, transfer
from chalicelib.wallets.service import WalletService

_DEPOSITS_SEARCHED: Final = 100
_COUNTERS: Final = {
    LineStatus.MATCHED: "matched",
    LineStatus.UNMATCHED: "unmatched",
    LineStatus.RETURNED: "returned",
    LineStatus.DUPLICATE: "duplicates",
}


PayoutReader = Callable[[str], Sequence[str]]
"""Returns the ids of a payout's withdrawals; none if there is no such payout."""


class LinePostings:
    """Decides what each line of a statement is, and books it.

    A line is booked under the number of lines of its statement that are booked before it. If another worker books the
    same line or the same entry first, nothing happens and `LineOvertaken` is raised.
    """

    def __init__(
        self,
        statements: StatementRepository,
        repository: TransferRepository,
        transfers: TransferService,
        payouts: PayoutReader,
        wallets: WalletService,
        clock: Clock,
    ) -> None:
        self._statements = statements
        self._repository = repository
        self._transfers = transfers
        self._payouts = payouts
        self._wallets = wallets
        self._clock = clock

    def book(self, line: StatementLine, iban: str, position: int, earlier: str | None) -> None:
        """Book a line.

        Args:
            line: the line, not stored yet.
            iban: the account of its statement.
            position: the number of lines of the statement that are booked before it.
            earlier: the id of the line that has booked the same entry; None if there is none.

        Raises:
            LineOvertaken: another worker has booked the line, or its entry.
            OptimisticLockError: what the decision depends on has changed.
        """
        if earlier == line.id:  # a step died while it settled the withdrawals of a payout
            self._settle_payout(line, position)
        elif earlier is not None:
            self._book_duplicate(line, position, earlier)
        else:
            try:
                self._book_new(line, iban, position)
            except Conflict as error:  # the transfer's state or wallet forbids it
                self._suspend(replace(line, reason=error.code), iban, position)

    def complete(self, line_id: str) -> None:
        """Do what follows the booking of a line, if a step died directly after it. Repeating it is harmless."""
        line = self._statements.find_line(line_id)
        if line is not None and line.transfer_id is not None:
            self._transfers.complete(self._transfers.get(line.transfer_id))

    def _book_new(self, line: StatementLine, iban: str, position: int) -> None:
        known = self._known(line.entry)
        decision = decide(line.entry, known)
        if decision.transfer is not None:
            self._apply(line, decision, decision.transfer, known, iban, position)
        elif decision.user_id is not None:
            deposit_id = new_id(self._clock())
            matched = replace(line, status=decision.status, transfer_id=deposit_id, user_id=decision.user_id)
            record = partial(self._add_line, line=matched, iban=iban, position=position)
            self._transfers.create_settled_deposit(deposit_id, decision.user_id, line.amount, record)
        elif decision.action is Action.SETTLE_PAYOUT:
            self._book_payout(line, iban)
            self._settle_payout(line, position)
        else:
            self._suspend(line, iban, position, decision, known.rejected)

    def _apply(
        self,
        line: StatementLine,
        decision: Decision,
        matched: Transfer,
        known: KnownFacts,
        iban: str,
        position: int,
    ) -> None:
        """Settle or return a transfer; if its state forbids this meanwhile, suspend the line."""
        kind = NotificationType.RETURNED if decision.action is Action.RETURN else NotificationType.SETTLED
        event = TransferEvent(kind, abs(line.amount), line.entry.return_reason or None)

        def record(writes: WriteTransaction, effect: Transition) -> None:
            if effect.outcome is NotificationOutcome.APPLIED:
                booked = replace(line, status=decision.status, transfer_id=matched.id)
                self._add_line(writes, booked, iban, position)
            else:
                present = decide(line.entry, replace(known, transfer=effect.transfer))
                self._add_suspended(writes, replace(line, reason=present.reason), iban, position)

        self._transfers.apply(matched.id, event, record, may_hold=False)

    def _suspend(
        self,
        line: StatementLine,
        iban: str,
        position: int,
        decision: Decision | None = None,
        rejected: StatementLine | None = None,
    ) -> None:
        """Book a line to suspense, for an operator to decide or as the return of a rejected line."""
        writes = self._statements.writes()
        if decision is not None:
            line = replace(line, status=decision.status, reason=decision.reason)
        if rejected is not None and line.status is LineStatus.MATCHED:
            line = replace(line, related_id=rejected.id)
            closed = replace(rejected, related_id=line.id, version=rejected.version + 1)
            self._statements.add_line_change(writes, rejected, closed)
        self._add_suspended(writes, line, iban, position)
        writes.commit()

    def _book_duplicate(self, line: StatementLine, position: int, earlier: str) -> None:
        writes = self._statements.writes()
        duplicate = replace(line, status=LineStatus.DUPLICATE, related_id=earlier)
        self._statements.add_line(writes, duplicate)
        self._add_progress(writes, duplicate, position)
        writes.commit()

    def _book_payout(self, line: StatementLine, iban: str) -> None:
        """Book the debit of a whole payment file to suspense, from which its withdrawals are settled one by one."""
        writes = self._statements.writes()
        journal = self._suspense_journal(line)
        booked = replace(line, status=LineStatus.MATCHED, transaction_id=journal.id)
        self._wallets.add(writes, journal)
        self._add_booking(writes, booked, iban)
        writes.commit()

    def _settle_payout(self, line: StatementLine, position: int) -> None:
        """Settle the withdrawals of a payment file, then count its line. A repetition continues where it stopped."""
        for withdrawal in self._payout(line.entry):
            if withdrawal.status is TransferStatus.SUBMITTED:
                event = TransferEvent(NotificationType.SETTLED)
                self._transfers.apply(
                    withdrawal.id,
                    event,
                    lambda writes, _: self._statements.add_line_check(writes, line),
                    cash_account=PLATFORM_SUSPENSE,
                )
        writes = self._statements.writes()
        self._add_progress(writes, replace(line, status=LineStatus.MATCHED), position)
        writes.commit()

    def _add_suspended(self, writes: WriteTransaction, line: StatementLine, iban: str, position: int) -> None:
        journal = self._suspense_journal(line)
        self._wallets.add(writes, journal)
        self._statements.add_suspended_credit(writes, line)
        self._add_line(writes, replace(line, transaction_id=journal.id), iban, position)

    def _suspense_journal(self, line: StatementLine) -> Journal:
        now = self._clock()
        lines = transfer(EXTERNAL_CASH, PLATFORM_SUSPENSE, line.amount, EntryType.ADJUSTMENT)
        return Journal(new_id(now), now, lines, "Bank entry without a transfer", line.id)

    def _add_line(self, writes: WriteTransaction, line: StatementLine, iban: str, position: int) -> None:
        self._add_booking(writes, line, iban)
        self._add_progress(writes, line, position)

    def _add_booking(self, writes: WriteTransaction, line: StatementLine, iban: str) -> None:
        self._statements.add_entry(writes, line)
        self._statements.add_line(writes, line)
        self._statements.add_booked(writes, iban, line.entry.booked_on, line.amount)

    def _add_progress(self, writes: WriteTransaction, line: StatementLine, position: int) -> None:
        counts = {"booked": 1, _COUNTERS[line.status]: 1}
        self._statements.add_progress(writes, line.statement_id, counts, position=position)

    def _known(self, entry: BankEntry) -> KnownFacts:
        """Look up what an entry names. Only the index of references can lag behind, by moments."""
        found = self._repository.find(entry.end_to_end_id) if is_id(entry.end_to_end_id) else None
        owner: str | None = None
        is_deposit = entry.amount > ZERO and not is_return(entry)
        if entry.reference and (is_deposit or found is None):
            named = self._transfers.find_reference(entry.reference)
            if named is not None and named.transfer_id is not None:
                found = self._repository.find(named.transfer_id)
            owner = named.user_id if named is not None else None
        if entry.amount > ZERO:
            return KnownFacts(found, owner)
        rejected = self._rejected(entry)
        if is_return(entry):
            deposits = self._settled_deposits(owner) if owner and found is None else ()
            has_open_credit = rejected is None and self._has_open_credit(entry, found)
            return KnownFacts(found, owner, deposits, rejected=rejected, has_open_credit=has_open_credit)
        return KnownFacts(found, owner, payout=() if found else self._payout(entry), rejected=rejected)

    def _settled_deposits(self, user_id: str) -> tuple[Transfer, ...]:
        page = self._repository.page_of_user(
            user_id, limit=_DEPOSITS_SEARCHED, direction=Direction.DEPOSIT, status=TransferStatus.SETTLED
        )
        return page.items

    def _payout(self, entry: BankEntry) -> tuple[Transfer, ...]:
        payout_id = entry.payment_information_id
        if not is_id(payout_id):
            return ()
        return tuple(self._transfers.find_many(self._payouts(payout_id)).values())

    def _rejected(self, entry: BankEntry) -> StatementLine | None:
        """Return the open rejected line that a debit names, if any."""
        if not is_id(entry.end_to_end_id):
            return None
        line = self._statements.find_line(entry.end_to_end_id)
        is_open = line is not None and line.status is LineStatus.REJECTED and line.is_open_credit
        return line if is_open else None

    def _has_open_credit(self, entry: BankEntry, found: Transfer | None) -> bool:
        """Return True if an open credit has the amount of a debit and one of the names of its transfer or owner."""
        names = [*names_of(entry), *((found.reference, found.id) if found else ())]
        lines = self._statements.suspended_credits(names, -entry.amount)
        return any(line.is_open_credit for line in lines)
