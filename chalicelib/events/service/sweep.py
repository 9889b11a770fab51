"""Find work whose wake-up was lost, or which waits longer than a queue can delay a message."""

from datetime import timedelta
from typing import Final

from chalicelib.events.domain.due_work import BUS, MAIL
from chalicelib.events.domain.due_work import FAN_OUT as FAN_OUTS
from chalicelib.events.repository.due_work import DueWorkRepository
from chalicelib.events.service.wakeups import FAN_OUT, PUT_ON_BUS, SEND_EMAIL, Wakeups, delivery_job
from chalicelib.jobs.queue import BackgroundJob
from chalicelib.shared.clock import Clock

RESENT_AFTER: Final = timedelta(seconds=30)
"""The first wake-up is usually processed within this time."""
_MAX_RESENT: Final = 500


class EventSweep:
    """Sends wake-ups for overdue deliveries, emails and events. A worker ignores one if there is nothing to do."""

    def __init__(self, pending: DueWorkRepository, wakeups: Wakeups, real_time: Clock) -> None:
        self._pending = pending
        self._wakeups = wakeups
        self._real_time = real_time

    def run(self) -> dict[str, int]:
        """Send wake-ups for all overdue work, and count them."""
        before = self._real_time() - RESENT_AFTER
        endpoints = [delivery_job(*endpoint) for endpoint in self._pending.due_endpoints(before)]
        mails = self._pending.due_subjects(MAIL, before, limit=_MAX_RESENT)
        fan_outs = self._pending.due_subjects(FAN_OUTS, before, limit=_MAX_RESENT)
        for_bus = self._pending.due_subjects(BUS, before, limit=_MAX_RESENT)
        self._wakeups.send(
            [
                *endpoints,
                *(BackgroundJob(SEND_EMAIL, key) for key in mails),
                *(BackgroundJob(FAN_OUT, event_id) for event_id in fan_outs),
                *(BackgroundJob(PUT_ON_BUS, event_id) for event_id in for_bus),
            ]
        )
        return {"endpoints": len(endpoints), "emails": len(mails), "fan_outs": len(fan_outs), "for_bus": len(for_bus)}
