"""Imported bank statements: their lines, and the transfer that each line belongs to.

A file is imported as one statement, whatever number of statements and pages it has. Settlements are booked before
returns, so that a payment and its return in one file need no order.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Final

from chalicelib.shared.errors import Conflict, NotFound, Unprocessable
from chalicelib.shared.ids import derived_id, is_id
from chalicelib.shared.money import ZERO, Money
from chalicelib.transfers.domain.bank_file import BankEntry, BankStatement, take_key
from chalicelib.transfers.domain.transfer import Direction, Transfer, TransferStatus

_NUMBER_LENGTH: Final = 4
_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_BEGINNING: Final = datetime(1970, 1, 1, tzinfo=UTC)
MAX_LINES: Final = len(_ALPHABET) ** _NUMBER_LENGTH - 1


class StatementNotFound(NotFound):
    code = "statement_not_found"
    detail = "The statement does not exist."


class LineNotFound(NotFound):
    code = "line_not_found"
    detail = "The line does not exist, or has not been booked yet."


class WrongAccount(Unprocessable):
    code = "wrong_account"
    detail = "The file is a statement of an account other than the platform's."


class LineNotOpen(Conflict):
    """The line is assigned already, or was matched when it was imported."""

    code = "line_not_open"

    def __init__(self, status: LineStatus) -> None:
        super().__init__(f"Only an unmatched line can be assigned or rejected; this one is {status.value}.")


class LineNotAssignable(Conflict):
    """The line can't have moved this transfer's money, or a user's."""

    code = "line_not_assignable"


class LineStatus(StrEnum):
    """The meaning of a line.

    MATCHED: it settled a transfer. RETURNED: it returned one. UNMATCHED: its amount is in suspense until an operator
    decides. ASSIGNED: an operator assigned it to a transfer or user. REJECTED: an operator sends the money back.
    DUPLICATE: an earlier statement has booked the same entry.
    """

    MATCHED = "MATCHED"
    UNMATCHED = "UNMATCHED"
    RETURNED = "RETURNED"
    ASSIGNED = "ASSIGNED"
    REJECTED = "REJECTED"
    DUPLICATE = "DUPLICATE"


class Reason(StrEnum):
    """Reasons for which a line is unmatched, in stable snake case."""

    NO_REFERENCE = "no_reference"
    UNKNOWN_REFERENCE = "unknown_reference"
    AMOUNT_DIFFERS = "amount_differs"
    ALREADY_SETTLED = "already_settled"
    NOT_SUBMITTED = "not_submitted"
    NOT_SETTLED = "not_settled"
    ALREADY_RETURNED = "already_returned"
    INCOMPLETE_PAYOUT = "incomplete_payout"
    AMBIGUOUS_RETURN = "ambiguous_return"


class Action(StrEnum):
    """Effects of the booking of a line."""

    SETTLE = "SETTLE"
    RETURN = "RETURN"
    DEPOSIT = "DEPOSIT"
    SETTLE_PAYOUT = "SETTLE_PAYOUT"
    SEND_BACK = "SEND_BACK"
    SUSPEND = "SUSPEND"


@dataclass(frozen=True, slots=True)
class StatementLine:
    """One bank entry as a statement shows it.

    Args:
        number: its place in the file, from 1.
        entry: the bank's data; its key is the same in every statement.
        reason: why the line is unmatched, else "".
        user_id: who received a deposit without a transfer of its own.
        transaction_id: the journal that moved the money at the import; that of the assignment once assigned.
        related_id: the earlier line of a duplicate; the line that sent a rejected one back; the rejected line that
            this one sends back.
    """

    statement_id: str
    number: int
    entry: BankEntry
    status: LineStatus = LineStatus.UNMATCHED
    reason: str = ""
    transfer_id: str | None = None
    user_id: str | None = None
    transaction_id: str | None = None
    related_id: str | None = None
    version: int = 1

    @property
    def id(self) -> str:
        return line_id(self.statement_id, self.number)

    @property
    def amount(self) -> Money:
        """The amount, positive for a credit."""
        return self.entry.amount

    @property
    def is_open_credit(self) -> bool:
        """True if the line's money is in suspense and can still go back to its payer."""
        is_undecided = self.status is LineStatus.UNMATCHED
        is_rejected = self.status is LineStatus.REJECTED and self.related_id is None
        return self.amount > ZERO and (is_undecided or is_rejected)

    def journal_of(self, transfer: Transfer) -> str | None:
        """Return the journal by which this line settled or returned its transfer."""
        is_settlement = (self.amount > ZERO) is (transfer.direction is Direction.DEPOSIT)
        return transfer.transaction_id if is_settlement else transfer.return_transaction_id


