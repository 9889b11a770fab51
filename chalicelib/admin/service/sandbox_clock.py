"""Show and advance the business clock of a laptop."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta

from chalicelib.admin.domain.audit import AuditAction, AuditContext, AuditEvent
from chalicelib.admin.domain.sandbox_clock import MOST_DAYS, ClockAdvancing, ClockState, SandboxClock
from chalicelib.admin.service.audit_log import AuditLog
from chalicelib.dynamodb.idempotency import IdempotencyKey, IdempotencyStore, IdempotentResult
from chalicelib.shared.actor import Actor, Role
from chalicelib.shared.clock import rfc3339
from chalicelib.shared.errors import NotFound, Unprocessable
from chalicelib.shared.settings import Settings


class SandboxClockService:
    """Sets the clock of the stage ``local`` forward; other stages follow the real time."""

    def __init__(
        self, clock: SandboxClock | None, audit_log: AuditLog, idempotency: IdempotencyStore, settings: Settings
    ) -> None:
        self._clock = clock if settings.is_local else None
        self._audit_log = audit_log
        self._idempotency = idempotency

    def state(self, actor: Actor, *, first: date | None = None) -> ClockState:
        """Return the business time and the jobs of the last advance.

        Args:
            actor: an operator.
            first: leaves out jobs of earlier days.

        Raises:
            RoleRequired: the actor is not an operator.
            NotFound: the stage has no clock of its own.
        """
        actor.must_be(Role.ADMIN)
        state = self._sandbox_clock().state()
        if first is None:
            return state
        return ClockState(state.now, state.is_advancing, tuple(job for job in state.jobs if job.day >= first))

    def advance(
        self,
        actor: Actor,
        context: AuditContext,
        *,
        days: int | None = None,
        to: date | None = None,
        idempotency_key: IdempotencyKey | None = None,
    ) -> IdempotentResult[ClockState]:
        """Begin to advance by some days, or to a date, at the same time of day.

        Every scheduled job of the days in between runs. A replayed request begins again if the first one was
        interrupted before the clock had its target.

        Args:
            actor: an operator.
            context: the request of the audit entry.
            days: the number of days, at least 1; None with ``to``.
            to: the date to reach, after today; None with ``days``.
            idempotency_key: the request's key, if it has one.

        Raises:
            RoleRequired: the actor is not an operator.
            NotFound: the stage has no clock of its own.
            Unprocessable: the date is not after today, or too far ahead.
            ClockAdvancing: the clock is advancing already.
        """
        actor.must_be(Role.ADMIN)
        clock = self._sandbox_clock()

        def begin() -> None:
            target = _target(clock, days, to)
            clock.start(target, lambda: self._record(actor, context, target, idempotency_key))

        def begin_again(result: Mapping[str, str]) -> None:
            target, state = datetime.fromisoformat(result["target"]), clock.state()
            if state.now < target and not state.is_advancing:
                clock.start(target, lambda: None)

        started = self._idempotency.execute(idempotency_key, begin, begin_again)
        state = clock.state()
        return started.map(lambda _: state)

    def _record(
        self, actor: Actor, context: AuditContext, target: datetime, idempotency_key: IdempotencyKey | None
    ) -> None:
        writes = self._audit_log.writes()
        self._idempotency.add(writes, idempotency_key, {"target": rfc3339(target)})
        details = {"to": target.date().isoformat()}
        self._audit_log.add(writes, actor, AuditEvent(AuditAction.ADVANCE_CLOCK, "clock", context, details))
        writes.commit()

    def _sandbox_clock(self) -> SandboxClock:
        if self._clock is None:
            raise NotFound
        return self._clock


def _target(clock: SandboxClock, days: int | None, to: date | None) -> datetime:
    """Return the time to reach.

    Raises:
        ClockAdvancing: the clock is advancing: its present time is no basis of a decision.
        Unprocessable: the time is not ahead, or too far ahead.
    """
    state = clock.state()
    if state.is_advancing:
        raise ClockAdvancing
    field, latest = "to" if days is None else "days", clock.latest
    ahead = timedelta(days=days) if days is not None else (to or state.now.date()) - state.now.date()
    if ahead < timedelta(days=1):
        raise Unprocessable(errors=((field, f"must be after {state.now.date()}: the clock only advances"),))
    latest = min(latest, state.now + timedelta(days=MOST_DAYS))
    if ahead > latest - state.now:
        raise Unprocessable(errors=((field, f"must not lead beyond {latest.date()}"),))
    return state.now + ahead
