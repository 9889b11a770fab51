"""Request and response models of notifications and preferences."""

from typing import Annotated, Self

from pydantic import Field, StrictBool, model_validator

from chalicelib.api.fields import Identifier, IdentifierInput, ListQuery, Query, RequestModel, ResponseModel, Timestamp
from chalicelib.notifications.domain.messages import Message
from chalicelib.notifications.domain.notification import Notification
from chalicelib.notifications.domain.preferences import PreferenceChange, Preferences, types_for
from chalicelib.notifications.domain.types import Channel, NotificationType
from chalicelib.shared.actor import Role


class NotificationQuery(ListQuery):
    """The size of a page, its start, and whether to list unread notifications only."""

    unread: Annotated[bool, Field(description="List only unread notifications.")] = False


class UserNotificationResponse(ResponseModel):
    """A notification. Its `id` is that of the event, whose `data` it has. `link` is the page on which to act."""

    id: Identifier
    type: str
    title: str
    text: str
    created_at: Timestamp
    read_at: Timestamp | None
    link: str
    data: dict[str, str | int | None]

    @classmethod
    def of(cls, notification: Notification, role: Role, currency: str) -> Self:
        message = Message.of(notification.type, notification.data, notification.created_at, role, currency)
        return cls(
            id=notification.id,
            type=notification.type,
            title=message.title,
            text=message.text,
            created_at=notification.created_at,
            read_at=notification.read_at,
            link=message.link,
            data=dict(notification.data),
        )


class UserNotificationList(ResponseModel):
    """A page of the caller's notifications, newest first. `unread_count` counts all unread ones."""

    items: list[UserNotificationResponse]
    next_cursor: str | None
    unread_count: int


class ReadRequest(RequestModel):
    """The notifications to mark as read: some `ids`, or `all`. Unknown ids are ignored."""

    ids: Annotated[list[IdentifierInput], Field(min_length=1, max_length=100)] | None = None
    all: StrictBool | None = None

    @model_validator(mode="after")
    def _require_one(self) -> Self:
        if (self.ids is None) is not bool(self.all):
            raise ValueError("must have either ids, or all set to true")
        return self


class UnreadCountResponse(ResponseModel):
    """The number of the caller's unread notifications."""

    unread_count: int


class PreferenceResponse(ResponseModel):
    """The channels through which the caller is notified of a type. A `locked` type cannot be switched off."""

    type: str
    title: str
    in_app: bool
    email: bool
    locked: bool

    @classmethod
    def of(cls, kind: NotificationType, preferences: Preferences, role: Role) -> Self:
        return cls(
            type=kind.name,
            title=kind.title,
            in_app=preferences.is_on(Channel.IN_APP, kind, role),
            email=preferences.is_on(Channel.EMAIL, kind, role),
            locked=kind.is_locked,
        )


class PreferenceList(ResponseModel):
    """The preferences for all types that the caller can receive."""

    items: list[PreferenceResponse]

    @classmethod
    def of(cls, preferences: Preferences, role: Role) -> Self:
        return cls(items=[PreferenceResponse.of(kind, preferences, role) for kind in types_for(role)])


class PreferenceUpdate(RequestModel):
    """A change to one type; a missing channel stays as it is."""

    type: Annotated[str, Field(max_length=64)]
    in_app: StrictBool | None = None
    email: StrictBool | None = None


class PreferencesRequest(RequestModel):
    """Changes to preferences. Types that are not listed stay as they are."""

    items: Annotated[list[PreferenceUpdate], Field(min_length=1, max_length=100)]

    def changes(self) -> list[PreferenceChange]:
        return [PreferenceChange(item.type, item.in_app, item.email) for item in self.items]


class UnsubscribeQuery(Query):
    """The token of a link in an email."""

    token: Annotated[str, Field(max_length=200, description="The token of the link in the email.")]


class UnsubscribeResponse(ResponseModel):
    """The type whose emails are switched off."""

    type: str
    title: str
