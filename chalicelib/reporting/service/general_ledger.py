"""The trial balance: computed from the postings, or from their projection if there are many."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Final

from chalicelib.reporting.domain.counters import LEDGER, Counts, balances
from chalicelib.reporting.domain.trial_balance import AccountBalance, TrialBalance, TrialBalanceBuilder
from chalicelib.reporting.service.parallel import SEGMENTS, run_concurrently
from chalicelib.reporting.service.projections import ProjectionService
from chalicelib.shared.actor import Actor, Role
from chalicelib.shared.clock import Clock
from chalicelib.shared.ids import first_id_of
from chalicelib.shared.money import ZERO, Money
from chalicelib.wallets.service import WalletService

MAX_POSTINGS: Final = 40_000
"""Postings that a request may read; for more, it uses the projection."""
_SETTLED_AFTER: Final = timedelta(seconds=30)
"""Longer than a request, and so longer than writing its transaction takes."""
_ATTEMPTS: Final = 4
_PAUSE_MILLIS: Final = 500


class _TooManyPostings(Exception):
    """The ledger has too many postings to read them within a request."""


class GeneralLedger:
    """The trial balance and the balances of hot accounts, for operators."""

    def __init__(
        self,
        wallets: WalletService,
        projections: ProjectionService,
        clock: Clock,
        *,
        max_postings: int = MAX_POSTINGS,
        pause_millis: int = _PAUSE_MILLIS,
    ) -> None:
        self._wallets = wallets
        self._projections = projections
        self._clock = clock
        self._max_postings = max_postings
        self._pause_millis = pause_millis
        self._is_long = False

    def trial_balance(self, actor: Actor) -> TrialBalance:
        """Return every account's balance from a consistent scan; for a long ledger those of the control accounts.

        Raises:
            RoleRequired: the actor is not an operator.
        """
        actor.must_be(Role.ADMIN)
        if self._is_long:
            return self._from_projection()
        try:
            return self._from_postings()
        except _TooManyPostings:
            self._is_long = True  # a ledger never shrinks
            return self._from_projection()

    def hot_balance(self, actor: Actor, account: str) -> Money:
        """Return the balance of an account without a balance item: its line of the trial balance.

        Raises:
            RoleRequired: the actor is not an operator.
        """
        lines = self.trial_balance(actor).accounts
        return next((line.balance for line in lines if line.account == account), ZERO)

    def _from_postings(self) -> TrialBalance:
        settled_before = first_id_of(self._clock() - _SETTLED_AFTER)

        def scan(segment: int) -> TrialBalanceBuilder:
            builder = TrialBalanceBuilder(settled_before=settled_before)
            postings = (each for page in self._wallets.scan_totals(segment, SEGMENTS) for each in page.items)
            for number, posting in enumerate(postings):
                if number == self._max_postings // SEGMENTS:
                    raise _TooManyPostings
                builder.add(posting)
            return builder

        ledger = TrialBalanceBuilder(settled_before=settled_before)
        for segment in run_concurrently(scan, range(SEGMENTS)):
            ledger.merge(segment)
        return ledger.build()

    def _from_projection(self) -> TrialBalance:
        """Use the current counters if all transactions in them are complete, else those of the last closed day."""
        for _ in range(_ATTEMPTS):
            found = _trial_balance(self._projections.current(LEDGER))
            if found.total == ZERO:
                return found
            time.sleep(self._pause_millis / 1000)
        return _trial_balance(self._projections.last_closed(LEDGER))


def _trial_balance(counts: Counts) -> TrialBalance:
    lines = tuple(AccountBalance(account, Money(cents)) for account, cents in balances(counts).items())
    return TrialBalance(lines, Money.total(line.balance for line in lines))
