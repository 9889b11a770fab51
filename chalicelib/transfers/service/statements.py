"""Import bank statements: store a file, then book its entries one by one, continued through the queue."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Final

from chalicelib.dynamodb.errors import OptimisticLockError
from chalicelib.dynamodb.retry import retry_on_conflict
from chalicelib.dynamodb.transaction import WriteTransaction
from chalicelib.jobs.deadline import Deadline
from chalicelib.jobs.outbox import BOOK_STATEMENT, OutboxRepository
from chalicelib.jobs.queue import BackgroundJob, JobQueue
from chalicelib.observability.logging import raise_alarm
from chalicelib.shared.actor import Actor, Role
from chalicelib.shared.clock import Clock
from chalicelib.shared.ids import new_id
from chalicelib.shared.settings import Settings
from chalicelib.transfers.domain.bank_file import BankFileError, BankStatement
from chalicelib.transfers.domain.statement import (
    MAX_LINES,
    LineNotFound,
    LineStatus,
    Statement,
    StatementLine,
    StatementNotFound,
    WrongAccount,
    end_of,
    is_return,
    line_id,
    statement_id,
    statement_of_file,
    with_continued_keys,
)
from chalicelib.transfers.domain.transfer import PaymentsNotConfigured
from chalicelib.transfers.repository.statements import LineOvertaken, NumberedEntry, StatementRepository
from chalicelib.transfers.service.line_postings import LinePostings
from chalicelib.transfers.service.transfers import TransferService

REQUEST_SECONDS: Final = 15
"""An operator waits for it in a request that ends after 29 seconds."""
STEP_SECONDS: Final = 10
"""A worker receives five messages and has one minute for them."""
STATEMENT_DIFFERENCES: Final = "StatementDifferences"
_READ_TOGETHER: Final = 50


@dataclass(frozen=True, slots=True)
class StatementFile:
    """A parsed file: its id and its statements."""

    id: str
    parts: tuple[BankStatement, ...]
    digest: str


class StatementService:
    """Imported statements and their lines. Methods with an actor require an operator."""

    def __init__(
        self,
        repository: StatementRepository,
        transfers: TransferService,
        booking: LinePostings,
        outbox: OutboxRepository,
        queue: JobQueue,
        clock: Clock,
        settings: Settings,
    ) -> None:
        self._repository = repository
        self._transfers = transfers
        self._booking = booking
        self._outbox = outbox
        self._queue = queue
        self._clock = clock
        self._settings = settings

    def read_file(self, content: bytes) -> StatementFile:
        """Parse a file of the platform's bank account. Nothing is stored.

        Raises:
            PaymentsNotConfigured: the platform has no bank account.
            BankFileError: the file is invalid.
            WrongAccount: a statement is of another account.
        """
        from chalicelib.transfers.iso20022.camt053 import parse_statements

        if not self._settings.bank_iban:
            raise PaymentsNotConfigured
        parts = parse_statements(content, currency=self._settings.currency)
        if any(part.iban != self._settings.bank_iban for part in parts):
            raise WrongAccount
        if sum(len(part.entries) for part in parts) > MAX_LINES:
            raise BankFileError("file_too_complex", "The file has too many entries.")
        digest = sha256(content).hexdigest()
        return StatementFile(statement_id(parts, digest), parts, digest)

    def find_file(self, file: StatementFile) -> Statement | None:
        """Return the statement of a file that was imported before."""
        return self._repository.find(file.id)

    def add_file(self, writes: WriteTransaction, file: StatementFile) -> Statement:
        """Add the statement of a new file with its entries to a transaction.

        Committing raises AlreadyWrittenError if the file was imported before.
        """
        now = self._clock()
        statement = statement_of_file(file.parts, file.digest, created_at=now, listed=new_id(now))
        self._repository.add(writes, statement, _numbered(self._continued(file.parts)))
        self._outbox.add_outbox(writes, _job(statement.id), now)
        return statement

    def book(self, statement_id: str, deadline: Deadline) -> Statement:
        """Book a statement until a deadline, at least one line; the queue continues the rest.

        Raises:
            StatementNotFound: there is no such statement.
        """
        if not self._advance(statement_id, deadline):
            self._queue.send([_job(statement_id)])
        return self._present(statement_id)

    def continue_booking(self, job: BackgroundJob, *, seconds: int = STEP_SECONDS) -> int:
        """Book a statement for some seconds; returns 1 if it is done, else 0.

        A step that runs twice or is killed repeats nothing: each line is booked under the number of lines before it.
        """
        is_done = self._advance(job.subject, Deadline(seconds))
        if not is_done:
            self._queue.send([job])
        return int(is_done)

    def find(self, actor: Actor, statement_id: str) -> Statement:
        """Return a statement.

        Raises:
            RoleRequired: the actor is not an operator.
            StatementNotFound: there is no such statement.
        """
        actor.must_be(Role.ADMIN)
        return self._present(statement_id)

    def page(self, actor: Actor, *, limit: int, before: str | None) -> tuple[list[Statement], str | None]:
        """Return a page of statements, newest import first, and the position that the next page follows.

        Raises:
            RoleRequired: the actor is not an operator.
        """
        actor.must_be(Role.ADMIN)
        page = self._repository.page(limit=limit, before=before)
        found: dict[str, Statement] = {}
        for start in range(0, len(page.items), _READ_TOGETHER):
            found |= self._repository.find_many(page.items[start : start + _READ_TOGETHER])
        statements = [found[each] for each in page.items if each in found]
        newest = {iban: self._repository.newest_statement_id(iban) for iban in {each.iban for each in statements}}
        shown = [self._compared(each) if newest[each.iban] == each.id and each.is_done else each for each in statements]
        return shown, statements[-1].listed if page.last_key and statements else None

    def lines(
        self, actor: Actor, *, statement_id: str | None, status: LineStatus | None, limit: int, after: str | None
    ) -> tuple[list[StatementLine], str | None]:
        """Return a page of booked lines, and the id that the next page follows.

        Args:
            statement_id: a statement, whose lines come in its order; None for those of all, newest first.
            status: only lines of this status.
            limit: the size of a page.
            after: the id of the last line of the page before.

        Raises:
            RoleRequired: the actor is not an operator.
        """
        actor.must_be(Role.ADMIN)
        if statement_id is None:
            statuses = list(LineStatus) if status is None else [status]
            found = self._repository.newest_lines(statuses, limit=limit + 1, before=after)
            lines, last = found[:limit], found[limit - 1].id if len(found) > limit else None
        else:
            lines, last = self._repository.page_of_lines(statement_id, limit=limit, after=after, status=status)
        return self._with_journals(lines), last

    def find_line(self, line_id: str) -> StatementLine:
        """Return a booked line.

        Raises:
            LineNotFound: there is none.
        """
        line = self._repository.find_line(line_id)
        if line is None:
            raise LineNotFound
        return line

    def shown(self, line: StatementLine) -> StatementLine:
        """Return a line with the journal of its transfer."""
        return self._with_journals([line])[0]

    def newest(self) -> Statement | None:
        """Return the statement of the platform's bank account with the latest last day."""
        found = self._repository.newest_statement_id(self._settings.bank_iban)
        return self._present(found) if found else None

    def _continued(self, parts: Sequence[BankStatement]) -> list[BankStatement]:
        """Tell the entries of statements from those of the statements that they continue."""
        continued: list[BankStatement] = []
        for part in parts:
            if part.entries:
                first_day = min(entry.booked_on for entry in part.entries)
                ended = self._repository.ended_on(part.iban, first_day)
                ended += [end_of(each) for each in continued if each.to_date == first_day]
                part = with_continued_keys(part, ended)
            continued.append(part)
        return continued

    def _present(self, statement_id: str) -> Statement:
        statement = self._stored(statement_id)
        is_newest = statement.is_done and self._repository.newest_statement_id(statement.iban) == statement_id
        return self._compared(statement) if is_newest else statement

    def _with_journals(self, lines: list[StatementLine]) -> list[StatementLine]:
        """Return lines with the journal that settled or returned their transfer, which the transfer names."""
        wanted = [line.transfer_id for line in lines if line.transfer_id is not None]
        transfers = self._transfers.find_many(wanted) if wanted else {}
        return [
            replace(line, transaction_id=line.journal_of(transfers[line.transfer_id]))
            if line.transfer_id in transfers
            else line
            for line in lines
        ]

    def _stored(self, statement_id: str) -> Statement:
        statement = self._repository.find(statement_id)
        if statement is None:
            raise StatementNotFound
        return statement

    def _compared(self, statement: Statement) -> Statement:
        """Compare a completely booked statement with what is booked now."""
        booked = self._repository.booked_by_day(statement.iban)
        return statement.compared_with(booked, self._settings.bank_opening_balance)

    def _advance(self, statement_id: str, deadline: Deadline) -> bool:
        """Book lines until the deadline, at least one; returns whether the statement is done."""
        statement = self._stored(statement_id)
        if statement.booked and not statement.is_done:  # a step may have died before it completed its last line
            [(number, _), *_] = self._repository.entries_from(statement_id, statement.booked - 1)
            self._booking.complete(line_id(statement_id, number))
        while not statement.is_booked:
            with suppress(LineOvertaken, OptimisticLockError):  # another worker was faster: continue after it
                self._book_some(statement, deadline)
            statement = self._stored(statement_id)
            if deadline.is_over and not statement.is_booked:
                return False
        if not statement.is_done:
            retry_on_conflict(lambda: self._conclude(statement_id))
        return True

    def _book_some(self, statement: Statement, deadline: Deadline) -> None:
        """Book the next lines of a statement, up to 100, until the deadline."""
        entries = self._repository.entries_from(statement.id, statement.booked)
        earlier = self._repository.find_entries(entry.key for _, entry in entries)
        for position, (number, entry) in enumerate(entries, start=statement.booked):
            line = StatementLine(statement.id, number, entry)
            self._booking.book(line, statement.iban, position, earlier.get(entry.key))
            if deadline.is_over:
                return

    def _conclude(self, statement_id: str) -> None:
        """Store the result of a completely booked statement, and raise an alarm if the balances differ."""
        statement = self._stored(statement_id)
        if statement.is_done:  # another worker concluded it
            return
        newest_id = self._repository.newest_statement_id(statement.iban)
        newest = self._repository.find(newest_id) if newest_id else None
        compared = replace(self._compared(statement), previous_closing=None if newest is None else newest.closing)
        if compared.difference:
            raise_alarm(STATEMENT_DIFFERENCES, 1)
        writes = self._repository.writes()
        self._repository.add_conclusion(writes, compared)
        if newest is None or newest.to_date <= statement.to_date:
            self._repository.add_newest(writes, statement, newest_id)
        self._outbox.add_outbox_done(writes, _job(statement.id))
        writes.commit()


def _numbered(parts: Sequence[BankStatement]) -> list[NumberedEntry]:
    """Number the entries of a file, and put them in the order of the import."""
    entries = enumerate((entry for part in parts for entry in part.entries), start=1)
    return sorted(entries, key=lambda numbered: is_return(numbered[1]))


def _job(statement_id: str) -> BackgroundJob:
    return BackgroundJob(BOOK_STATEMENT, statement_id)
