"""Events of each recipient, and events that are still to be published to all lenders of a loan."""

import json
from dataclasses import dataclass
from typing import Final

from pynamodb.constants import STRING

from chalicelib.dynamodb.database import Database, Page, already_written
from chalicelib.dynamodb.errors import AlreadyWrittenError
from chalicelib.dynamodb.expressions import PreparedUpdate, placeholder
from chalicelib.dynamodb.model import item_absent, item_exists
from chalicelib.dynamodb.transaction import WriteTransaction
from chalicelib.events.domain.due_work import BUS, FAN_OUT, next_attempt
from chalicelib.events.domain.event import RETENTION, Event
from chalicelib.events.models import BusItem, EventItem, FanOutItem
from chalicelib.shared.clock import Clock
from chalicelib.shared.ids import moment_of

_USER: Final = "USER#"
_EVENT: Final = "EVENT#"
_FAN_OUT_KEY: Final = FAN_OUT + "#"
_BUS_KEY: Final = BUS + "#"
_SET_AFTER: Final = PreparedUpdate(FanOutItem.after.set(placeholder("after", STRING)))


@dataclass(frozen=True, slots=True)
class FanOut:
    """An event that all lenders of a loan get; ``after`` is the lender up to whom it is published."""

    event: Event
    loan_id: str
    after: str | None = None


class EventRepository:
    """Events by recipient. They expire after a year, in real time."""

    def __init__(self, database: Database, real_time: Clock) -> None:
        self._database = database
        self._real_time = real_time

    def writes(self) -> WriteTransaction:
        return WriteTransaction(self._database)

    def expires_at(self) -> int:
        """Return when an item that is written now expires, in seconds since 1970."""
        return int((self._real_time() + RETENTION).timestamp())

    def add_event(self, writes: WriteTransaction, user_id: str, event: Event) -> None:
        """Add an event of one recipient. Committing raises AlreadyWrittenError if the recipient has it."""
        item = EventItem(
            _USER + user_id,
            _EVENT + event.id,
            type=event.type,
            data=event.data_text(),
            expires_at=self.expires_at(),
        )
        writes.put(item, when=item_absent(EventItem), on_condition_failed=already_written)

    def find(self, user_id: str, event_id: str) -> Event | None:
        """Read an event of a user."""
        item = self._database.get(EventItem, _USER + user_id, _EVENT + event_id)
        return None if item is None else _event_of(item)

    def page_of_user(
        self,
        user_id: str,
        *,
        limit: int,
        position: str | None = None,
        newest_first: bool = True,
        type_name: str | None = None,
    ) -> Page[Event]:
        """Read events of a user.

        Args:
            limit: the most events to read; the filter by type can return fewer without ending the list.
            position: id of the event that the page follows, in the direction of reading; None starts at the end.
            newest_first: the direction.
            type_name: only events of this type.
        """
        page = self._database.query(
            EventItem,
            _USER + user_id,
            EventItem.sk.startswith(_EVENT),
            only=EventItem.type == type_name if type_name else None,
            limit=limit,
            newest_first=newest_first,
            after={"pk": {"S": _USER + user_id}, "sk": {"S": _EVENT + position}} if position else None,
        )
        return Page(tuple(map(_event_of, page.items)), page.last_key)

    # Events for all lenders of a loan

    def add_fan_out(self, event: Event, loan_id: str) -> bool:
        """Store an event that the lenders of a loan are to get. Returns False if it is stored already."""
        item = FanOutItem(
            _FAN_OUT_KEY + event.id,
            type=event.type,
            data=event.data_text(),
            loan_id=loan_id,
            next_attempt=next_attempt(event.id, self._real_time()),
            expires_at=self.expires_at(),
        )
        try:
            self._database.put(item, when=item_absent(FanOutItem), on_condition_failed=already_written)
        except AlreadyWrittenError:
            return False
        return True

    def find_fan_out(self, event_id: str) -> FanOut | None:
        """Read an event that not all lenders have; None if all have it."""
        item = self._database.get(FanOutItem, _FAN_OUT_KEY + event_id, FAN_OUT, consistent=True)
        if item is None:
            return None
        event = Event(event_id, item.type, moment_of(event_id), json.loads(item.data), lenders_of=item.loan_id)
        return FanOut(event, item.loan_id, item.after)

    def set_fan_out_position(self, event_id: str, after: str) -> None:
        """Store the lender up to whom an event is published.

        Raises:
            OptimisticLockError: all lenders have it.
        """
        self._database.update(
            FanOutItem(_FAN_OUT_KEY + event_id), _SET_AFTER(after=after), when=item_exists(FanOutItem)
        )

    def delete_fan_out(self, event_id: str) -> None:
        self._database.delete(FanOutItem(_FAN_OUT_KEY + event_id))

    # Events that the event bus has not accepted

    def add_for_bus(self, event: Event) -> None:
        """Store an event that is to be put on the event bus. Storing it again changes nothing else."""
        item = BusItem(
            _BUS_KEY + event.id,
            type=event.type,
            data=event.data_text(),
            next_attempt=next_attempt(event.id, self._real_time()),
            expires_at=self.expires_at(),
        )
        self._database.put(item)

    def find_for_bus(self, event_id: str) -> Event | None:
        """Read an event that is to be put on the event bus; None if the bus has it."""
        item = self._database.get(BusItem, _BUS_KEY + event_id, BUS, consistent=True)
        return None if item is None else Event(event_id, item.type, moment_of(event_id), json.loads(item.data))

    def delete_for_bus(self, event_id: str) -> None:
        self._database.delete(BusItem(_BUS_KEY + event_id))


def _event_of(item: EventItem) -> Event:
    event_id = item.sk.removeprefix(_EVENT)
    recipients = (item.pk.removeprefix(_USER),)
    return Event(event_id, item.type, moment_of(event_id), json.loads(item.data), recipients)
