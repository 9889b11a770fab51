"""What operators read of the books as a whole: from the postings themselves, or from their projection."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Final

from chalicelib.reporting.domain.counters import LEDGER, Counts, balances
from chalicelib.reporting.domain.trial_balance import AccountBalance, Tally, TrialBalance
from chalicelib.reporting.service.parallel import SEGMENTS, run_concurrently
from chalicelib.reporting.service.projections import ProjectionService
from chalicelib.shared.actor import Actor, Role
from chalicelib.shared.clock import Clock
from chalicelib.shared.ids import first_id_of
from chalicelib.shared.money import ZERO, Money
from chalicelib.wallets.service import WalletService

MOST_POSTINGS: Final = 40_000
"""Postings that a request reads; of a ledger with more it shows the projection."""
_SETTLED_AFTER: Final = timedelta(seconds=30)
"""Longer than a request lasts, and so than a transaction that got its id in one can take to be written."""
_LOOKS: Final = 4
_PAUSE_MILLIS: Final = 500


class _TooMany(Exception):
    """The ledger is too long to be read within a request."""


class GeneralLedger:
    """The trial balance, and balances that no item holds. For operators alone."""

    def __init__(
        self,
        wallets: WalletService,
        projections: ProjectionService,
        clock: Clock,
        *,
        most_postings: int = MOST_POSTINGS,
        pause_millis: int = _PAUSE_MILLIS,
    ) -> None:
        self._wallets = wallets
        self._projections = projections
        self._clock = clock
        self._most = most_postings
        self._pause_millis = pause_millis
        self._is_long = False

    def trial_balance(self, actor: Actor) -> TrialBalance:
        """Every account's balance, by a consistent scan of the ledger; of a long ledger the control accounts'.

        Raises:
            RoleRequired: the actor is no operator.
        """
        actor.must_be(Role.ADMIN)
        if self._is_long:
            return self._projected()
        try:
            return self._counted()
        except _TooMany:
            self._is_long = True  # a ledger never gets shorter
            return self._projected()

    def hot_balance(self, actor: Actor, account: str) -> Money:
        """The balance of an account that has no item of its own: its line in the trial balance.

        Raises:
            RoleRequired: the actor is no operator.
        """
        lines = self.trial_balance(actor).accounts
        return next((line.balance for line in lines if line.account == account), ZERO)

    def _counted(self) -> TrialBalance:
        settled_before = first_id_of(self._clock() - _SETTLED_AFTER)

        def tally(segment: int) -> Tally:
            counted = Tally(settled_before=settled_before)
            postings = (each for page in self._wallets.scan_totals(segment, SEGMENTS) for each in page.items)
            for number, posting in enumerate(postings):
                if number == self._most // SEGMENTS:
                    raise _TooMany
                counted.add(posting)
            return counted

        whole = Tally(settled_before=settled_before)
        for part in run_concurrently(tally, range(SEGMENTS)):
            whole.absorb(part)
        return whole.close()

    def _projected(self) -> TrialBalance:
        """As the stream has it now, where it has both sides of every transaction; else as a day was closed last."""
        for _ in range(_LOOKS):
            found = _trial_balance(self._projections.now(LEDGER))
            if found.total == ZERO:
                return found
            time.sleep(self._pause_millis / 1000)
        return _trial_balance(self._projections.last_closed(LEDGER))


def _trial_balance(counts: Counts) -> TrialBalance:
    lines = tuple(AccountBalance(account, Money(cents)) for account, cents in balances(counts).items())
    return TrialBalance(lines, Money.total(line.balance for line in lines))
