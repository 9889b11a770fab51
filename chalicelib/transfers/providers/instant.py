"""The provider that settles immediately: the wallet is credited or debited in the request itself."""

from collections.abc import Mapping, Sequence

from chalicelib.transfers.domain.instructions import DepositInstructions
from chalicelib.transfers.domain.transfer import Transfer
from chalicelib.transfers.providers.notification_body import read_notification
from chalicelib.transfers.providers.port import ProviderNotification
from chalicelib.transfers.providers.signatures import NotificationSigner


class InstantProvider:
    """No transfer waits for anything, so there is nothing to start, to submit or to report."""

    def __init__(self, signer: NotificationSigner) -> None:
        self._signer = signer

    def require_ready(self) -> None:
        """Do nothing: no setting is needed."""

    def start_deposit(self, deposit: Transfer, permanent_reference: str) -> DepositInstructions | None:
        """Return nothing: the deposit is settled already."""
        return None

    def submit_withdrawals(self, withdrawals: Sequence[Transfer]) -> None:
        """Do nothing: the withdrawals are settled already."""

    def parse_notification(self, headers: Mapping[str, str], body: bytes) -> ProviderNotification:
        return read_notification(self._signer.verify(headers, body), body)
