"""Routes of notifications and preferences."""

from typing import Final

from chalicelib.api.auth import AccessLevel
from chalicelib.api.fields import NoBody, NoQuery
from chalicelib.api.pagination import CursorPage
from chalicelib.api.request import JSON, RawRequest
from chalicelib.api.routing import RequestContext, Router
from chalicelib.container import get_container
from chalicelib.dynamodb.database import Key
from chalicelib.dynamodb.idempotency import IdempotencyKeyReused, IdempotentResult
from chalicelib.notifications.schemas import (
    NotificationQuery,
    PreferenceList,
    PreferencesRequest,
    ReadRequest,
    UnreadCountResponse,
    UnsubscribeQuery,
    UnsubscribeResponse,
    UserNotificationList,
    UserNotificationResponse,
)
from chalicelib.notifications.service.unsubscribe_tokens import InvalidUnsubscribeToken

router: Final = Router(__name__, get_container)
_ONE_CLICK: Final = (JSON, "application/x-www-form-urlencoded", "multipart/form-data")
"""Media types of a body that unsubscribes: mail programs send a form (RFC 8058), pages send none."""


@router.endpoint(
    "GET",
    "/api/notifications",
    "List my notifications",
    query=NotificationQuery,
    response=UserNotificationList,
    paginated=Key,
)
def list_notifications(context: RequestContext[NoBody, NotificationQuery]) -> CursorPage:
    """List notifications, newest first, with the number of unread ones.

    A page of unread notifications can have fewer items than its limit and not be the last one.
    """
    container, actor, query = get_container(), context.actor, context.query
    page, unread_count = container.inbox.page(
        actor, unread_only=query.unread, limit=query.limit, after=context.position
    )
    items = [UserNotificationResponse.of(each, actor.role, container.settings.currency) for each in page.items]
    return CursorPage(items, page.last_key, {"unread_count": unread_count})


@router.endpoint(
    "POST",
    "/api/notifications/read",
    "Mark notifications as read",
    body=ReadRequest,
    response=UnreadCountResponse,
    errors=(IdempotencyKeyReused,),
    idempotent=True,
)
def mark_notifications_read(
    context: RequestContext[ReadRequest, NoQuery],
) -> IdempotentResult[UnreadCountResponse]:
    """Mark up to 100 notifications as read, or all of them, and return the number of unread ones."""
    result = get_container().inbox.mark_read(context.actor, context.body.ids, context.idempotency_key)
    return result.map(lambda unread_count: UnreadCountResponse(unread_count=unread_count))


@router.endpoint("GET", "/api/notifications/preferences", "List my notification preferences", response=PreferenceList)
def list_preferences(context: RequestContext[NoBody, NoQuery]) -> PreferenceList:
    """List the types that the caller can receive, and the channels that are on."""
    return PreferenceList.of(get_container().preferences.of(context.actor), context.actor.role)


@router.endpoint(
    "PATCH",
    "/api/notifications/preferences",
    "Update my notification preferences",
    body=PreferencesRequest,
    response=PreferenceList,
)
def change_preferences(context: RequestContext[PreferencesRequest, NoQuery]) -> PreferenceList:
    """Change only the types and channels in the body. Types about the account itself cannot be switched off."""
    changed = get_container().preferences.change(context.actor, context.body.changes())
    return PreferenceList.of(changed, context.actor.role)


@router.endpoint(
    "POST",
    "/api/notifications/unsubscribe",
    "Unsubscribe from emails",
    body=RawRequest,
    media_types=_ONE_CLICK,
    query=UnsubscribeQuery,
    response=UnsubscribeResponse,
    errors=(InvalidUnsubscribeToken,),
    access=AccessLevel.ANYONE,
)
def unsubscribe(context: RequestContext[RawRequest, UnsubscribeQuery]) -> UnsubscribeResponse:
    """Switch off the emails that the token names, without signing in (RFC 8058). A repetition changes nothing."""
    kind = get_container().preferences.unsubscribe(context.query.token)
    return UnsubscribeResponse(type=kind.name, title=kind.title)
