"""Bank statements, their lines, and what is booked of a bank account, in DynamoDB."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from functools import partial
from heapq import merge
from itertools import islice
from typing import Any, Final

from pynamodb.constants import STRING

from chalicelib.dynamodb.attributes import RawItem
from chalicelib.dynamodb.database import Database, Page, already_written
from chalicelib.dynamodb.expressions import PreparedCondition, PreparedUpdate, placeholder
from chalicelib.dynamodb.model import item_absent, item_exists, version_unchanged
from chalicelib.dynamodb.transaction import WriteTransaction
from chalicelib.shared.clock import Clock
from chalicelib.shared.money import ZERO, Money
from chalicelib.transfers.domain.bank_file import BankEntry
from chalicelib.transfers.domain.statement import (
    MAX_LINES,
    LineNotFound,
    LineNotOpen,
    LineStatus,
    Statement,
    StatementEnd,
    StatementLine,
    line_id,
    names_of,
    place_of,
)
from chalicelib.transfers.models import (
    BookedDayItem,
    EntriesItem,
    EntryItem,
    LineItem,
    NewestStatementItem,
    ProgressItem,
    StatementEndItem,
    StatementItem,
    SuspendedCreditItem,
)

_STATEMENT: Final = "STATEMENT#"
_ENTRY: Final = "ENTRY#"
_BANK: Final = "BANK#"
_LINE: Final = "LINE#"
_BOOKED: Final = "BOOKED#"
_SUSPENDED: Final = "SUSPENDED#"
_ENTRIES: Final = "ENTRIES#"
_ENDED: Final = "ENDED#"
_LISTED: Final = "STATEMENT"
_RETENTION: Final = timedelta(days=90)
"""Stored entries are read once, by the import; then the lines have them."""
_CHUNK_BYTES: Final = 200_000
"""An item has up to 400 KB."""
_VALUE_BYTES: Final = 4
MAX_READ_ENTRIES: Final = 100
_COUNTERS: Final = ("booked", "matched", "unmatched", "returned", "duplicates")


class LineOvertaken(Exception):
    """Another worker has booked the line, or another line its entry: continue after it."""


NumberedEntry = tuple[int, BankEntry]
"""An entry and its number in the file, from 1."""


def _count() -> PreparedUpdate:
    actions = [getattr(ProgressItem, name).add(placeholder(name)) for name in _COUNTERS]
    return PreparedUpdate(*actions)


def _at_position() -> PreparedCondition:
    booked: Any = ProgressItem.booked
    return PreparedCondition(booked == placeholder("position"))


_COUNT: Final = _count()
_AT_POSITION: Final = _at_position()
_ADD_BOOKED: Final = PreparedUpdate(BookedDayItem.cents.add(placeholder("cents")))
_CONCLUDE: Final = PreparedUpdate(StatementItem.difference_cents.set(placeholder("difference")))
_CONCLUDE_NEXT: Final = PreparedUpdate(
    StatementItem.difference_cents.set(placeholder("difference")),
    StatementItem.previous_closing_cents.set(placeholder("previous")),
)
_NOT_CONCLUDED: Final = PreparedCondition(StatementItem.difference_cents.does_not_exist())
_NEWEST_UNCHANGED: Final = PreparedCondition(NewestStatementItem.statement_id == placeholder("before", STRING))


class StatementRepository:
    """Statements by id, lines by statement and by status, and the booked amounts of a bank account by day."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def writes(self) -> WriteTransaction:
        return WriteTransaction(self._database)

    # Statements

    def find(self, statement_id: str) -> Statement | None:
        """Read a statement with its progress consistently."""
        return self.find_many([statement_id]).get(statement_id)

    def find_many(self, statement_ids: Iterable[str]) -> dict[str, Statement]:
        """Read up to 50 statements consistently; unknown ids are missing."""
        partitions = [_STATEMENT + each for each in dict.fromkeys(statement_ids)]
        keys = [(partition, sort) for partition in partitions for sort in ("STATEMENT", "PROGRESS")]
        models = {"STATEMENT": StatementItem, "PROGRESS": ProgressItem}
        items = self._database.get_mixed(models, keys, consistent=True) if keys else []
        progress = {item.pk: item for item in items if isinstance(item, ProgressItem)}
        statements = (item for item in items if isinstance(item, StatementItem))
        found = (_statement(item, progress[item.pk]) for item in statements)
        return {statement.id: statement for statement in found}

    def page(self, *, limit: int, before: str | None) -> Page[str]:
        """Read the ids of statements, newest import first, imported before position ``before``."""
        page = self._database.query(
            StatementItem,
            _LISTED,
            StatementItem.listed < before if before else None,
            index=StatementItem.by_status,
            limit=limit,
            newest_first=True,
        )
        return Page(tuple(item.pk.removeprefix(_STATEMENT) for item in page.items), page.last_key)

    def add(self, writes: WriteTransaction, statement: Statement, entries: Sequence[NumberedEntry]) -> None:
        """Add a new statement with its entries in the order of the import.

        Only the first entries are part of the transaction; the others are stored before. Storing them again changes
        nothing, and they expire if no statement follows. Committing raises AlreadyWrittenError if the file was imported
        before.
        """
        position, partition = 0, _STATEMENT + statement.id
        for chunk in _chunks(entries):
            stored = EntriesItem(
                partition,
                _chunk_key(position),
                rows=[[number, *_row(entry)] for number, entry in chunk],
                expires_at=int((self._clock() + _RETENTION).timestamp()),
            )
            together = self.writes() if position else writes
            together.put(stored)
            if position:
                together.commit()
            position += len(chunk)
        item = StatementItem(
            partition,
            listed=statement.listed,
            iban=statement.iban,
            from_date=statement.from_date,
            to_date=statement.to_date,
            opening_cents=statement.opening.cents,
            closing_cents=statement.closing.cents,
            lines=statement.lines,
            bank_ids=list(statement.bank_ids),
            created_at=statement.created_at,
        )
        writes.put(item, when=item_absent(StatementItem), on_condition_failed=already_written)
        writes.put(
            StatementEndItem(
                _BANK + statement.iban,
                f"{_ENDED}{statement.to_date}#{statement.id}",
                opening_cents=statement.opening.cents,
                closing_cents=statement.closing.cents,
            )
        )
        counters = dict.fromkeys(_COUNTERS, 0)
        writes.put(ProgressItem(partition, **counters), when=item_absent(ProgressItem))

    def ended_on(self, iban: str, day: date) -> list[StatementEnd]:
        """Read the balances of the statements that ended on a day, consistently.

        Their ``keys`` read the entries; expired ones are missing.
        """
        prefix = f"{_ENDED}{day}#"
        items = self._database.query_all(
            StatementEndItem, _BANK + iban, StatementEndItem.sk.startswith(prefix), consistent=True
        )
        return [
            StatementEnd(
                Money(item.opening_cents),
                Money(item.closing_cents),
                partial(self._keys_of, item.sk.removeprefix(prefix)),
            )
            for item in items
        ]

    def _keys_of(self, statement_id: str) -> frozenset[str]:
        chunks = self._database.query_all(
            EntriesItem, _STATEMENT + statement_id, EntriesItem.sk.startswith(_ENTRIES), consistent=True
        )
        return frozenset(_entry(row).key for item in chunks for _, *row in item.rows)

    def entries_from(self, statement_id: str, position: int) -> list[NumberedEntry]:
        """Read up to 100 entries that follow after ``position`` others in the order of the import.

        Raises:
            LookupError: they have expired.
        """
        where = EntriesItem.sk.between(_chunk_key(0), _chunk_key(position))
        page = self._database.query(
            EntriesItem, _STATEMENT + statement_id, where, limit=1, newest_first=True, consistent=True
        )
        if not page.items:
            raise LookupError(f"the entries of statement {statement_id} have expired")
        [item] = page.items
        before = position - int(item.sk.rpartition("#")[2])
        return [(number, _entry(row)) for number, *row in item.rows[before:]]

    def add_progress(
        self, writes: WriteTransaction, statement_id: str, counts: Mapping[str, int], *, position: int | None = None
    ) -> None:
        """Add to the counters of a statement.

        Args:
            counts: increments by name: ``booked``, ``matched``, ``unmatched``, ``returned``, ``duplicates``.
            position: the number of lines booked before; if another worker has booked meanwhile, committing raises
                LineOvertaken.
        """
        increments = {name: counts.get(name, 0) for name in _COUNTERS}
        when = None if position is None else _AT_POSITION(position=position)
        item = ProgressItem(_STATEMENT + statement_id)
        writes.update(item, _COUNT(**increments), when=when, on_condition_failed=_overtaken)

    def add_conclusion(self, writes: WriteTransaction, statement: Statement) -> None:
        """Add the difference of a completely booked statement, and the closing balance of the one before.

        Committing raises AlreadyWrittenError if it has them.
        """
        if statement.difference is None:
            raise ValueError("the statement has not been compared")
        change = _CONCLUDE(difference=statement.difference.cents)
        if (previous := statement.previous_closing) is not None:
            change = _CONCLUDE_NEXT(difference=statement.difference.cents, previous=previous.cents)
        item = StatementItem(_STATEMENT + statement.id)
        writes.update(item, change, when=_NOT_CONCLUDED(), on_condition_failed=already_written)

    # Lines

    def find_line(self, line_id: str) -> StatementLine | None:
        """Read a booked line consistently."""
        place = place_of(line_id)
        if place is None:
            return None
        statement_id, number = place
        item = self._database.get(LineItem, _STATEMENT + statement_id, _line_key(number), consistent=True)
        return None if item is None else _line(item)

    def add_line(self, writes: WriteTransaction, line: StatementLine) -> None:
        """Add a booked line. Committing raises LineOvertaken if it is booked already."""
        writes.put(_line_item(line), when=item_absent(LineItem), on_condition_failed=_overtaken)

    def add_line_check(self, writes: WriteTransaction, line: StatementLine) -> None:
        """Add the condition that a line is booked."""
        writes.check(LineItem(_STATEMENT + line.statement_id, _line_key(line.number)), when=item_exists(LineItem))

    def add_line_change(self, writes: WriteTransaction, before: StatementLine, after: StatementLine) -> None:
        """Add a changed line; committing raises OptimisticLockError if it has changed since it was read."""
        writes.put(_line_item(after), when=version_unchanged(LineItem, before.version))

    def add_decision(self, writes: WriteTransaction, before: StatementLine, after: StatementLine) -> None:
        """Add an unmatched line after an operator's decision; committing raises LineNotOpen if it has another."""

        def not_open(old: RawItem | None) -> Exception:
            return LineNotFound() if old is None else LineNotOpen(LineStatus(old["status"]["S"]))

        unchanged = version_unchanged(LineItem, before.version)
        writes.put(_line_item(after), when=unchanged, on_condition_failed=not_open)

    def page_of_lines(
        self, statement_id: str, *, limit: int, after: str | None, status: LineStatus | None
    ) -> tuple[list[StatementLine], str | None]:
        """Read booked lines of a statement by number, after the line ``after``. With a status, pages can be short.

        Returns:
            The lines, and the id of the last one that was read, None at the end.
        """
        place = place_of(after) if after else None
        where = LineItem.sk.between(_line_key(place[1] + 1 if place else 1), _line_key(MAX_LINES))
        only = LineItem.status == status.value if status else None
        page = self._database.query(LineItem, _STATEMENT + statement_id, where, only=only, limit=limit, consistent=True)
        last = page.last_key and line_id(statement_id, int(page.last_key["sk"]["S"].removeprefix(_LINE)))
        return [_line(item) for item in page.items], last or None

    def newest_lines(self, statuses: Iterable[LineStatus], *, limit: int, before: str | None) -> list[StatementLine]:
        """Read booked lines of all statements, newest first, with ids below ``before``. One read per status."""
        where = LineItem.listed < before if before else None
        pages = (
            self._database.query(
                LineItem,
                _LINE + status.value,
                where,
                index=LineItem.by_status,
                limit=limit,
                newest_first=True,
            ).items
            for status in statuses
        )
        lines = [map(_line, items) for items in pages]
        return list(islice(merge(*lines, key=lambda line: line.id, reverse=True), limit))

    def add_suspended_credit(self, writes: WriteTransaction, line: StatementLine) -> None:
        """Add a credit in suspense under the names that it gives, to find it when the bank returns it."""
        if line.amount > ZERO:
            for name in names_of(line.entry):
                writes.put(SuspendedCreditItem(_SUSPENDED + name, _suspended_key(line.amount) + line.id))

    def suspended_credits(self, names: Iterable[str], amount: Money) -> list[StatementLine]:
        """Read credits of an amount that were booked to suspense under some names, consistently."""
        prefix = _suspended_key(amount)
        where = SuspendedCreditItem.sk.startswith(prefix)
        items = (
            item
            for name in dict.fromkeys(names)
            for item in self._database.query_all(SuspendedCreditItem, _SUSPENDED + name, where, consistent=True)
        )
        found = dict.fromkeys(item.sk.removeprefix(prefix) for item in items)
        return [line for line_id in found if (line := self.find_line(line_id)) is not None]

    # Entries and the bank account

    def find_entries(self, keys: Iterable[str]) -> dict[str, str]:
        """Read up to 100 entries consistently; returns the ids of their lines by key."""
        wanted = [(_ENTRY + key, "ENTRY") for key in dict.fromkeys(keys)]
        items = self._database.get_mixed({"ENTRY": EntryItem}, wanted, consistent=True) if wanted else []
        return {item.pk.removeprefix(_ENTRY): item.line_id for item in items if isinstance(item, EntryItem)}

    def add_entry(self, writes: WriteTransaction, line: StatementLine) -> None:
        """Add a bank entry. Committing raises LineOvertaken if a line has booked it before."""
        item = EntryItem(_ENTRY + line.entry.key, line_id=line.id)
        writes.put(item, when=item_absent(EntryItem), on_condition_failed=_overtaken)

    def add_booked(self, writes: WriteTransaction, iban: str, day: date, amount: Money) -> None:
        """Add an amount to what is booked of a bank account on a day."""
        writes.update(BookedDayItem(_BANK + iban, f"{_BOOKED}{day}"), _ADD_BOOKED(cents=amount.cents))

    def booked_by_day(self, iban: str) -> dict[date, Money]:
        """Read what is booked of a bank account by day, consistently."""
        items = self._database.query_all(
            BookedDayItem, _BANK + iban, BookedDayItem.sk.startswith(_BOOKED), consistent=True
        )
        return {date.fromisoformat(item.sk.removeprefix(_BOOKED)): Money(item.cents) for item in items}

    def newest_statement_id(self, iban: str) -> str | None:
        """Read the id of the statement with the latest last day."""
        item = self._database.get(NewestStatementItem, _BANK + iban, "NEWEST", consistent=True)
        return None if item is None else item.statement_id

    def add_newest(self, writes: WriteTransaction, statement: Statement, before: str | None) -> None:
        """Add that a statement is the newest of its account, on condition that statement ``before`` still is."""
        item = NewestStatementItem(_BANK + statement.iban, statement_id=statement.id)
        when = item_absent(NewestStatementItem) if before is None else _NEWEST_UNCHANGED(before=before)
        writes.put(item, when=when)


