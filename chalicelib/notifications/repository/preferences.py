"""Preferences by user."""

import json
from typing import Final

from chalicelib.dynamodb.database import Database
from chalicelib.dynamodb.model import item_absent, version_unchanged
from chalicelib.dynamodb.transaction import WriteTransaction
from chalicelib.notifications.domain.preferences import Preferences
from chalicelib.notifications.domain.types import Channel
from chalicelib.notifications.models import PreferencesItem

_USER: Final = "USER#"
_PREFERENCES: Final = "PREFERENCES"


class PreferenceRepository:
    def __init__(self, database: Database) -> None:
        self._database = database

    def writes(self) -> WriteTransaction:
        return WriteTransaction(self._database)

    def find(self, user_id: str, *, consistent: bool = False) -> Preferences:
        """Read a user's preferences; without choices if none are stored."""
        item = self._database.get(PreferencesItem, _USER + user_id, _PREFERENCES, consistent=consistent)
        if item is None:
            return Preferences()
        choices = {channel: _choices(getattr(item, channel.value)) for channel in Channel}
        return Preferences(choices, item.version)

    def add(self, writes: WriteTransaction, user_id: str, preferences: Preferences) -> None:
        """Add the changed preferences. Committing raises OptimisticLockError if they changed since they were read."""
        texts = {channel.value: _text(preferences, channel) for channel in Channel}
        item = PreferencesItem(_USER + user_id, version=preferences.version + 1, **texts)
        unchanged = version_unchanged(PreferencesItem, preferences.version)
        writes.put(item, when=unchanged if preferences.version else item_absent(PreferencesItem))


def _choices(text: str) -> dict[str, bool]:
    return {name: bool(value) for name, value in json.loads(text).items()}


def _text(preferences: Preferences, channel: Channel) -> str:
    chosen = preferences.choices.get(channel, {})
    return json.dumps({name: int(value) for name, value in chosen.items()}, separators=(",", ":"))
