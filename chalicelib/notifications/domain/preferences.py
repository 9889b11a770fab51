"""Preferences: the channels that a user has switched on or off, by type."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from chalicelib.notifications.domain.types import NOTIFICATION_TYPES, Channel, NotificationType
from chalicelib.shared.actor import Role
from chalicelib.shared.errors import Unprocessable

_NO_CHOICES: Final[Mapping[str, bool]] = {}


@dataclass(frozen=True, slots=True)
class PreferenceChange:
    """A change to one type; None leaves a channel as it is."""

    type: str
    in_app: bool | None = None
    email: bool | None = None


@dataclass(frozen=True, slots=True)
class Preferences:
    """The choices of a user, by channel and type; ``version`` is 0 if nothing is stored."""

    choices: Mapping[Channel, Mapping[str, bool]] = field(default_factory=dict)
    version: int = 0

    def chosen(self, channel: Channel, type_name: str) -> bool | None:
        """Return the user's choice; None without one."""
        return self.choices.get(channel, _NO_CHOICES).get(type_name)

    def is_on(self, channel: Channel, kind: NotificationType, role: Role) -> bool:
        """Return whether a user with a role is notified of a type through a channel."""
        chosen = None if kind.is_locked else self.chosen(channel, kind.name)
        return kind.is_on_by_default(channel, role) if chosen is None else chosen

    def with_changes(self, changes: Iterable[PreferenceChange]) -> Preferences:
        """Return the preferences after some changes; the same object if nothing changes."""
        choices = {channel: dict(self.choices.get(channel, _NO_CHOICES)) for channel in Channel}
        for change in changes:
            for channel, value in ((Channel.IN_APP, change.in_app), (Channel.EMAIL, change.email)):
                if value is not None:
                    choices[channel][change.type] = value
        is_same = all(choices[channel] == self.choices.get(channel, _NO_CHOICES) for channel in Channel)
        return self if is_same else Preferences(choices, self.version)


def types_for(role: Role) -> list[NotificationType]:
    """Return the types that users with a role can receive, in the order of the preferences."""
    return [kind for kind in NOTIFICATION_TYPES.values() if role in kind.roles]


def require_changeable(changes: Iterable[PreferenceChange], role: Role) -> None:
    """Check that users with a role can change these types.

    Raises:
        Unprocessable: lists the types that they cannot receive, and those that cannot be switched off.
    """
    known = {kind.name: kind for kind in types_for(role)}
    errors = []
    for number, change in enumerate(changes):
        kind = known.get(change.type)
        if kind is None:
            errors.append((f"items.{number}.type", "must be one of the types in your preferences"))
        elif kind.is_locked:
            errors.append((f"items.{number}.type", "must be a type that can be switched off"))
    if errors:
        raise Unprocessable(errors=tuple(errors))