@dataclass(frozen=True, slots=True)
class Statement:
    """An imported file.

    Args:
        opening, closing: balances before the first and after the last entry of the file.
        from_date, to_date: the first and the last day, which cover the days of all entries; the last day is that of the
            closing balance if this is later.
        lines: the number of entries; ``booked`` of them are booked, in the order of the import.
        difference: closing balance minus what is booked up to the last day, once everything is booked.
        previous_closing: the closing balance of the statement that was the newest before, if there was one. If this
            statement begins later with another opening balance, one in between is missing.
    """

    id: str
    iban: str
    from_date: date
    to_date: date
    opening: Money
    closing: Money
    lines: int
    created_at: datetime
    listed: str
    bank_ids: tuple[str, ...] = ()
    booked: int = 0
    matched: int = 0
    unmatched: int = 0
    returned: int = 0
    duplicates: int = 0
    difference: Money | None = None
    previous_closing: Money | None = None

    @property
    def is_booked(self) -> bool:
        return self.booked == self.lines

    @property
    def is_done(self) -> bool:
        return self.difference is not None

    def compared_with(self, booked: Mapping[date, Money], initial: Money = ZERO) -> Statement:
        """Return the statement with its difference, given what is booked of the account's entries by day.

        ``initial`` is the balance of the account before the first imported statement.

        A statement's opening balance and its entries give its closing balance, and all of them are booked. So there is
        a difference only if entries before the statement are missing.
        """
        upto = Money.total(amount for day, amount in booked.items() if day <= self.to_date)
        return replace(self, difference=self.closing - initial - upto)


@dataclass(frozen=True, slots=True)
class KnownFacts:
    """Stored transfers, users and lines that an entry can mean.

    Args:
        transfer: the transfer that the end-to-end id or the reference names.
        owner: the user whose permanent reference the entry has.
        deposits: that user's settled deposits without a reference of their own, newest first.
        payout: the transfers of the payment file that the entry names, if it names no single one.
        rejected: the rejected line that a debit names by its end-to-end id.
        has_open_credit: an unmatched or rejected credit has the names and the amount of this return, so that the bank
            may mean either.
    """

    transfer: Transfer | None = None
    owner: str | None = None
    deposits: tuple[Transfer, ...] = ()
    payout: tuple[Transfer, ...] = ()
    rejected: StatementLine | None = None
    has_open_credit: bool = False


@dataclass(frozen=True, slots=True)
class Decision:
    """The booking of a line: an action on a transfer, a user or a line, or suspense with a reason."""

    action: Action
    transfer: Transfer | None = None
    user_id: str | None = None
    reason: str = ""

    @property
    def status(self) -> LineStatus:
        if self.action is Action.SUSPEND:
            return LineStatus.UNMATCHED
        return LineStatus.RETURNED if self.action is Action.RETURN else LineStatus.MATCHED


def decide(entry: BankEntry, known: KnownFacts) -> Decision:
    """Decide what a bank entry is. What is not certain goes to suspense, with a reason."""
    if known.rejected is not None and known.rejected.amount == -entry.amount:
        return Decision(Action.SEND_BACK)
    if is_return(entry):
        return _return(entry, known)
    return _deposit(entry, known) if entry.amount > ZERO else _payment(entry, known)


