"""The subscriber of the tables' streams that publishes events."""

from collections.abc import Mapping, Sequence

from chalicelib.events.service.derivation.stream_record import Derivation, Record
from chalicelib.events.service.publisher import EventPublisher
from chalicelib.jobs.streams import sequence_number
from chalicelib.observability.logging import logger


class EventSubscriber:
    """Derives events from stream records and publishes them.

    Args:
        derivations: by table, without the deployment's prefix.
    """

    def __init__(self, derivations: Mapping[str, Derivation], publisher: EventPublisher) -> None:
        self._derivations = derivations
        self._publisher = publisher

    def process(self, table: str, records: Sequence[Record]) -> str | None:
        """Publish the events of records, in order.

        Returns:
            The sequence number of the first record that failed; None if all were processed.
        """
        derive = self._derivations[table]
        for record in records:
            try:
                self._publisher.publish(derive(record))
            except Exception:  # noqa: BLE001 - the guard of one record: those before it are published
                logger().exception("events of a record failed", extra={"table": table})
                return sequence_number(record)
        return None
