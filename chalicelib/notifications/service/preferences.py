"""A user's preferences, and the links in emails that switch these off."""

from collections.abc import Sequence

from chalicelib.dynamodb.retry import retry_on_conflict
from chalicelib.notifications.domain.preferences import (
    PreferenceChange,
    Preferences,
    require_changeable,
)
from chalicelib.notifications.domain.types import NOTIFICATION_TYPES, NotificationType
from chalicelib.notifications.repository.preferences import PreferenceRepository
from chalicelib.notifications.service.unsubscribe_tokens import UnsubscribeTokens
from chalicelib.shared.actor import Actor
from chalicelib.wallets.service import WalletService


class PreferenceService:
    def __init__(
        self, preferences: PreferenceRepository, wallets: WalletService, unsubscribe_tokens: UnsubscribeTokens
    ) -> None:
        self._preferences = preferences
        self._wallets = wallets
        self._tokens = unsubscribe_tokens

    def of(self, actor: Actor) -> Preferences:
        """Read the actor's preferences."""
        return self._preferences.find(actor.user_id, consistent=True)

    def change(self, actor: Actor, changes: Sequence[PreferenceChange]) -> Preferences:
        """Change the actor's preferences and return them.

        Raises:
            Unprocessable: the actor cannot receive a type, or it cannot be switched off.
        """
        require_changeable(changes, actor.role)

        def attempt() -> Preferences:
            stored = self.of(actor)
            changed = stored.with_changes(changes)
            writes = self._preferences.writes()
            if changed is not stored:
                self._preferences.add(writes, actor.user_id, changed)
            self._wallets.add(writes, actor=actor)
            writes.commit()
            return changed

        return retry_on_conflict(attempt)

    def unsubscribe(self, token: str) -> NotificationType:
        """Switch off the emails that a token names, and return their type. A repetition changes nothing.

        Raises:
            InvalidUnsubscribeToken: the token was not made here.
        """
        user_id, type_name = self._tokens.read(token)
        kind = NOTIFICATION_TYPES[type_name]

        def attempt() -> None:
            stored = self._preferences.find(user_id, consistent=True)
            changed = stored.with_changes([PreferenceChange(type_name, email=False)])
            if changed is not stored:
                writes = self._preferences.writes()
                self._preferences.add(writes, user_id, changed)
                writes.commit()

        retry_on_conflict(attempt)
        return kind
