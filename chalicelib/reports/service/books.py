"""What operators read of the books as a whole, computed from the postings themselves."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from datetime import timedelta
from typing import Final, TypeVar

from chalicelib.common.actor import Actor, Role
from chalicelib.common.clock import Clock
from chalicelib.common.ids import first_id_of
from chalicelib.common.money import ZERO, Money
from chalicelib.reports.domain.trial_balance import Tally, TrialBalance
from chalicelib.wallets.service import LedgerReader

T = TypeVar("T")
R = TypeVar("R")

_SEGMENTS: Final = 4
_SETTLED_AFTER: Final = timedelta(seconds=30)
"""Longer than a request lasts, and so than a transaction that got its id in one can take to be written."""


class BookService:
    """The trial balance, and balances that no item holds. Both read the whole ledger: for operators alone."""

    def __init__(self, ledger: LedgerReader, clock: Clock) -> None:
        self._ledger = ledger
        self._clock = clock

    def trial_balance(self, actor: Actor) -> TrialBalance:
        """Every account's balance from its postings, by a consistent scan of the ledger.

        Raises:
            RoleRequired: the actor is no operator.
        """
        actor.must_be(Role.ADMIN)
        settled_before = first_id_of(self._clock() - _SETTLED_AFTER)

        def tally(segment: int) -> Tally:
            counted = Tally(settled_before=settled_before)
            for posting in self._ledger.scan(segment, _SEGMENTS):
                counted.add(posting)
            return counted

        whole = Tally(settled_before=settled_before)
        for part in _side_by_side(tally, range(_SEGMENTS)):
            whole.absorb(part)
        return whole.close()

    def hot_balance(self, actor: Actor, account: str) -> Money:
        """The balance of an account that has no item of its own: its line in the trial balance.

        Raises:
            RoleRequired: the actor is no operator.
        """
        lines = self.trial_balance(actor).accounts
        return next((line.balance for line in lines if line.account == account), ZERO)


def _side_by_side(work: Callable[[T], R], given: Iterable[T]) -> list[R]:
    """Wait for several reads at once; each runs in a copy of this context, so the request's meter counts it."""
    with ThreadPoolExecutor(_SEGMENTS) as pool:
        waiting = [pool.submit(copy_context().run, work, each) for each in given]
        return [each.result() for each in waiting]
