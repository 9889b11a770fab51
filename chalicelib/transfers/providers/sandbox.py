"""The provider that simulates a bank: transfers wait for `/api/sandbox/transfers/`."""

from typing import Final

from chalicelib.transfers.providers.bank import BankProvider, PlatformAccount
from chalicelib.transfers.providers.signatures import NotificationSigner

EXAMPLE_ACCOUNT: Final = PlatformAccount("DE89370400440532013000", "Sandbox account", "COBADEFFXXX")
"""The IBAN that standards and banks use in examples: no money can arrive there."""


class SandboxProvider(BankProvider):
    """Like a bank, with an example account if none is configured."""

    def __init__(
        self, account: PlatformAccount | None, *, currency: str, expiry_days: int, signer: NotificationSigner
    ) -> None:
        super().__init__(account or EXAMPLE_ACCOUNT, currency=currency, expiry_days=expiry_days, signer=signer)
