"""The cache as operators see it: how often it helps, and clearing it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from chalicelib.admin.domain.audit import AuditAction, AuditContext, AuditEvent
from chalicelib.admin.service.audit_log import AuditLog
from chalicelib.cache.backends import CacheUnreachable
from chalicelib.cache.service import Cache
from chalicelib.dynamodb.idempotency import IdempotencyKey, IdempotencyStore, IdempotentResult
from chalicelib.loans.domain.errors import LoanNotFound
from chalicelib.loans.repository.invalidation import AVAILABLE, loan_namespace
from chalicelib.loans.service.queries import LoanQueries
from chalicelib.shared.actor import Actor, Role
from chalicelib.shared.errors import Unavailable

OFF: Final = "off"


@dataclass(frozen=True, slots=True)
class CacheState:
    """Where answers are kept, how many there are, and how often they were of use since the counting began."""

    backend: str
    reachable: bool
    entries: int = 0
    counts: Mapping[str, int] | None = None


@dataclass(frozen=True, slots=True)
class CacheInvalidation:
    """What was forgotten: answers about open loans, about one loan, or all."""

    scope: str
    loan_id: str | None
    dropped: int


class CacheAdminService:
    """The operators' way to the cache."""

    def __init__(self, cache: Cache, loans: LoanQueries, trail: AuditLog, markers: IdempotencyStore) -> None:
        self._cache = cache
        self._loans = loans
        self._trail = trail
        self._markers = markers

    def state(self, actor: Actor) -> CacheState:
        """How the cache does.

        Raises:
            RoleRequired: the actor is no operator.
        """
        actor.must_be(Role.ADMIN)
        backend = self._cache.backend
        if backend is None:
            return CacheState(OFF, reachable=False)
        try:
            return CacheState(backend.name, True, self._cache.entries(), self._cache.statistics())
        except CacheUnreachable:
            return CacheState(backend.name, reachable=False)

    def clear_all(
        self, actor: Actor, occasion: AuditContext, idempotency_key: IdempotencyKey | None = None
    ) -> IdempotentResult[CacheInvalidation]:
        """Forget every answer.

        Raises:
            RoleRequired: the actor is no operator.
            Unavailable: the cache's server does not answer.
        """
        return self._clear(actor, CacheInvalidation("all", None, 0), None, occasion, idempotency_key)

    def clear_available(
        self, actor: Actor, occasion: AuditContext, idempotency_key: IdempotencyKey | None = None
    ) -> IdempotentResult[CacheInvalidation]:
        """Forget the pages of open loans. Raises as `clear_all`."""
        return self._clear(actor, CacheInvalidation("available-loans", None, 0), AVAILABLE, occasion, idempotency_key)

    def clear_loan(
        self, actor: Actor, loan_id: str, occasion: AuditContext, idempotency_key: IdempotencyKey | None = None
    ) -> IdempotentResult[CacheInvalidation]:
        """Forget what is kept about one loan.

        Raises:
            LoanNotFound: and as `clear_all`.
        """
        actor.must_be(Role.ADMIN)
        if not self._loans.exists(loan_id):
            raise LoanNotFound
        return self._clear(
            actor, CacheInvalidation("loan", loan_id, 0), loan_namespace(loan_id), occasion, idempotency_key
        )

    def _clear(
        self,
        actor: Actor,
        what: CacheInvalidation,
        namespace: str | None,
        occasion: AuditContext,
        idempotency_key: IdempotencyKey | None,
    ) -> IdempotentResult[CacheInvalidation]:
        """That it was asked for stands in the trail even if the server then fails; asked again, it is done again."""
        actor.must_be(Role.ADMIN)

        def clear() -> CacheInvalidation:
            try:
                return CacheInvalidation(what.scope, what.loan_id, self._cache.clear(namespace))
            except CacheUnreachable as error:
                raise Unavailable("The cache does not answer. Try again in a moment.") from error

        def write_down() -> None:
            writes = self._trail.writes()
            self._markers.add(writes, idempotency_key, {"scope": what.scope})
            subject = f"loan:{what.loan_id}" if what.loan_id else "cache"
            self._trail.add(
                writes, actor, AuditEvent(AuditAction.CLEAR_CACHE, subject, occasion, {"scope": what.scope})
            )
            writes.commit()

        written = self._markers.execute(idempotency_key, write_down, lambda _: None)
        return IdempotentResult(clear(), replayed=written.replayed)
