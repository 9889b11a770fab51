"""Transfers of all users, and the rejection of withdrawals, for operators."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from chalicelib.admin.domain.audit import AuditAction, AuditContext, AuditEvent
from chalicelib.admin.domain.errors import OwnWithdrawal
from chalicelib.admin.service.audit_log import AuditLog
from chalicelib.dynamodb.idempotency import IdempotencyKey, IdempotencyStore, IdempotentResult
from chalicelib.dynamodb.transaction import WriteTransaction
from chalicelib.shared.actor import Actor, Role
from chalicelib.transfers.domain.decision import Decision
from chalicelib.transfers.domain.notification import NotificationOutcome, NotificationType, TransferEvent
from chalicelib.transfers.domain.transfer import Direction, Transfer, TransferState, TransferStatus
from chalicelib.transfers.service.queries import TransferQueries
from chalicelib.transfers.service.transfers import TransferService
from chalicelib.users.service.accounts import UserService

REJECTED_BY_OPERATOR: Final = "REJECTED_BY_OPERATOR"
"""The failure code of a withdrawal that an operator rejected. The reason is in the audit entry only."""


@dataclass(frozen=True, slots=True)
class OwnedTransfer:
    """A transfer with its user's name; the name is empty if the account is gone."""

    transfer: Transfer
    username: str


@dataclass(frozen=True, slots=True)
class OwnedTransferPage:
    """Transfers, newest first; ``position`` is the id that the next page follows, None on the last page."""

    transfers: tuple[OwnedTransfer, ...]
    position: str | None


class TransferAdminService:
    """Lists transfers and rejects withdrawals.

    Args:
        queries: reads pages of transfers.
        transfers: changes stored transfers.
        users: names of users.
        audit_log: entries of rejections.
        idempotency: results of repeated requests.
    """

    def __init__(
        self,
        queries: TransferQueries,
        transfers: TransferService,
        users: UserService,
        audit_log: AuditLog,
        idempotency: IdempotencyStore,
    ) -> None:
        self._queries = queries
        self._transfers = transfers
        self._users = users
        self._audit_log = audit_log
        self._idempotency = idempotency

    def page(
        self,
        actor: Actor,
        *,
        limit: int,
        before: str | None = None,
        direction: Direction | None = None,
        status: TransferStatus | None = None,
    ) -> OwnedTransferPage:
        """Return stored transfers of all users, newest first, with the names of their users.

        Raises:
            RoleRequired: the actor is not an operator.
        """
        page = self._queries.page_for_operators(actor, limit=limit, before=before, direction=direction, status=status)
        names = self._users.names_of(transfer.user_id for transfer in page.transfers)
        owned = tuple(OwnedTransfer(each, names.get(each.user_id, "")) for each in page.transfers)
        return OwnedTransferPage(owned, page.position)

    def reject(
        self, actor: Actor, transfer_id: str, context: AuditContext, idempotency_key: IdempotencyKey | None = None
    ) -> IdempotentResult[OwnedTransfer]:
        """Reject a withdrawal that the bank does not pay; transfer, wallet and audit entry change in one transaction.

        If a report settles or rejects it at the same time, one of the two has an effect.

        Raises:
            RoleRequired: the actor is not an operator.
            TransferNotFound: no stored transfer has this id.
            OwnWithdrawal: the withdrawal is the operator's own.
            TransferState: it is a deposit, or neither requested nor submitted.
        """
        actor.must_be(Role.ADMIN)

        def record(writes: WriteTransaction, decision: Decision) -> None:
            if decision.outcome is not NotificationOutcome.APPLIED:
                raise TransferState(decision.transfer, TransferStatus.REJECTED)
            details = {"user": decision.transfer.user_id, "amount": str(decision.transfer.amount)}
            event = AuditEvent(AuditAction.REJECT_WITHDRAWAL, f"transfer:{transfer_id}", context, details)
            self._audit_log.add(writes, actor, event)
            self._idempotency.add(writes, idempotency_key, {"transfer": transfer_id})

        def reject() -> Transfer:
            found = self._transfers.get(transfer_id)
            if found.user_id == actor.user_id:
                raise OwnWithdrawal
            if found.direction is not Direction.WITHDRAWAL:
                raise TransferState(found, TransferStatus.REJECTED)
            event = TransferEvent(NotificationType.FAILED, failure_code=REJECTED_BY_OPERATOR)
            return self._transfers.apply(transfer_id, event, record).transfer

        def replay(result: Mapping[str, str]) -> Transfer:
            return self._transfers.get(result["transfer"])

        return self._idempotency.execute(idempotency_key, reject, replay).map(self._with_username)

    def _with_username(self, found: Transfer) -> OwnedTransfer:
        names = self._users.names_of([found.user_id])
        return OwnedTransfer(found, names.get(found.user_id, ""))
