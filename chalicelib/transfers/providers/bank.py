"""The provider that exchanges ISO 20022 files with a bank."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from chalicelib.transfers.domain.instructions import DepositInstructions
from chalicelib.transfers.domain.transfer import PaymentsNotConfigured, Transfer
from chalicelib.transfers.providers.notification_body import read_notification
from chalicelib.transfers.providers.port import ProviderNotification
from chalicelib.transfers.providers.signatures import NotificationSigner


@dataclass(frozen=True, slots=True)
class PlatformAccount:
    """The platform's account at its bank, to which users pay deposits."""

    iban: str
    name: str
    bic: str


class BankProvider:
    """Deposits are paid by bank transfer, and statements report them; withdrawals leave in payment files.

    Args:
        account: the platform's account; None if it isn't configured.
        currency: of the deployment, ISO 4217.
        expiry_days: days after which a pending deposit expires.
        signer: verifies notifications.
    """

    def __init__(
        self, account: PlatformAccount | None, *, currency: str, expiry_days: int, signer: NotificationSigner
    ) -> None:
        self._account = account
        self._currency = currency
        self._expiry = timedelta(days=expiry_days)
        self._signer = signer

    def require_ready(self) -> None:
        self._configured_account()

    def start_deposit(self, deposit: Transfer, permanent_reference: str) -> DepositInstructions | None:
        account = self._configured_account()
        return DepositInstructions(
            account_name=account.name,
            iban=account.iban,
            bic=account.bic or None,
            reference=deposit.reference,
            permanent_reference=permanent_reference,
            amount=deposit.amount,
            currency=self._currency,
            expires_on=deposit.created_at.date() + self._expiry,
        )

    def submit_withdrawals(self, withdrawals: Sequence[Transfer]) -> None:
        """Do nothing: an operator takes the payment file to the bank."""

    def parse_notification(self, headers: Mapping[str, str], body: bytes) -> ProviderNotification:
        return read_notification(self._signer.verify(headers, body), body)

    def _configured_account(self) -> PlatformAccount:
        if self._account is None:
            raise PaymentsNotConfigured
        return self._account
