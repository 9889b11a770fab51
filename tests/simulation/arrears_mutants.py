"""Mutants of payments, late interest, default and recoveries."""

from typing import Final

from tests.simulation.mutant import Mutant

_PAYMENT: Final = "tests/unit/servicing/test_payment.py"
_LOAN_ACCOUNT: Final = "tests/unit/loans/test_loan_account.py"

ARREARS_MUTANTS: Final = (
    Mutant(
        "late interest is charged on paid principal",
        "loans/domain/loan_account",
        "more = terms.late_interest(instalment.unpaid_principal,",
        "more = terms.late_interest(instalment.principal,",
        _LOAN_ACCOUNT,
    ),
    Mutant(
        "late interest goes on after a default",
        "loans/domain/loan_account",
        "        last = min(today, default) if default else today\n",
        "        last = today\n",
        _LOAN_ACCOUNT,
    ),
    Mutant(
        "a cent more than an instalment leaves it due",
        "servicing/domain/payment",
        "in_order = due + (accrued if by_days else current.unpaid)",
        "in_order = due + accrued",
        _PAYMENT,
    ),
    Mutant(
        "a payment close to the payoff pays interest that is not earned",
        "servicing/domain/payment",
        "by_days = apply_to is ApplyTo.PRINCIPAL or payoff - amount < current.unpaid_interest - accrued",
        "by_days = apply_to is ApplyTo.PRINCIPAL",
        _PAYMENT,
    ),
    Mutant(
        "principal paid ahead reduces the interest earned before",
        "servicing/domain/payment",
        "        return _with_earned_interest(account, before, current, today)\n",
        "        return account\n",
        "tests/unit/servicing/test_rescheduling.py",
    ),
    Mutant(
        "recoveries pay fees before principal",
        "servicing/domain/payment",
        "        return _recover(account, payoff if amount is None else min(amount, payoff), at)\n",
        "        return _pay_in_order(account, payoff if amount is None else min(amount, payoff), at)\n",
        _PAYMENT,
    ),
    Mutant(
        "an overdue cent counts towards default",
        "loans/domain/arrears",
        "return bool(overdue) and overdue >= self.materiality and overdue.cents >= outstanding.cents * _ONE_PERCENT",
        "return bool(overdue)",
        _LOAN_ACCOUNT,
    ),
    Mutant(
        "paying the oldest instalment restarts the count to default",
        "loans/domain/loan_account",
        "return replace(self, material_since=since if goes_on else None)",
        "return replace(self, material_since=None)",
        _LOAN_ACCOUNT,
    ),
    Mutant(
        "a repeated settlement has another id",
        "servicing/service/payments",
        "derived_id(now, SETTLEMENT, loan_id)",
        "new_id(now)",
        "tests/simulation/test_faults_of_jobs.py -k settle",
    ),
)
