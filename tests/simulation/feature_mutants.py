"""Bugs to plant: what somebody might write by mistake, each in one place, and the tests that ought to notice."""

from __future__ import annotations

from typing import Final

from tests.simulation.mutant import ENVIRONMENT, HISTORIES, JOBS, LENDING, SERVICING, mutant
from tests.simulation.platform_mutants import PLATFORM_MUTANTS

_DOMAIN: Final = "tests/unit/loans/domain"

MUTANTS: Final = (
    *PLATFORM_MUTANTS,
    mutant(
        "a withdrawal does not look at the balance",
        "wallets/repository",
        "takes_available=change.available < ZERO",
        "takes_available=False",
        HISTORIES,
    ),
    mutant(
        "a frozen wallet pays out",
        "wallets/repository",
        "takes_money=change.takes_money",
        "takes_money=False",
        "tests/integration/admin/test_account_freezes.py",
    ),
    mutant(
        "a loan is written over what others wrote",
        "loans/repository/loans",
        "writes.put_next(loan_item(loan, self._shards), was=loan.version)",
        "writes.put(loan_item(loan, self._shards), LoanItem.pk.exists())",
        HISTORIES,
    ),
    mutant(
        "an offer is made on a loan that is closed",
        "loans/repository/loans",
        "        open_loan = (LoanItem.status == LoanStatus.REQUESTED.value) & LoanItem.refunding.does_not_exist()\n"
        "        writes.check(",
        "        open_loan = LoanItem.pk.exists()\n        writes.check(",
        ENVIRONMENT,
    ),
    mutant(
        "a rule places beyond its bound",
        "loans/repository/rules",
        "unchanged & (RuleItem.committed <= bound.cents)",
        "unchanged",
        "tests/integration/auto_invest/test_concurrent_matching.py",
    ),
    mutant(
        "a released hold is held once more",
        "loans/service/holding",
        "{lender_id: -freed}",
        "{lender_id: freed}",
        f"{SERVICING} -k rule",
    ),
    mutant(
        "holds come on top of the balance",
        "wallets/service",
        "totals.get(user, ZERO) - holds.get(user, ZERO)",
        "totals.get(user, ZERO)",
        f"{JOBS} -k match",
    ),
    mutant(
        "a withdrawal is a deposit",
        "wallets/service",
        "self._exchange(actor, -amount, EntryType.WITHDRAWAL",
        "self._exchange(actor, amount, EntryType.WITHDRAWAL",
        HISTORIES,
    ),
    mutant(
        "a distribution leaves no work behind",
        "loans/service/repaying",
        "            self._work.stage_outbox(writes, Work(DISTRIBUTION, loan_id, payment.id), payment.paid_at)\n",
        "",
        f"{SERVICING} -k investors",
    ),
    mutant(
        "the stream's records of new work are lost",
        "loans/service/triggers",
        'if record["eventName"] == _INSERT else None',
        'if record["eventName"] == _REMOVE else None',
        ENVIRONMENT,
    ),
    mutant(
        "a batch credits those before it again",
        "loans/service/distributing",
        "current.credits[current.done : then]",
        "current.credits[0:then]",
        "tests/integration/servicing/test_many_lenders.py",
    ),
    mutant(
        "the last batch ends the work of all",
        "loans/service/distributing",
        "        if current.chunk == chunks[-1].chunk and then == len(current.credits):\n",
        "        if current.chunk == chunks[-1].chunk:\n",
        "tests/integration/servicing/test_many_lenders.py",
    ),
    mutant(
        "the fee stays in escrow",
        "loans/service/paying_in",
        "        lines += transfer(escrow, PLATFORM_FEES, loan.fee, EntryType.PLATFORM_FEE)\n",
        "",
        f"{LENDING} -k fund",
    ),
    mutant(
        "a refund forgets the share of the fee",
        "loans/domain/winding_back",
        "refund = offer.due_at_funding if",
        "refund = offer.accepted_amount if",
        f"{JOBS} -k refund",
    ),
    mutant(
        "a refunded offer counts as paid in",
        "loans/domain/winding_back",
        "replace(offer, funded_at=None, held=ZERO), refund",
        "replace(offer, held=ZERO), refund",
        f"{JOBS} -k refund",
    ),
    mutant(
        "only rows of which nothing is paid can be paid",
        "loans/domain/account",
        "if not row.is_paid), None)\n\n    @property\n    def next_due_date",
        "if row.unpaid and not row.paid_amount), None)\n\n    @property\n    def next_due_date",
        f"{_DOMAIN}/test_account.py {_DOMAIN}/test_payment.py {_DOMAIN}/test_payment_properties.py",
    ),
    mutant(
        "cents that are left over are not paid out",
        "loans/domain/distribution",
        "        totals[lender] += 1\n",
        "        totals[lender] += 0\n",
        f"{_DOMAIN}/test_distribution.py",
    ),
    mutant(
        "whoever knows a loan may act as its borrower",
        "loans/domain/view",
        "    if actor.user_id == loan.borrower_id:\n        return loan\n    if loan.status",
        "    if actor.user_id:\n        return loan\n    if loan.status",
        "tests/api/loans/test_access.py",
    ),
    mutant(
        "the clock acts on the day itself and never later",
        "loans/repository/agenda",
        "else LoanItem.next_action < upto",
        "else LoanItem.next_action.startswith(today.isoformat())",
        "tests/integration/servicing/test_lifecycle.py tests/integration/reporting "
        "tests/simulation/test_environment.py",
    ),
    mutant(
        "a withdrawal of an offer forgets its key",
        "loans/service/offering",
        '        self._markers.stage(writes, once, {"offer": offer.id})\n        if offer.held:\n',
        "        if offer.held:\n",
        "tests/api/loans/test_idempotency.py",
    ),
    mutant(
        "an offer is paid in over what others wrote",
        "loans/repository/loans",
        "same & funded & held",
        "same",
        f"{HISTORIES} tests/integration/loans",
    ),
    mutant(
        "the clock skips what comes before the default",
        "loans/domain/account",
        "if found and found <= overdue:",
        "if found:",
        f"{_DOMAIN}/test_account.py {_DOMAIN}/test_payment_properties.py",
    ),
)
