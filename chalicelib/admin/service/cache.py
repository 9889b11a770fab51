"""Show and clear the cache for operators."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from chalicelib.admin.domain.audit import AuditAction, AuditContext, AuditEvent
from chalicelib.admin.service.audit_log import AuditLog
from chalicelib.cache.backends import CacheUnreachable
from chalicelib.cache.service import Cache
from chalicelib.dynamodb.idempotency import IdempotencyKey, IdempotencyStore, IdempotentResult
from chalicelib.loans.domain.cache_namespaces import OPEN_LOANS, loan_namespace
from chalicelib.loans.domain.errors import LoanNotFound
from chalicelib.loans.service.queries import LoanQueries
from chalicelib.shared.actor import Actor, Role
from chalicelib.shared.errors import Unavailable

OFF: Final = "off"
CacheScope = Literal["all", "available-loans", "loan"]


@dataclass(frozen=True, slots=True)
class CacheState:
    backend: str
    reachable: bool
    entries: int = 0
    counts: Mapping[str, int] | None = None


@dataclass(frozen=True, slots=True)
class CacheInvalidation:
    scope: CacheScope
    loan_id: str | None
    dropped: int


class CacheAdminService:
    def __init__(self, cache: Cache, loans: LoanQueries, audit_log: AuditLog, idempotency: IdempotencyStore) -> None:
        self._cache = cache
        self._loans = loans
        self._audit_log = audit_log
        self._idempotency = idempotency

    def state(self, actor: Actor) -> CacheState:
        """Return the state of the cache.

        Raises:
            RoleRequired: the actor is not an operator.
        """
        actor.must_be(Role.ADMIN)
        backend = self._cache.backend
        if backend is None:
            return CacheState(OFF, reachable=False)
        try:
            return CacheState(backend.name, True, self._cache.entries(), self._cache.statistics())
        except CacheUnreachable:
            return CacheState(backend.name, reachable=False)

    def clear(
        self,
        actor: Actor,
        scope: CacheScope,
        loan_id: str | None,
        context: AuditContext,
        idempotency_key: IdempotencyKey | None = None,
    ) -> IdempotentResult[CacheInvalidation]:
        """Drop the cached responses of a scope. A replayed request clears again.

        The audit entry is written first, so it exists even if the cache server fails.

        Args:
            actor: an operator.
            scope: all responses, the lists of open loans, or one loan.
            loan_id: the loan of the scope ``loan``, else None.
            context: reason and request of the audit entry.
            idempotency_key: the request's key, if it has one.

        Raises:
            RoleRequired: the actor is not an operator.
            LoanNotFound: there is no such loan.
            Unavailable: the cache server does not respond.
        """
        actor.must_be(Role.ADMIN)
        if loan_id is not None and not self._loans.exists(loan_id):
            raise LoanNotFound

        def record() -> None:
            writes = self._audit_log.writes()
            self._idempotency.add(writes, idempotency_key, {"scope": scope})
            subject = f"loan:{loan_id}" if loan_id else "cache"
            event = AuditEvent(AuditAction.CLEAR_CACHE, subject, context, {"scope": scope})
            self._audit_log.add(writes, actor, event)
            writes.commit()

        recorded = self._idempotency.execute(idempotency_key, record, lambda _: None)
        try:
            dropped = self._cache.clear(_namespace(scope, loan_id))
        except CacheUnreachable as error:
            raise Unavailable("The cache does not respond. Try again later.") from error
        return IdempotentResult(CacheInvalidation(scope, loan_id, dropped), replayed=recorded.replayed)


def _namespace(scope: CacheScope, loan_id: str | None) -> str | None:
    if loan_id is not None:
        return loan_namespace(loan_id)
    return OPEN_LOANS if scope == "available-loans" else None
