"""Import bank statements, and resolve lines that match no transfer."""

from http import HTTPStatus
from typing import Final

from chalicelib.admin.domain.audit import AuditContext
from chalicelib.admin.schemas_bank import (
    AssignLineRequest,
    BankLineList,
    BankLineResponse,
    BankLinesQuery,
    BankStatementList,
    BankStatementResponse,
    RejectLineRequest,
)
from chalicelib.admin.service.bank import StatementImport
from chalicelib.api.auth import AccessLevel
from chalicelib.api.fields import ListQuery, NoBody, NoQuery
from chalicelib.api.pagination import CursorPage
from chalicelib.api.request import MAX_FILE_BYTES, RawRequest
from chalicelib.api.routing import RequestContext, Router, WithStatus
from chalicelib.container import Container, get_container
from chalicelib.dynamodb.idempotency import IdempotencyKeyReused, IdempotentResult
from chalicelib.transfers.domain.bank_file import BankFileError
from chalicelib.transfers.domain.statement import (
    LineNotAssignable,
    LineNotFound,
    LineNotOpen,
    StatementLine,
    StatementNotFound,
    WrongAccount,
)
from chalicelib.transfers.domain.transfer import PaymentsNotConfigured, TransferNotFound
from chalicelib.users.domain.user import UserNotFound

router: Final = Router(__name__, get_container)


@router.endpoint(
    "POST",
    "/api/admin/bank/statements",
    "Import a bank statement",
    body=RawRequest,
    media_types=("application/xml", "text/xml"),
    max_body_bytes=MAX_FILE_BYTES,
    response=BankStatementResponse,
    status=HTTPStatus.CREATED,
    other_statuses=(HTTPStatus.OK, HTTPStatus.ACCEPTED),
    errors=(BankFileError, WrongAccount, PaymentsNotConfigured, IdempotencyKeyReused),
    access=AccessLevel.OPERATOR,
    idempotent=True,
)
def import_bank_statement(context: RequestContext[RawRequest, NoQuery]) -> IdempotentResult[WithStatus]:
    """Import a camt.053 file of up to 4 MiB (camt.053.001.02 or .08) and book every entry.

    The response is 201 for a new file, 200 for a file that was imported before, and 202 if booking continues in the
    background. An entry that several files contain is booked once.
    """
    container, audit = get_container(), AuditContext(request_id=context.request.request_id)
    imported = container.bank.import_file(context.actor, context.body.content, audit, context.idempotency_key)

    def respond(outcome: StatementImport) -> WithStatus:
        if not outcome.statement.is_done:
            status = HTTPStatus.ACCEPTED
        else:
            status = HTTPStatus.CREATED if outcome.is_new else HTTPStatus.OK
        return WithStatus(BankStatementResponse.of(outcome.statement, container.settings.currency), status)

    return imported.map(respond)


@router.endpoint(
    "GET",
    "/api/admin/bank/statements",
    "List bank statements",
    query=ListQuery,
    response=BankStatementList,
    paginated=str,
    access=AccessLevel.OPERATOR,
)
def list_bank_statements(context: RequestContext[NoBody, ListQuery]) -> CursorPage:
    """List imported files, newest import first."""
    container = get_container()
    statements, position = container.statements.page(context.actor, limit=context.query.limit, before=context.position)
    currency = container.settings.currency
    return CursorPage([BankStatementResponse.of(each, currency) for each in statements], position)


@router.endpoint(
    "GET",
    "/api/admin/bank/statements/{id}",
    "Get a bank statement",
    response=BankStatementResponse,
    errors=(StatementNotFound,),
    access=AccessLevel.OPERATOR,
)
def show_bank_statement(context: RequestContext[NoBody, NoQuery]) -> BankStatementResponse:
    """Return an imported file with the result of its import.

    The newest statement is compared with what is booked now, an older one with what was booked after its import.
    """
    container = get_container()
    statement = container.statements.find(context.actor, context.id())
    return BankStatementResponse.of(statement, container.settings.currency)


@router.endpoint(
    "GET",
    "/api/admin/bank/lines",
    "List lines of bank statements",
    query=BankLinesQuery,
    response=BankLineList,
    paginated=str,
    access=AccessLevel.OPERATOR,
)
def list_bank_lines(context: RequestContext[NoBody, BankLinesQuery]) -> CursorPage:
    """List booked lines: those of one statement in its order, or those of all, newest first.

    `status=UNMATCHED` lists the lines that operators have to resolve. A page may have fewer items than `limit`.
    """
    query, container = context.query, get_container()
    lines, position = container.statements.lines(
        context.actor,
        statement_id=query.statement_id,
        status=query.status,
        limit=query.limit,
        after=context.position,
    )
    return CursorPage([BankLineResponse.of(line, container.settings.currency) for line in lines], position)


@router.endpoint(
    "POST",
    "/api/admin/bank/lines/{id}/assign",
    "Assign an unmatched line",
    body=AssignLineRequest,
    response=BankLineResponse,
    errors=(LineNotFound, LineNotOpen, LineNotAssignable, TransferNotFound, UserNotFound, IdempotencyKeyReused),
    access=AccessLevel.OPERATOR,
    idempotent=True,
)
def assign_bank_line(context: RequestContext[AssignLineRequest, NoQuery]) -> IdempotentResult[BankLineResponse]:
    """Move the amount of an unmatched line from suspense to a transfer or a user.

    A transfer of the same amount is settled or returned, as its state allows. A user receives the amount of a credit
    as a settled deposit.
    """
    container = get_container()
    transfer_id, user_id = context.body.target()
    audit = AuditContext(context.body.reason, context.request.request_id)
    line = container.bank.assign(
        context.actor, context.id(), audit, context.idempotency_key, transfer_id=transfer_id, user_id=user_id
    )
    return line.map(lambda assigned: _response(container, assigned))


@router.endpoint(
    "POST",
    "/api/admin/bank/lines/{id}/reject",
    "Reject an unmatched line",
    body=RejectLineRequest,
    response=BankLineResponse,
    errors=(LineNotFound, LineNotOpen, LineNotAssignable, IdempotencyKeyReused),
    access=AccessLevel.OPERATOR,
    idempotent=True,
)
def reject_bank_line(context: RequestContext[RejectLineRequest, NoQuery]) -> IdempotentResult[BankLineResponse]:
    """Mark an unmatched credit to be sent back. Its amount stays in suspense until the bank has paid it out.

    Send the money back at the bank with the line's id as end-to-end id: the statement that contains this payment then
    closes the line.
    """
    container, audit = get_container(), AuditContext(context.body.reason, context.request.request_id)
    line = container.bank.reject(context.actor, context.id(), audit, context.idempotency_key)
    return line.map(lambda rejected: _response(container, rejected))


def _response(container: Container, line: StatementLine) -> BankLineResponse:
    return BankLineResponse.of(container.statements.shown(line), container.settings.currency)
