"""Mutants of autopay."""

from typing import Final

from tests.simulation.mutant import Mutant

_AUTOPAY: Final = "tests/integration/servicing/test_autopay.py"
_DAYS: Final = "tests/unit/loans/test_autopay.py"

AUTOPAY_MUTANTS: Final = (
    Mutant(
        "overlapping runs of autopay charge twice",
        "servicing/service/payments",
        "if before.account.first_unpaid is None or not before.loan.collects_on(before.account, now.date()):",
        "if before.account.first_unpaid is None:",
        f"{_AUTOPAY} -k collect",
    ),
    Mutant(
        "autopay is tried twice on one day",
        "loans/domain/autopay",
        "earliest = today + _ONE_DAY if failed_today else today",
        "earliest = today",
        f"{_AUTOPAY} -k retried",
    ),
    Mutant(
        "autopay never gives up",
        "loans/domain/autopay",
        "if earliest <= first + timedelta(days=RETRY_DAYS) or last is None or last.on < first:",
        "if earliest:",
        _DAYS,
    ),
    Mutant(
        "lenders see why autopay failed",
        "loans/domain/visibility",
        "loan.autopay.without_codes() if loan.autopay.attempts else loan.autopay",
        "loan.autopay",
        "tests/api/loans/test_autopay.py",
    ),
    Mutant(
        "autopay forgets its attempts",
        "servicing/service/payments",
        "apply_payment(replace(before, loan=paid), allocation, now)",
        "apply_payment(before, allocation, now)",
        f"{_AUTOPAY} -k retried",
    ),
)