def _chunks(entries: Sequence[NumberedEntry]) -> list[list[NumberedEntry]]:
    """Divide the entries of a file into chunks that an item can hold."""
    chunks: list[list[NumberedEntry]] = []
    size = _CHUNK_BYTES
    for numbered in entries:
        entry_bytes = sum(len(str(value).encode()) + _VALUE_BYTES for value in _row(numbered[1]))
        size += entry_bytes
        if size > _CHUNK_BYTES or len(chunks[-1]) == MAX_READ_ENTRIES:
            chunks.append([])
            size = entry_bytes
        chunks[-1].append(numbered)
    return chunks


def _overtaken(_: RawItem | None) -> Exception:
    return LineOvertaken()


def _chunk_key(position: int) -> str:
    return f"{_ENTRIES}{position:07}"


def _line_key(number: int) -> str:
    return f"{_LINE}{number:07}"


def _suspended_key(amount: Money) -> str:
    return f"{amount.cents}#"


def _row(entry: BankEntry) -> list[Any]:
    return [
        entry.key,
        entry.booked_on.isoformat(),
        entry.value_on.isoformat(),
        entry.amount.cents,
        int(entry.is_reversal),
        entry.reference,
        entry.end_to_end_id,
        entry.payment_information_id,
        entry.return_reason,
        entry.counterparty_name,
        entry.remittance,
    ]


