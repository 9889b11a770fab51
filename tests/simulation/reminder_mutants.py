"""Mutants of reminders, and of the security events of accounts."""

from typing import Final

from tests.simulation.mutant import Mutant

_REMINDERS: Final = "tests/unit/loans/test_reminders.py"
_FUNDING: Final = "tests/integration/origination/test_funding_reminders.py"
_ACCOUNTS: Final = "tests/integration/users/test_account_events.py"

REMINDER_MUTANTS: Final = (
    Mutant(
        "a payment of a part prevents a reminder",
        "loans/domain/funded_loan",
        "        next_action_on = stored\n",
        "        pass\n",
        _REMINDERS,
    ),
    Mutant(
        "a reminder is recorded in every run of its day",
        "loans/domain/funded_loan",
        "done = replace(loan, reminder=reminder, next_action_on=None)",
        "done = replace(loan, reminder=reminder)",
        _REMINDERS,
    ),
    Mutant(
        "a late run records the earliest reminder",
        "loans/domain/reminders",
        "return max((days for days in REMINDER_DAYS",
        "return min((days for days in REMINDER_DAYS",
        _REMINDERS,
    ),
    Mutant(
        "the funding lapses a day late",
        "origination/service/unfunded_loans",
        "self._days_left(loan) > 0:",
        "self._days_left(loan) >= 0:",
        f"{_FUNDING} -k two_days",
    ),
    Mutant(
        "lenders are reminded again by the next run",
        "origination/service/unfunded_loans",
        "owed = [offer for offer in owed if offer.reminder is None or offer.reminder.days_left != days_left]",
        "owed = list(owed)",
        f"{_FUNDING} -k killed",
    ),
    Mutant(
        "the first sign-in of an account is a new one",
        "users/service/sessions",
        "if networks and known and not from_known_network:",
        "if networks and not from_known_network:",
        f"{_ACCOUNTS} -k first",
    ),
    Mutant(
        "a changed password leaves no audit entry",
        "users/service/sessions",
        "        self._log.add(writes, AccountEvent(AccountEventKind.PASSWORD_CHANGED, user, address, request_id))\n",
        "",
        f"{_ACCOUNTS} -k password",
    ),
)
