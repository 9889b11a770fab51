"""Render emails: a text part and an HTML part from one message."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from chalicelib.notifications.domain.email import Email
from chalicelib.notifications.domain.mail import Mail
from chalicelib.notifications.domain.messages import Message
from chalicelib.notifications.domain.types import NOTIFICATION_TYPES
from chalicelib.notifications.service.unsubscribe_tokens import UnsubscribeTokens
from chalicelib.shared.actor import Role
from chalicelib.users.domain.user import User

if TYPE_CHECKING:
    from jinja2 import Environment

BRAND: Final = "Lending"
TEMPLATES: Final = Path(__file__).resolve().parent.parent / "templates"
_UNSUBSCRIBE_ROUTE: Final = "/api/notifications/unsubscribe/?token="
_UNSUBSCRIBE_PAGE: Final = "/app/#/unsubscribe?token="
_REQUIRED: Final = "This email is about the security or the status of your account, so you can’t turn it off."
_OPTIONAL: Final = "You get this email because of your notification preferences."


class EmailRenderer:
    """Renders emails.

    Args:
        public_url: the platform's address, without a slash at its end.
        currency: the deployment's currency.
        unsubscribe_tokens: makes the tokens of links that switch emails off.
    """

    def __init__(self, *, public_url: str, currency: str, unsubscribe_tokens: UnsubscribeTokens) -> None:
        self._public_url = public_url
        self._currency = currency
        self._tokens = unsubscribe_tokens

    def render(self, mail: Mail, user: User, address: str) -> Email:
        """Return an email to an address of a user.

        Raises:
            UnsafeHeader: the user's address has a control character.
        """
        message = Message.of(mail.type, mail.data, mail.created_at, user.role, self._currency)
        token = "" if NOTIFICATION_TYPES[mail.type].is_locked else quote(self._tokens.make(user.id, mail.type))
        values = self._values(message, user, token)
        return Email(
            key=mail.key,
            to=address,
            subject=message.subject,
            text=self._templates.get_template("email.txt").render(values),
            html=self._templates.get_template("email.html").render(values),
            headers=self._headers(token),
        )

    def _values(self, message: Message, user: User, token: str) -> dict[str, Any]:
        console = "/admin/#" if user.role is Role.ADMIN else "/app/#"
        return {
            "brand": BRAND,
            "subject": message.subject,
            "preview": message.text,
            "title": message.title,
            "greeting": f"Hello {user.first_name}," if user.first_name else "Hello,",
            "paragraphs": message.paragraphs,
            "details": message.details,
            "action": message.action,
            "url": self._public_url + message.link,
            "reason": _OPTIONAL if token else _REQUIRED,
            "unsubscribe_url": f"{self._public_url}{_UNSUBSCRIBE_PAGE}{token}" if token else "",
            "preferences_url": f"{self._public_url}{console}/notifications/preferences",
        }

    def _headers(self, token: str) -> dict[str, str]:
        """Return the headers by which mail programs offer to unsubscribe.

        Source: RFC 8058, sections 3.1 and 8.
        """
        headers = {"Auto-Submitted": "auto-generated"}
        if token:
            headers["List-Unsubscribe"] = f"<{self._public_url}{_UNSUBSCRIBE_ROUTE}{token}>"
            headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        return headers

    @cached_property
    def _templates(self) -> Environment:
        """The templates. Values are escaped in HTML and stay as they are in text."""
        from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

        return Environment(
            loader=FileSystemLoader(TEMPLATES),
            autoescape=select_autoescape(enabled_extensions=("html",), disabled_extensions=("txt",), default=True),
            undefined=StrictUndefined,
            auto_reload=False,
        )