def _deposit(entry: BankEntry, known: KnownFacts) -> Decision:
    if known.owner is not None:
        return Decision(Action.DEPOSIT, user_id=known.owner)
    if known.transfer is None or known.transfer.direction is not Direction.DEPOSIT:
        return _suspend(Reason.UNKNOWN_REFERENCE if entry.reference else Reason.NO_REFERENCE)
    if not known.transfer.can_become(TransferStatus.SETTLED):
        return _suspend(Reason.ALREADY_SETTLED)
    return _if_equal(Action.SETTLE, known.transfer, entry.amount)


def _payment(entry: BankEntry, known: KnownFacts) -> Decision:
    if known.payout:
        submitted = (each.amount for each in known.payout if each.status is TransferStatus.SUBMITTED)
        if Money.total(submitted) == -entry.amount:
            return Decision(Action.SETTLE_PAYOUT)
        return _suspend(Reason.INCOMPLETE_PAYOUT)
    if known.transfer is None or known.transfer.direction is not Direction.WITHDRAWAL:
        names_something = entry.end_to_end_id or entry.reference or entry.payment_information_id
        return _suspend(Reason.UNKNOWN_REFERENCE if names_something else Reason.NO_REFERENCE)
    if not known.transfer.can_become(TransferStatus.SETTLED):
        was_paid = known.transfer.status in (TransferStatus.SETTLED, TransferStatus.RETURNED)
        return _suspend(Reason.ALREADY_SETTLED if was_paid else Reason.NOT_SUBMITTED)
    return _if_equal(Action.SETTLE, known.transfer, -entry.amount)


def _return(entry: BankEntry, known: KnownFacts) -> Decision:
    """Decide on a return or reversal: a debit returns a deposit, a credit returns a withdrawal."""
    direction = Direction.WITHDRAWAL if entry.amount > ZERO else Direction.DEPOSIT
    transfer = known.transfer
    if transfer is None and direction is Direction.DEPOSIT:
        equal = (each for each in known.deposits if each.amount == -entry.amount)
        transfer = next(equal, None)
    if transfer is None or transfer.direction is not direction:
        return _suspend(Reason.UNKNOWN_REFERENCE)
    if not transfer.can_become(TransferStatus.RETURNED):
        is_returned = transfer.status is TransferStatus.RETURNED
        return _suspend(Reason.ALREADY_RETURNED if is_returned else Reason.NOT_SETTLED)
    if known.has_open_credit:
        return _suspend(Reason.AMBIGUOUS_RETURN)
    return _if_equal(Action.RETURN, transfer, abs(entry.amount))


def _if_equal(action: Action, transfer: Transfer, amount: Money) -> Decision:
    return Decision(action, transfer) if transfer.amount == amount else _suspend(Reason.AMOUNT_DIFFERS)


def _suspend(reason: Reason) -> Decision:
    return Decision(Action.SUSPEND, reason=reason.value)


def decide_assignment(line: StatementLine, transfer: Transfer) -> Action:
    """Return what the assignment of an unmatched line to a transfer does with it.

    Raises:
        LineNotAssignable: the line can't be the transfer's money.
    """
    is_credit, is_deposit = line.amount > ZERO, transfer.direction is Direction.DEPOSIT
    action = Action.SETTLE if is_credit is is_deposit else Action.RETURN
    target = TransferStatus.SETTLED if action is Action.SETTLE else TransferStatus.RETURNED
    if not transfer.can_become(target):
        raise LineNotAssignable(
            f"The {transfer.direction.value.lower()} is {transfer.status.value}, so it cannot become {target.value}."
        )
    if transfer.amount != abs(line.amount):
        raise LineNotAssignable(f"The transfer's amount is {transfer.amount}, the line's is {abs(line.amount)}.")
    return action


def is_return(entry: BankEntry) -> bool:
    """Return True if the bank marks an entry as the return or reversal of an earlier one.

    As a sort key, it puts what returns a payment after all payments.
    """
    return entry.is_reversal or bool(entry.return_reason)


