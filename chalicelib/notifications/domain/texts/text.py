"""The text of one type of event for one group of recipients."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from chalicelib.shared.actor import Role

ALL_ROLES: Final = (Role.BORROWER, Role.LENDER, Role.ADMIN)


@dataclass(frozen=True, slots=True)
class Text:
    """A text with the event's fields as placeholders, such as ``{amount}``; ``{days:day}`` is "3 days".

    Args:
        title: a heading without a full stop.
        text: one or two sentences: all of the notification, and the first paragraph of the email.
        action: the label of the link.
        link: the page on which to act, as a path of the console: `/wallet`.
        more: further paragraphs of the email. One whose fields have no value is left out.
        details: rows of the email's table: a label, and a value. One without a value is left out.
        subject: the email's subject; the title if empty.
        roles: the recipients who read this text.
        when: the values that these fields must have.
    """

    title: str
    text: str
    action: str
    link: str
    more: tuple[str, ...] = ()
    details: tuple[tuple[str, str], ...] = ()
    subject: str = ""
    roles: tuple[Role, ...] = ALL_ROLES
    when: Mapping[str, str | int] = field(default_factory=dict)


Texts = Mapping[str, tuple[Text, ...]]
"""Texts by type. The first one applies whose roles and values fit and whose title, text and link have all values."""
BORROWER: Final = (Role.BORROWER,)
LENDER: Final = (Role.LENDER,)
