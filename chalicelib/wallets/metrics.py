"""Metrics of deposits, withdrawals, payments and disbursed loans."""

from collections.abc import Iterator, Mapping
from typing import Final

from chalicelib.cache.invalidation import RawItem
from chalicelib.wallets.domain.ledger import PLATFORM_FEES, EntryType

_NAMES: Final[Mapping[tuple[EntryType, bool], tuple[str, str]]] = {
    (EntryType.DEPOSIT, True): ("Deposits", "DepositedCents"),
    (EntryType.WITHDRAWAL, False): ("Withdrawals", "WithdrawnCents"),
    (EntryType.LOAN_FUNDING, True): ("LoansFunded", "FundedCents"),
    (EntryType.LOAN_PAYMENT, False): ("LoanPayments", "PaidCents"),
}
"""Metric names of the count and the amount, by entry type and whether the wallet is credited."""


def metrics_for(item: RawItem) -> Iterator[tuple[str, int]]:
    """Yield the metrics of a committed posting. Only wallet lines count, so that each movement counts once."""
    account = str(item["account"]["S"])
    for line in item["lines"]["L"]:
        kind, cents = EntryType(line["L"][0]["S"]), int(line["L"][1]["N"])
        names = _NAMES.get((kind, cents > 0)) if account.startswith("wallet:") else None
        if names:
            yield names[0], 1
            yield names[1], abs(cents)
        if account.startswith(PLATFORM_FEES):
            yield "FeeCents", cents
