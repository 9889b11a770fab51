"""The derivation of each table's events from its stream records."""

from collections.abc import Mapping
from typing import Final

from chalicelib.events.service.derivation.stream_record import Derivation

DERIVATIONS: Final[Mapping[str, Derivation]] = {
    "loans": lambda _: (),
    "ledger": lambda _: (),
    "wallets": lambda _: (),
    "transfers": lambda _: (),
    "audit": lambda _: (),
}
"""Derivations by table, without the deployment's prefix."""
