"""The derivation of each table's events from its stream records."""

from collections.abc import Mapping
from typing import Final

from chalicelib.events.service.derivation import audit, ledger, loans, transfers, wallets
from chalicelib.events.service.derivation.stream_record import Derivation

DERIVATIONS: Final[Mapping[str, Derivation]] = {
    "loans": loans.derive,
    "ledger": ledger.derive,
    "wallets": wallets.derive,
    "transfers": transfers.derive,
    "audit": audit.derive,
}
"""Derivations by table, without the deployment's prefix."""
