"""The port that every payment provider implements."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from chalicelib.transfers.domain.instructions import DepositInstructions
from chalicelib.transfers.domain.notification import TransferEvent
from chalicelib.transfers.domain.transfer import Transfer


@dataclass(frozen=True, slots=True)
class ProviderNotification:
    """A notification whose signature is valid.

    Args:
        event_id: the provider's id of the event, equal for every delivery of it.
        transfer_id: the transfer that it names, which may not exist.
        event: the report.
    """

    event_id: str
    transfer_id: str
    event: TransferEvent


class PaymentProvider(Protocol):
    """A way to move money in and out. An adapter keeps no state: transfers are stored by the platform."""

    def require_ready(self) -> None:
        """Check that the provider can take deposits and withdrawals.

        Raises:
            PaymentsNotConfigured: a setting is missing.
        """

    def start_deposit(self, deposit: Transfer, permanent_reference: str) -> DepositInstructions | None:
        """Return how the user pays a pending deposit; None if there is nothing to do.

        It may be called several times for one deposit, and always returns the same.

        Raises:
            PaymentsNotConfigured: a setting is missing.
        """

    def submit_withdrawals(self, withdrawals: Sequence[Transfer]) -> None:
        """Hand withdrawals over that are stored as SUBMITTED.

        It may be called several times for one withdrawal: its id makes it count once.
        """

    def parse_notification(self, headers: Mapping[str, str], body: bytes) -> ProviderNotification:
        """Verify and read a notification.

        Args:
            headers: by name in lower case.
            body: exactly as it was received.

        Raises:
            InvalidSignature: it is not signed by the provider, or is too old.
            Unprocessable: it has another form.
        """
