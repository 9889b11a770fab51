"""Payouts by operators: withdrawals, payout, audit entry and idempotency record change in one transaction."""

from __future__ import annotations

from chalicelib.admin.domain.audit import AuditAction, AuditContext, AuditEvent
from chalicelib.admin.service.audit_log import AuditLog
from chalicelib.dynamodb.errors import AlreadyWrittenError
from chalicelib.dynamodb.idempotency import IdempotencyKey, IdempotencyStore, IdempotentResult
from chalicelib.dynamodb.retry import retry_on_conflict
from chalicelib.shared.actor import Actor, Role
from chalicelib.shared.clock import Clock
from chalicelib.shared.ids import new_id
from chalicelib.transfers.domain.payout import Payout
from chalicelib.transfers.service.payouts import PayoutService


class PayoutAdminService:
    def __init__(
        self, payouts: PayoutService, audit_log: AuditLog, idempotency: IdempotencyStore, clock: Clock
    ) -> None:
        self._payouts = payouts
        self._audit_log = audit_log
        self._idempotency = idempotency
        self._clock = clock

    def create(
        self, actor: Actor, context: AuditContext, idempotency_key: IdempotencyKey | None = None
    ) -> IdempotentResult[Payout]:
        """Submit up to 40 requested withdrawals to the bank.

        If operators do this at the same time, each withdrawal is in one payout. A repetition with the same key hands
        the same withdrawals to the provider again, in case the first attempt died before it.

        Raises:
            RoleRequired: the actor is not an operator.
            NothingToPayOut: no withdrawal is requested, or all are skipped.
        """
        actor.must_be(Role.ADMIN)
        payout_id = new_id(self._clock())

        def create() -> Payout:
            writes = self._audit_log.writes()
            payout = self._payouts.add(writes, actor, payout_id)
            self._idempotency.add(writes, idempotency_key, {"payout": payout_id})
            details = {"count": str(len(payout.transfer_ids)), "total": str(payout.total)}
            event = AuditEvent(AuditAction.CREATE_PAYOUT, f"payout:{payout_id}", context, details)
            self._audit_log.add(writes, actor, event)
            try:
                writes.commit()
            except AlreadyWrittenError:  # an earlier attempt succeeded and its response was lost
                return self._payouts.find(actor, payout_id)
            return payout

        payout = self._idempotency.execute(
            idempotency_key,
            lambda: retry_on_conflict(create),
            lambda result: self._payouts.find(actor, result["payout"]),
        )
        self._payouts.hand_over(payout.value)
        return payout
