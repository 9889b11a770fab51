"""Record notifications and emails together with their events."""

from collections.abc import Sequence

from chalicelib.dynamodb.transaction import WriteTransaction
from chalicelib.events.domain.event import Event
from chalicelib.events.service.wakeups import SEND_EMAIL
from chalicelib.jobs.queue import BackgroundJob
from chalicelib.notifications.domain.preferences import Preferences
from chalicelib.notifications.domain.types import EMAIL_CHANGED, NOTIFICATION_TYPES, Channel, NotificationType
from chalicelib.notifications.repository.inbox import InboxRepository
from chalicelib.notifications.repository.mails import MailRepository
from chalicelib.notifications.repository.preferences import PreferenceRepository
from chalicelib.users.service.accounts import UserService


class NotificationRecorder:
    """Adds notifications and emails to the transactions that record events (the port `Inbox`).

    Args:
        emails_are_on: whether this deployment can send emails. Without it none are stored.
    """

    def __init__(
        self,
        notifications: InboxRepository,
        mails: MailRepository,
        preferences: PreferenceRepository,
        users: UserService,
        *,
        emails_are_on: bool,
    ) -> None:
        self._notifications = notifications
        self._mails = mails
        self._preferences = preferences
        self._users = users
        self._emails_are_on = emails_are_on

    def add(self, writes: WriteTransaction, user_id: str, event: Event) -> Sequence[BackgroundJob]:
        """Add what the recipient's preferences ask for: a notification, an email, both or none."""
        kind = NOTIFICATION_TYPES.get(event.type)
        if kind is None:
            return ()
        preferences = Preferences() if kind.is_locked else self._preferences.find(user_id)
        if self._is_on(Channel.IN_APP, kind, user_id, preferences):
            self._notifications.add(writes, user_id, event)
        if self._emails_are_on and self._is_on(Channel.EMAIL, kind, user_id, preferences):
            keys = [self._mails.add(writes, user_id, event)]
            if event.type == EMAIL_CHANGED:  # someone who takes an account over reads the new address
                keys.append(self._mails.add(writes, user_id, event, to_previous_address=True))
            return [BackgroundJob(SEND_EMAIL, key) for key in keys]
        return ()

    def _is_on(self, channel: Channel, kind: NotificationType, user_id: str, preferences: Preferences) -> bool:
        """Return whether a channel is on. The account is read only where the default depends on its role."""
        values = {preferences.is_on(channel, kind, role) for role in kind.roles}
        if len(values) == 1:
            return values.pop()
        user = self._users.find(user_id)
        return user is not None and preferences.is_on(channel, kind, user.role)
