"""Emails that are to be sent, by key."""

import json
from datetime import UTC, datetime
from typing import Final

from pynamodb.constants import NUMBER, STRING

from chalicelib.dynamodb.attributes import RawItem, TimestampAttribute
from chalicelib.dynamodb.database import Database
from chalicelib.dynamodb.errors import AlreadyWrittenError, OptimisticLockError
from chalicelib.dynamodb.expressions import Expression, PreparedCondition, PreparedUpdate, placeholder
from chalicelib.dynamodb.transaction import WriteTransaction
from chalicelib.events.domain.due_work import MAIL, next_attempt
from chalicelib.events.domain.event import RETENTION, Event
from chalicelib.notifications.domain.mail import LEASE, TO_PREVIOUS_ADDRESS, Mail, MailStatus
from chalicelib.notifications.models import MailItem
from chalicelib.shared.clock import Clock
from chalicelib.shared.ids import moment_of

_MAIL_KEY: Final = MAIL + "#"
_STATUS: Final = placeholder("status", STRING)
_SERIALIZE_TIME: Final = TimestampAttribute().serialize
_IS_PENDING: Final = MailItem.status == MailStatus.PENDING.value
_CLAIM: Final = PreparedUpdate(
    MailItem.lease_owner.set(placeholder("owner", STRING)),
    MailItem.lease_until.set(placeholder("until", NUMBER, _SERIALIZE_TIME)),
    MailItem.next_attempt.set(placeholder("next_attempt", STRING)),
    MailItem.attempt.add(1),
)
_CLAIMABLE: Final = PreparedCondition(
    _IS_PENDING
    & (MailItem.lease_until.does_not_exist() | (MailItem.lease_until <= placeholder("now", NUMBER, _SERIALIZE_TIME)))
)
_RELEASE: Final = PreparedUpdate(
    MailItem.next_attempt.set(placeholder("next_attempt", STRING)),
    MailItem.error.set(placeholder("error", STRING)),
    MailItem.lease_owner.remove(),
    MailItem.lease_until.remove(),
)
_END: Final = PreparedUpdate(
    MailItem.status.set(_STATUS),
    MailItem.error.set(placeholder("error", STRING)),
    MailItem.lease_owner.remove(),
    MailItem.lease_until.remove(),
    MailItem.pending_shard.remove(),
    MailItem.next_attempt.remove(),
)
_PENDING: Final = PreparedCondition(_IS_PENDING)
_UNMARKED: Final = PreparedCondition(
    MailItem.status.exists() & (MailItem.status != _STATUS) & (MailItem.status != MailStatus.COMPLAINED.value)
)
_OWNED: Final = PreparedCondition(_IS_PENDING & (MailItem.lease_owner == placeholder("owner", STRING)))


def mail_key(event_id: str, user_id: str) -> str:
    """Return the deduplication key of the email about an event to a user."""
    return f"{event_id}#{user_id}"


class MailRepository:
    """Emails. Times of attempts are real time."""

    def __init__(self, database: Database, real_time: Clock) -> None:
        self._database = database
        self._real_time = real_time

    def add(self, writes: WriteTransaction, user_id: str, event: Event, *, to_previous_address: bool = False) -> str:
        """Add an email, due now, to a transaction that requires that the user does not have the event yet.

        Returns:
            The email's key.
        """
        now = self._real_time()
        key = mail_key(event.id, user_id) + (TO_PREVIOUS_ADDRESS if to_previous_address else "")
        item = MailItem(
            _MAIL_KEY + key,
            user_id=user_id,
            type=event.type,
            data=event.data_text(),
            status=MailStatus.PENDING.value,
            attempt=0,
            pending_shard=MAIL,
            next_attempt=next_attempt(key, now),
            expires_at=int((now + RETENTION).timestamp()),
        )
        writes.put(item)
        return key

    def find(self, key: str) -> Mail | None:
        """Read an email consistently."""
        item = self._database.get(MailItem, _MAIL_KEY + key, MAIL, consistent=True)
        return None if item is None else _mail(item)

    def claim(self, key: str, owner: str) -> bool:
        """Begin an attempt, which other workers leave alone for two minutes.

        Args:
            key: the email's key.
            owner: names this attempt.

        Returns:
            Whether this worker may send it. False if another one does, or it is no longer pending.
        """
        now = self._real_time()
        until = now + LEASE
        change = _CLAIM(owner=owner, until=until, next_attempt=next_attempt(key, until))

        def explain(old: RawItem | None) -> Exception:
            """Tell apart the lease of this attempt, whose response was lost, from that of another worker."""
            is_own = old is not None and MailItem.from_raw_data(old).lease_owner == owner
            return AlreadyWrittenError() if is_own else OptimisticLockError()

        try:
            self._database.update(
                MailItem(_MAIL_KEY + key), change, when=_CLAIMABLE(now=now), on_condition_failed=explain
            )
        except AlreadyWrittenError:
            return True
        except OptimisticLockError:
            return False
        return True

    def release(self, key: str, owner: str, due_at: datetime, error: str) -> bool:
        """End a failed attempt; the next one is due at ``due_at``.

        Returns:
            False if the email is no longer this attempt's: it was sent, or another worker has it.
        """
        change = _RELEASE(next_attempt=next_attempt(key, due_at), error=error)
        return self._change(key, change, _OWNED(owner=owner))

    def end(self, key: str, status: MailStatus, error: str = "") -> bool:
        """Store the final status of a pending email. Returns False if it is not pending."""
        return self._change(key, _END(status=status.value, error=error), _PENDING())

    def mark(self, key: str, status: MailStatus, error: str = "") -> bool:
        """Store what became of an email that was sent. Returns False if it has this status, or there is none."""
        return self._change(key, _END(status=status.value, error=error), _UNMARKED(status=status.value))

    def _change(self, key: str, change: Expression, when: Expression) -> bool:
        try:
            self._database.update(MailItem(_MAIL_KEY + key), change, when=when)
        except OptimisticLockError:
            return False
        return True


def _mail(item: MailItem) -> Mail:
    key = item.pk.removeprefix(_MAIL_KEY)
    due = (item.next_attempt or "").rpartition("#")[2]
    return Mail(
        key=key,
        user_id=item.user_id,
        type=item.type,
        data=json.loads(item.data),
        created_at=moment_of(key.partition("#")[0]),
        status=MailStatus(item.status),
        attempt=item.attempt,
        due_at=datetime.fromisoformat(due).astimezone(UTC) if due else None,
    )
