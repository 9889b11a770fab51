"""Bank statements and their lines: what operators do is stored in one transaction with its audit entry."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from chalicelib.admin.domain.audit import AuditAction, AuditContext, AuditEvent
from chalicelib.admin.service.audit_log import AuditLog
from chalicelib.dynamodb.errors import AlreadyWrittenError
from chalicelib.dynamodb.idempotency import IdempotencyKey, IdempotencyStore, IdempotentResult
from chalicelib.dynamodb.transaction import WriteTransaction
from chalicelib.jobs.deadline import Deadline
from chalicelib.shared.actor import Actor, Role
from chalicelib.shared.errors import Conflict
from chalicelib.transfers.domain.statement import Statement, StatementLine
from chalicelib.transfers.service.line_decisions import LineDecisions
from chalicelib.transfers.service.statements import REQUEST_SECONDS, StatementFile, StatementService
from chalicelib.users.service.accounts import UserService

_MAX_BANK_IDS: Final = 500


@dataclass(frozen=True, slots=True)
class StatementImport:
    """A statement after its import, and whether its file is new."""

    statement: Statement
    is_new: bool


class FileKnown(Conflict):
    """The file was imported before. Callers get its statement, so no response has this error."""

    code = "file_known"


class BankService:
    def __init__(
        self,
        statements: StatementService,
        decisions: LineDecisions,
        users: UserService,
        audit_log: AuditLog,
        idempotency: IdempotencyStore,
    ) -> None:
        self._statements = statements
        self._decisions = decisions
        self._users = users
        self._audit_log = audit_log
        self._idempotency = idempotency

    def import_file(
        self, actor: Actor, content: bytes, context: AuditContext, idempotency_key: IdempotencyKey | None = None
    ) -> IdempotentResult[StatementImport]:
        """Store a bank statement and book its entries; the queue continues what takes longer than some seconds.

        The same file again books what is left of it. If the process dies before the file is stored, nothing has
        happened; after that, the hourly sweep continues.

        Raises:
            RoleRequired: the actor is not an operator.
            PaymentsNotConfigured: the platform has no bank account.
            BankFileError: the file is invalid.
            WrongAccount: a statement is of another account.
        """
        actor.must_be(Role.ADMIN)
        deadline = Deadline(REQUEST_SECONDS)  # parsing a large file takes seconds too
        file = self._statements.read_file(content)

        def store() -> bool:
            if self._statements.find_file(file) is not None:
                raise FileKnown
            writes = self._audit_log.writes()
            self._idempotency.add(writes, idempotency_key, {"statement": file.id})
            statement = self._statements.add_file(writes, file)
            self._audit_log.add(writes, actor, _imported(file, statement, context))
            try:
                writes.commit()
            except AlreadyWrittenError:  # the same file was sent twice at the same time
                raise FileKnown from None
            return True

        try:
            stored = self._idempotency.execute(idempotency_key, store, lambda _: True)
        except FileKnown:
            stored = IdempotentResult(False)
        return stored.map(lambda is_new: StatementImport(self._statements.book(file.id, deadline), is_new))

    def assign(
        self,
        actor: Actor,
        line_id: str,
        context: AuditContext,
        idempotency_key: IdempotencyKey | None = None,
        *,
        transfer_id: str | None = None,
        user_id: str | None = None,
    ) -> IdempotentResult[StatementLine]:
        """Move the amount of an unmatched line from suspense to a transfer or to a user; give one of them.

        Raises:
            RoleRequired: the actor is not an operator.
            LineNotFound, TransferNotFound, UserNotFound
            LineNotOpen: the line is not unmatched.
            LineNotAssignable: the line can't be the transfer's money, or a debit is assigned to a user.
        """
        actor.must_be(Role.ADMIN)
        details = {"transfer": transfer_id} if transfer_id else {"user": user_id or ""}

        def add(writes: WriteTransaction) -> None:
            event = AuditEvent(AuditAction.ASSIGN_BANK_LINE, f"bank-line:{line_id}", context, details)
            self._audit_log.add(writes, actor, event)
            self._idempotency.add(writes, idempotency_key, {"line": line_id})

        def assign() -> StatementLine:
            if transfer_id is not None:
                return self._decisions.assign_to_transfer(line_id, transfer_id, actor.user_id, add)
            self._users.account(actor, user_id or "")
            return self._decisions.assign_to_user(line_id, user_id or "", actor.user_id, add)

        return self._idempotency.execute(idempotency_key, assign, self._replay)

    def reject(
        self, actor: Actor, line_id: str, context: AuditContext, idempotency_key: IdempotencyKey | None = None
    ) -> IdempotentResult[StatementLine]:
        """Mark an unmatched credit to be sent back; its amount stays in suspense until a statement shows the payment.

        Raises:
            RoleRequired: the actor is not an operator.
            LineNotFound: there is no such line.
            LineNotOpen: the line is not unmatched.
            LineNotAssignable: the line is a debit.
        """
        actor.must_be(Role.ADMIN)

        def add(writes: WriteTransaction) -> None:
            event = AuditEvent(AuditAction.REJECT_BANK_LINE, f"bank-line:{line_id}", context)
            self._audit_log.add(writes, actor, event)
            self._idempotency.add(writes, idempotency_key, {"line": line_id})

        return self._idempotency.execute(idempotency_key, lambda: self._decisions.reject(line_id, add), self._replay)

    def _replay(self, result: Mapping[str, str]) -> StatementLine:
        return self._statements.find_line(result["line"])


def _imported(file: StatementFile, statement: Statement, context: AuditContext) -> AuditEvent:
    details = {
        "bank_ids": ", ".join(statement.bank_ids)[:_MAX_BANK_IDS],
        "lines": str(statement.lines),
        "opening_balance": str(statement.opening),
        "closing_balance": str(statement.closing),
        "sha256": file.digest,
    }
    return AuditEvent(AuditAction.IMPORT_STATEMENT, f"statement:{statement.id}", context, details)
