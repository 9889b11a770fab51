"""Mutants of loan requests, offers and releases."""

from typing import Final

from tests.simulation.mutant import Mutant

_ORIGINATION: Final = "tests/simulation/test_faults_of_origination.py"
_SERVICING: Final = "tests/simulation/test_faults_of_servicing.py"
_CONCURRENCY: Final = "tests/integration/origination/test_concurrency.py"
_LIMITS: Final = "tests/api/loans/test_origination_limits.py"

ORIGINATION_MUTANTS: Final = (
    Mutant(
        "a cancelled request is counted as open",
        "origination/service/unwind",
        "BorrowingChange(open_requests=-1, exposure=-loan.amount)",
        "BorrowingChange(exposure=-loan.amount)",
        f"{_ORIGINATION} -k cancel",
    ),
    Mutant(
        "a payment does not reduce the exposure",
        "servicing/service/payments",
        "BorrowingChange(exposure=-payment.principal)",
        "BorrowingChange()",
        f"{_SERVICING} -k pay",
    ),
    Mutant(
        "concurrent requests exceed the limit by one",
        "wallets/repository",
        'open_requests < placeholder("most_requests")',
        'open_requests <= placeholder("most_requests")',
        f"{_CONCURRENCY} -k requests",
    ),
    Mutant(
        "the highest clearing rate of an acceptance is ignored",
        "loans/domain/offer",
        "if max_rate is not None and rate > max_rate:",
        "if max_rate is not None and rate > max_rate and not offers:",
        _LIMITS,
    ),
    Mutant(
        "a release does not refund lenders",
        "origination/domain/unwind",
        "refund = offer.amount_due if offer.is_funded else ZERO",
        "refund = offer.amount_due if offer.is_funded and kind is not UnwindKind.RELEASE else ZERO",
        f"{_ORIGINATION} -k release",
    ),
    Mutant(
        "a release keeps the offers of lenders who have funded",
        "origination/domain/unwind",
        "elif kind is UnwindKind.RELEASE or offer.rule_id",
        "elif offer.rule_id",
        _LIMITS,
    ),
)
