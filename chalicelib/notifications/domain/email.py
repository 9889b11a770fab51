"""Emails, and the port through which they are sent."""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Protocol

from chalicelib.shared.errors import Unavailable

_LINE_ENDS: Final = frozenset({"Cc", "Zl", "Zp"})


class UnsafeHeader(ValueError):
    """A header has a line end or another control character, which could start a header of its own."""


class MailNotConfigured(Unavailable):
    code = "mail_not_configured"
    detail = "This deployment cannot send emails yet. Its operators must configure a sender."


class EmailRefused(Exception):
    """The service refuses this email for good, for example because of its address. Trying again does not help."""


@dataclass(frozen=True, slots=True)
class Email:
    """A rendered email.

    Args:
        key: the deduplication key, `<event id>#<user id>`: two emails with one key are one email.
        to: the recipient's address, without a name.
        subject: one line of plain text.
        text: the plain text part.
        html: the HTML part.
        headers: further headers by name, such as ``List-Unsubscribe``.

    Raises:
        UnsafeHeader: the address, the subject or a header has a line end or another control character.
    """

    key: str
    to: str = field(repr=False)
    subject: str
    text: str = field(repr=False)
    html: str = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for value in (self.to, self.subject, *self.headers.keys(), *self.headers.values()):
            if any(unicodedata.category(character) in _LINE_ENDS for character in value):
                raise UnsafeHeader("a header of an email has a control character")


class EmailSender(Protocol):
    """Sends emails.

    A sender that can recognise a repetition by the email's key sends it once. Others pass the key on, so that the
    confirmation of the service names it (`MailFeedback`).
    """

    def send(self, email: Email) -> None:
        """Send an email. It is accepted for delivery when this returns.

        Raises:
            EmailRefused: the service refuses this email for good.
            Unavailable: the service has not accepted it, because it is unreachable, overloaded or throttling.
            Exception: any other error leaves open whether the service accepted it, for example a lost response.
        """


class SuppressionList(Protocol):
    """Addresses that get no email, because one bounced or its owner complained."""

    def contains(self, address: str) -> bool:
        """Return True if no email may be sent to the address."""
