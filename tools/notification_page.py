"""`make notification-page` writes docs/notifications.md from the table of types."""

from pathlib import Path
from typing import Final

from chalicelib.notifications.domain.types import NOTIFICATION_TYPES, NotificationType
from chalicelib.shared.actor import Role

PAGE: Final = Path(__file__).resolve().parent.parent / "docs" / "notifications.md"
_NAMES: Final = {Role.BORROWER: "borrowers", Role.LENDER: "lenders", Role.ADMIN: "operators"}
_ABOUT: Final = """\
# Notifications

Users are notified of [events](events.md) in two ways: in their inbox, and by email. The notification and the email are
recorded once, in the same transaction as the event.

`make notification-page` writes this page from `chalicelib/notifications/domain/types.py`.

## Inbox

`GET /api/notifications/` lists the notifications of the caller, newest first, with the number of unread ones.
`?unread=true` lists only unread ones. A notification has the `id`, the `type` and the `data` of its event, a
`title` and a `text` for people, and a `link` to the page where the user can act. `POST /api/notifications/read/` marks
notifications as read: `{"ids": [...]}` or `{"all": true}`.

The number of unread notifications changes in the same transaction as the notifications, so it is exact. An unread
notification does not expire. A read one is kept for a year after its event, and for at least 30 days after it was read.

## Preferences

`GET /api/notifications/preferences/` lists the types that the caller can receive, and `PATCH` switches a channel on or
off for a type. Notifications about the account itself and about disabled webhook endpoints are *locked*: they cannot be
switched off.

Emails of other types have a link that switches off the emails of that type, without signing in. Mail programs show a
button that does the same ([RFC 8058](https://www.rfc-editor.org/rfc/rfc8058)).

## Emails

An email is rendered when it is sent, from the event's data and the account's current name and address. It has a text
part and an HTML part, which loads nothing from servers. Its links lead to `PUBLIC_URL`. The email about a changed
address goes to the new address and to the replaced one, which the account keeps for this purpose.

The email's key, `<event id>#<user id>`, prevents duplicates. It ends with `-previous` if the email goes to a replaced
address.

1. The transaction that records the event stores the email as PENDING, and a job wakes a worker up.
2. The worker takes a lease of two minutes, sends the email with its key, and stores it as SENT.
3. If the email service (SES) does not accept it, up to four more attempts follow: after 5 seconds, 5 minutes, 30
   minutes and 2 hours. Then the email is FAILED. It is FAILED immediately if the service rejects it for good.
4. If the worker dies, or cannot know whether the service accepted the email, the next attempt begins when the lease
   ends. If the service's confirmation arrives before that, the email is SENT. The job `event_sweep` runs every minute
   and finds emails whose attempt is late.

An email is SUPPRESSED if its address is on the suppression list, and CANCELLED if its recipient has switched these
emails off since the event, or has no account any more. After it was SENT it can become BOUNCED or COMPLAINED.
[Operations](operations.md#sending-emails) explains how to find out why an email did not arrive.

Headers with line breaks are rejected, and values in HTML are escaped. Templates are in
`chalicelib/notifications/templates`, texts in `chalicelib/notifications/domain/texts`. `python -m tests.emails FOLDER`
writes the HTML of each email to a file.

## Types

In the inbox every type is on by default.

"""


def page() -> str:
    """Return the page."""
    rows = [
        "| type | title | recipients | email by default |",
        "|---|---|---|---|",
        *map(_row, NOTIFICATION_TYPES.values()),
    ]
    return _ABOUT + "\n".join(rows) + "\n"


def _row(kind: NotificationType) -> str:
    default = "locked" if kind.is_locked else _roles(kind.roles & kind.email_roles) or "no"
    default = "yes" if default == _roles(kind.roles) else default
    return f"| `{kind.name}` | {kind.title} | {_roles(kind.roles)} | {default} |"


def _roles(roles: frozenset[Role]) -> str:
    return ", ".join(name for role, name in _NAMES.items() if role in roles)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
