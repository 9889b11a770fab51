"""Instructions for paying a deposit by bank transfer."""

from dataclasses import dataclass
from datetime import date
from typing import Final

from chalicelib.shared.money import Money

_EURO: Final = "EUR"
_LARGEST_EPC_AMOUNT: Final = Money(999_999_999_99)
_LARGEST_EPC_PAYLOAD: Final = 331
"""Bytes of a QR code of version 13, the largest that the guidelines allow."""


@dataclass(frozen=True, slots=True)
class DepositInstructions:
    """Details that the payer enters in a bank transfer.

    Args:
        account_name: the holder of the platform's account, up to 70 characters.
        iban: the platform's account, without spaces.
        bic: its bank, or None: within the European Economic Area the IBAN is enough.
        reference: the structured creditor reference of this deposit, without spaces.
        permanent_reference: the payer's own reference, for payments of any amount at any time.
        amount: the amount of the deposit, positive.
        currency: code of ISO 4217.
        expires_on: the last day on which the deposit is expected.
    """

    account_name: str
    iban: str
    bic: str | None
    reference: str
    permanent_reference: str
    amount: Money
    currency: str
    expires_on: date

    @property
    def epc_payload(self) -> str | None:
        """The content of a QR code for banking applications, in version 002; None if it can't have one.

        A QR code exists for payments in euros of up to 999,999,999.99.

        Source: EPC069-12, Quick Response Code: Guidelines to Enable Data Capture for the Initiation of a SEPA Credit
        Transfer, version 2.1, section 2: elements end with a line feed; the last ones are left out if they are empty.
        """
        if self.currency != _EURO or self.amount > _LARGEST_EPC_AMOUNT:
            return None
        service, version, utf_8, identification, purpose = "BCD", "002", "1", "SCT", ""
        payee = (self.bic or "", self.account_name, self.iban)
        payment = (f"{_EURO}{self.amount}", purpose, self.reference)
        payload = "\n".join((service, version, utf_8, identification, *payee, *payment))
        return payload if len(payload.encode()) <= _LARGEST_EPC_PAYLOAD else None
