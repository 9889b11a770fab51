"""Mutants of transfers: settlements, returns, reservations, signatures and receivables."""

from typing import Final

from tests.simulation.mutant import Mutant

_HISTORIES: Final = "tests/simulation/test_transfer_histories.py"
_FAULTS: Final = "tests/simulation/test_faults_of_transfers.py"
_RECEIVABLE_FAULTS: Final = "tests/simulation/test_faults_of_receivables.py"
_RECEIVABLES: Final = "tests/integration/wallets/test_receivables.py"
_NOTIFICATIONS: Final = "tests/api/transfers/test_notifications.py"
_RECONCILIATION: Final = "tests/integration/reporting/test_transfer_reconciliation.py"

TRANSFER_MUTANTS: Final = (
    Mutant(
        "two events settle a deposit twice",
        "transfers/repository/transfers",
        "            when=unchanged,\n",
        "            when=None,\n",
        _HISTORIES,
    ),
    Mutant(
        "an event is not recorded with its effect",
        "transfers/repository/notifications",
        "        writes.put(item, when=item_absent(NotificationItem), on_condition_failed=already_written)\n",
        "        self._database.put(item)\n",
        f"{_FAULTS} -k notification",
    ),
    Mutant(
        "a return that arrives before its settlement is ignored",
        "transfers/service/transfers",
        "if stored.status is _Status.SETTLED and stored.held_return is not None:",
        "if stored.status is _Status.PENDING and stored.held_return is not None:",
        _HISTORIES,
    ),
    Mutant(
        "a returned deposit leaves requested withdrawals",
        "transfers/service/transfers",
        "                retry_on_conflict(partial(self._cancel_requested, found.id))\n",
        "                pass\n",
        _HISTORIES,
    ),
    Mutant(
        "a returned deposit leaves reservations of offers",
        "transfers/service/transfers",
        "        self._reservations.release_lender(user_id)\n",
        "",
        _HISTORIES,
    ),
    Mutant(
        "a cancelled withdrawal leaves its reservation",
        "transfers/service/transfers",
        "self._add_release(writes, stored, actor)",
        "self._wallets.add(writes, None, None, actor=actor)",
        _HISTORIES,
    ),
    Mutant(
        "a rejected withdrawal leaves its reservation",
        "transfers/service/transfers",
        "self._add_release(writes, before, actor)",
        "self._wallets.add(writes, None, None, actor=actor)",
        _HISTORIES,
    ),
    Mutant(
        "a settled withdrawal of a frozen account is refused",
        "transfers/service/transfers",
        "self._wallets.add(writes, journal, {settled.user_id: -settled.amount}, cash_moved=True, actor=actor)",
        "self._wallets.add(writes, journal, {settled.user_id: -settled.amount}, actor=actor)",
        f"{_RECEIVABLE_FAULTS} -k settle",
    ),
    Mutant(
        "the signature of a notification is not checked",
        "transfers/providers/signatures",
        "        if not has_valid_signature(self._secrets(), headers, body):\n            raise InvalidSignature\n",
        "",
        _NOTIFICATIONS,
    ),
    Mutant(
        "an old notification is accepted",
        "transfers/providers/signatures",
        "TOLERANCE_SECONDS: Final = 300\n",
        "TOLERANCE_SECONDS: Final = 300_000_000\n",
        _NOTIFICATIONS,
    ),
    Mutant(
        "a credit does not pay the receivable",
        "wallets/repository",
        "owes_nothing=spends or (increase > 0 and not owed),",
        "owes_nothing=spends,",
        _RECEIVABLES,
    ),
    Mutant(
        "a restricted account may spend",
        "wallets/repository",
        "owes_nothing=spends or (increase > 0 and not owed),",
        "owes_nothing=increase > 0 and not owed,",
        _RECEIVABLES,
    ),
    Mutant(
        "a receivable is paid by what it was, not by what it is",
        "wallets/repository",
        'receivable == placeholder("owed") if "owed" in needed else None,',
        'receivable >= 0 if "owed" in needed else None,',
        f"{_RECEIVABLES} -k concurrent",
    ),
    Mutant(
        "a return books a receivable although money has arrived",
        "wallets/repository",
        'available == placeholder("everything") if "everything" in needed else None,',
        'available >= placeholder("everything") if "everything" in needed else None,',
        f"{_RECEIVABLES} {_HISTORIES}",
    ),
    Mutant(
        "an amended transaction keeps its token",
        "dynamodb/transaction",
        "                token, delay = str(uuid4()), 0.0\n",
        "                delay = 0.0\n",
        "tests/integration/dynamodb/test_amendments.py",
    ),
    Mutant(
        "the reconciliation ignores a lost transfer",
        "reporting/domain/reconciliation",
        "return (self.total != ZERO or self.cash != ZERO) and not self.is_repeated",
        "return self.total != ZERO and not self.is_repeated",
        f"{_RECONCILIATION} -k lost",
    ),
)
