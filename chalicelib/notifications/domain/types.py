"""The types of events that users are notified of, and the channels that are on by default."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from chalicelib.notifications.domain.texts.accounts import ACCOUNT_TEXTS, TRANSFER_TEXTS
from chalicelib.notifications.domain.texts.loans import LOAN_TEXTS
from chalicelib.notifications.domain.texts.offers import OFFER_TEXTS
from chalicelib.notifications.domain.texts.text import Texts
from chalicelib.shared.actor import Role

TEXTS: Final[Texts] = {**LOAN_TEXTS, **OFFER_TEXTS, **TRANSFER_TEXTS, **ACCOUNT_TEXTS}
EMAIL_CHANGED: Final = "security.email_changed"
_BOTH: Final = frozenset({Role.BORROWER, Role.LENDER})
_EVERYONE: Final = frozenset(Role)
_NO_ONE: Final[frozenset[Role]] = frozenset()


class Channel(StrEnum):
    """A way in which a user is notified."""

    IN_APP = "in_app"
    EMAIL = "email"


@dataclass(frozen=True, slots=True)
class NotificationType:
    """A type of event that users are notified of. In the app, every type is on by default.

    Args:
        name: the event type.
        title: its label in the preferences.
        email_roles: the recipients who get an email by default.
        is_locked: users cannot switch it off.
    """

    name: str
    title: str
    email_roles: frozenset[Role]
    is_locked: bool = False

    @property
    def roles(self) -> frozenset[Role]:
        """The roles that can receive it."""
        return frozenset(role for text in TEXTS[self.name] for role in text.roles)

    def is_on_by_default(self, channel: Channel, role: Role) -> bool:
        """Return whether a channel is on for users with a role who have not changed it."""
        return self.is_locked or channel is Channel.IN_APP or role in self.email_roles


_TYPES: Final = (
    NotificationType("loan.requested", "Loan request published", _NO_ONE),
    NotificationType("offer.received", "New offer", _BOTH),
    NotificationType("offer.withdrawn", "Offer withdrawn", _NO_ONE),
    NotificationType("offer.accepted", "Offer accepted", _BOTH),
    NotificationType("offer.declined", "Offer not accepted", _NO_ONE),
    NotificationType("loan.subscribed", "Loan fully subscribed", _BOTH),
    NotificationType("offer.funding_due_soon", "Funding deadline approaching", _BOTH),
    NotificationType("offer.unbacked", "Balance does not cover an offer", _BOTH),
    NotificationType("loan.funded", "Loan funded", _BOTH),
    NotificationType("loan.cancelled", "Loan cancelled", _BOTH),
    NotificationType("loan.expired", "Loan request expired", _BOTH),
    NotificationType("payment.due_soon", "Payment due soon", _BOTH),
    NotificationType("payment.received", "Payment received", frozenset({Role.BORROWER})),
    NotificationType("payment.failed", "Autopay failed", _BOTH),
    NotificationType("loan.overdue", "Payment overdue", _BOTH),
    NotificationType("loan.defaulted", "Loan in default", _BOTH),
    NotificationType("loan.rescheduled", "Repayment schedule changed", _BOTH),
    NotificationType("loan.completed", "Loan repaid in full", _BOTH),
    NotificationType("rule.matched", "Auto-invest made an offer", _NO_ONE),
    NotificationType("rule.paused", "Auto-invest rule paused", _BOTH),
    NotificationType("transfer.settled", "Deposit or withdrawal completed", _EVERYONE),
    NotificationType("transfer.failed", "Deposit or withdrawal failed", _EVERYONE),
    NotificationType("transfer.returned", "Deposit or withdrawal returned", _EVERYONE),
    NotificationType("account.frozen", "Account frozen", _EVERYONE, is_locked=True),
    NotificationType("account.unfrozen", "Account active again", _EVERYONE, is_locked=True),
    NotificationType("security.new_sign_in", "New sign-in", _EVERYONE, is_locked=True),
    NotificationType("security.password_changed", "Password changed", _EVERYONE, is_locked=True),
    NotificationType(EMAIL_CHANGED, "Email address changed", _EVERYONE, is_locked=True),
    NotificationType("webhook_endpoint.disabled", "Webhook endpoint disabled", _EVERYONE, is_locked=True),
)
NOTIFICATION_TYPES: Final[Mapping[str, NotificationType]] = {each.name: each for each in _TYPES}
"""Types by name, in the order of the preferences. Events of other types are for programs only."""
