"""Publish events to an event bus, apart from the recipients in this platform."""

from collections.abc import Mapping, Sequence

from chalicelib.events.domain.event import Event
from chalicelib.events.event_bus import EventBridgeBus
from chalicelib.events.repository.events import EventRepository
from chalicelib.events.service.derivation.stream_record import Derivation, Record
from chalicelib.jobs.queue import BackgroundJob
from chalicelib.jobs.streams import sequence_number
from chalicelib.observability.logging import logger
from chalicelib.shared.errors import Unavailable


class BusPublisher:
    """Puts each event on a bus at least once; consumers drop repetitions by the event's id.

    An event that the bus does not accept is stored, and the sweep tries it again. So a bus that is down or does not
    exist holds up neither the projections nor the recipients.

    Args:
        derivations: by table, without the deployment's prefix.
    """

    def __init__(self, derivations: Mapping[str, Derivation], bus: EventBridgeBus, events: EventRepository) -> None:
        self._derivations = derivations
        self._bus = bus
        self._events = events

    def process(self, table: str, records: Sequence[Record]) -> str | None:
        """Put the events of records on the bus, in order.

        Returns:
            The sequence number of the first record that failed; None if all were processed.
        """
        events: dict[str, Event] = {}
        unreadable: str | None = None
        for record in records:
            try:
                events.update((event.id, event) for event in self._derivations[table](record))
            except Exception:  # noqa: BLE001 - the guard of one record: those before it are put
                logger().exception("events of a record failed", extra={"table": table})
                unreadable = sequence_number(record)
                break
        for event in self._bus.put(list(events.values())):
            self._events.add_for_bus(event)
        return unreadable

    def put_again(self, job: BackgroundJob) -> int:
        """Put a stored event on the bus; return the number of events put.

        Raises:
            Unavailable: the bus does not accept it.
        """
        event = self._events.find_for_bus(job.subject)
        if event is None:
            return 0
        if self._bus.put([event]):
            raise Unavailable("The event bus does not accept the event.")
        self._events.delete_for_bus(job.subject)
        return 1