def _entry(row: Sequence[Any]) -> BankEntry:
    key, booked_on, value_on, cents, is_reversal, *texts = row
    return BankEntry(
        key, date.fromisoformat(booked_on), date.fromisoformat(value_on), Money(cents), bool(is_reversal), *texts
    )


def _statement(item: StatementItem, progress: ProgressItem) -> Statement:
    return Statement(
        id=item.pk.removeprefix(_STATEMENT),
        iban=item.iban,
        from_date=item.from_date,
        to_date=item.to_date,
        opening=Money(item.opening_cents),
        closing=Money(item.closing_cents),
        lines=item.lines,
        created_at=item.created_at,
        listed=item.listed,
        bank_ids=tuple(item.bank_ids),
        booked=progress.booked,
        matched=progress.matched,
        unmatched=progress.unmatched,
        returned=progress.returned,
        duplicates=progress.duplicates,
        difference=None if item.difference_cents is None else Money(item.difference_cents),
        previous_closing=None if item.previous_closing_cents is None else Money(item.previous_closing_cents),
    )


def _line_item(line: StatementLine) -> LineItem:
    return LineItem(
        _STATEMENT + line.statement_id,
        _line_key(line.number),
        entry=_row(line.entry),
        status=line.status.value,
        status_key=_LINE + line.status.value,
        listed=line.id,
        reason=line.reason or None,
        transfer_id=line.transfer_id,
        beneficiary_id=line.user_id,
        transaction_id=line.transaction_id,
        related_id=line.related_id,
        version=line.version,
    )


def _line(item: LineItem) -> StatementLine:
    return StatementLine(
        statement_id=item.pk.removeprefix(_STATEMENT),
        number=int(item.sk.removeprefix(_LINE)),
        entry=_entry(item.entry),
        status=LineStatus(item.status),
        reason=item.reason or "",
        transfer_id=item.transfer_id,
        user_id=item.beneficiary_id,
        transaction_id=item.transaction_id,
        related_id=item.related_id,
        version=item.version,
    )