@dataclass(frozen=True, slots=True)
class StatementEnd:
    """The balances of a statement, and a function that returns the keys of its entries."""

    opening: Money
    closing: Money
    keys: Callable[[], frozenset[str]]


def end_of(part: BankStatement) -> StatementEnd:
    return StatementEnd(part.opening, part.closing, lambda: frozenset(entry.key for entry in part.entries))


def with_continued_keys(part: BankStatement, ended: Sequence[StatementEnd]) -> BankStatement:
    """Return a statement whose entries have other keys than those of the statements that it continues.

    A statement that begins with the closing balance of another one of its first day contains none of that one's
    entries, so that equal entries are further payments. If another one of that day also has its opening balance, it
    may be the same statement again; then, and for entries with the bank's reference, equal entries are the same.

    Args:
        part: the statement as the bank sends it.
        ended: the statements of the account that ended on the first day of its entries.
    """
    if any(each.opening == part.opening for each in ended):
        return part
    used = dict.fromkeys(_keys_before(part.opening, ended), "")
    entries = []
    for entry in part.entries:
        key = entry.key if entry.has_servicer_reference else take_key(entry.key, used)
        entries.append(replace(entry, key=key))
    return replace(part, entries=tuple(entries))


def _keys_before(balance: Money, ended: Sequence[StatementEnd]) -> set[str]:
    """Return the keys of the statements that lead to a balance, each with the closing balance that the next opens."""
    used, balances, others = set[str](), [balance], list(ended)
    while balances:
        closing = balances.pop()
        for each in [each for each in others if each.closing == closing]:
            others.remove(each)
            used |= each.keys()
            balances.append(each.opening)
    return used


def names_of(entry: BankEntry) -> list[str]:
    """Return the reference and the id by which an entry can name a transfer, a user or a line."""
    named = [entry.reference, entry.end_to_end_id if is_id(entry.end_to_end_id) else ""]
    return [name for name in named if name]


def statement_of_file(parts: Sequence[BankStatement], digest: str, *, created_at: datetime, listed: str) -> Statement:
    """Return the statement of a file; the same file always has the same id.

    Args:
        parts: the statements in the file, of one account.
        digest: the digest of the file's bytes.
        created_at: the time of the import.
        listed: the position in the list of statements.
    """
    ordered = sorted(parts, key=lambda part: (part.from_date, part.to_date, part.sequence or 0))
    days = [entry.booked_on for part in parts for entry in part.entries]
    return Statement(
        id=statement_id(parts, digest),
        iban=ordered[0].iban,
        from_date=min([*(part.from_date for part in parts), *days]),
        to_date=max([*(part.to_date for part in parts), *days]),
        opening=ordered[0].opening,
        closing=ordered[-1].closing,
        lines=sum(len(part.entries) for part in parts),
        created_at=created_at,
        listed=listed,
        bank_ids=tuple(part.statement_id for part in ordered),
    )


def statement_id(parts: Sequence[BankStatement], digest: str) -> str:
    """Return the id of a file: a ULID that ends in zeros, which the numbers of its lines replace."""
    created_at = max(_BEGINNING, *(part.created_at for part in parts))
    return derived_id(created_at, digest)[:-_NUMBER_LENGTH] + _ALPHABET[0] * _NUMBER_LENGTH


def line_id(statement: str, number: int) -> str:
    """Return the id of a line: its statement's id with the line's number, from 1, in the last four characters."""
    text = ""
    for _ in range(_NUMBER_LENGTH):
        number, digit = divmod(number, len(_ALPHABET))
        text = _ALPHABET[digit] + text
    return statement[:-_NUMBER_LENGTH] + text


def place_of(line: str) -> tuple[str, int] | None:
    """Return the statement and number of a line's id; None if it has another form."""
    if not is_id(line):
        return None
    number = 0
    for character in line[-_NUMBER_LENGTH:]:
        number = number * len(_ALPHABET) + _ALPHABET.index(character)
    return line[:-_NUMBER_LENGTH] + _ALPHABET[0] * _NUMBER_LENGTH, number
