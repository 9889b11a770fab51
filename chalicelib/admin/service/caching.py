"""The cache as operators see it: how often it helps, and clearing it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from chalicelib.admin.domain.audit import Action, Deed, Occasion
from chalicelib.admin.service.auditing import AuditTrail
from chalicelib.common.actor import Actor, Role
from chalicelib.common.cache import Cache
from chalicelib.common.cache_backends import CacheUnreachable
from chalicelib.common.errors import Unavailable
from chalicelib.common.idempotency import Done, Markers, Once
from chalicelib.loans.domain.refusals import LoanNotFound
from chalicelib.loans.service.overseeing import LoanOversight
from chalicelib.loans.service.reading import AVAILABLE, answers_about

OFF: Final = "off"


@dataclass(frozen=True, slots=True)
class CacheState:
    """Where answers are kept, how many there are, and how often they were of use since the counting began."""

    backend: str
    reachable: bool
    entries: int = 0
    counts: Mapping[str, int] | None = None


@dataclass(frozen=True, slots=True)
class Cleared:
    """What was forgotten: answers about open loans, about one loan, or all."""

    scope: str
    loan_id: str | None
    dropped: int


class CacheDesk:
    """The operators' way to the cache."""

    def __init__(self, cache: Cache, loans: LoanOversight, trail: AuditTrail, markers: Markers) -> None:
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

    def clear_all(self, actor: Actor, occasion: Occasion, once: Once | None = None) -> Done[Cleared]:
        """Forget every answer.

        Raises:
            RoleRequired: the actor is no operator.
            Unavailable: the cache's server does not answer.
        """
        return self._clear(actor, Cleared("all", None, 0), None, occasion, once)

    def clear_available(self, actor: Actor, occasion: Occasion, once: Once | None = None) -> Done[Cleared]:
        """Forget the pages of open loans. Raises as `clear_all`."""
        return self._clear(actor, Cleared("available-loans", None, 0), AVAILABLE, occasion, once)

    def clear_loan(self, actor: Actor, loan_id: str, occasion: Occasion, once: Once | None = None) -> Done[Cleared]:
        """Forget what is kept about one loan.

        Raises:
            LoanNotFound: and as `clear_all`.
        """
        actor.must_be(Role.ADMIN)
        if not self._loans.exists(loan_id):
            raise LoanNotFound
        return self._clear(actor, Cleared("loan", loan_id, 0), answers_about(loan_id), occasion, once)

    def _clear(
        self, actor: Actor, what: Cleared, namespace: str | None, occasion: Occasion, once: Once | None
    ) -> Done[Cleared]:
        """That it was asked for stands in the trail even if the server then fails; asked again, it is done again."""
        actor.must_be(Role.ADMIN)

        def clear() -> Cleared:
            try:
                return Cleared(what.scope, what.loan_id, self._cache.clear(namespace))
            except CacheUnreachable as error:
                raise Unavailable("The cache does not answer. Try again in a moment.") from error

        def write_down() -> None:
            writes = self._trail.writes()
            self._markers.stage(writes, once, {"scope": what.scope})
            subject = f"loan:{what.loan_id}" if what.loan_id else "cache"
            self._trail.stage(writes, actor, Deed(Action.CLEAR_CACHE, subject, occasion, {"scope": what.scope}))
            writes.commit()

        written = self._markers.carry_out(once, write_down, lambda _: None)
        return Done(clear(), replayed=written.replayed)
