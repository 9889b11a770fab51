"""Mutants of auto-invest rules, and of the refund of the platform fee."""

from typing import Final

from tests.simulation.mutant import Mutant

_SERVICING: Final = "tests/simulation/test_faults_of_servicing.py"
_JOBS: Final = "tests/simulation/test_faults_of_jobs.py"
_MATCHING: Final = "tests/integration/auto_invest/test_concurrent_matching.py"

RULE_MUTANTS: Final = (
    Mutant(
        "a rule lends to one borrower without limit",
        "auto_invest/repository/rules",
        '| (BorrowerExposureItem.committed <= placeholder("most_committed"))',
        '| (BorrowerExposureItem.pk.exists() | (BorrowerExposureItem.committed <= placeholder("most_committed")))',
        _MATCHING,
    ),
    Mutant(
        "a rule lends again to a borrower in default",
        "auto_invest/domain",
        "            return Exposure(principal=invested)\n",
        "            return None\n",
        "tests/integration/auto_invest/test_matching.py",
    ),
    Mutant(
        "a small placement ignores a release",
        "auto_invest/repository/rules",
        "by=1, only_open=True, accepted=loan.accepted)",
        "by=1, only_open=True)",
        _MATCHING,
    ),
    Mutant(
        "a rule lends where its fee exceeds the interest",
        "auto_invest/domain",
        "return Placement(amount, reserved) if interest > (reserved - amount).cents else Reason.YIELD_TOO_LOW",
        "return Placement(amount, reserved) if interest >= 0 else Reason.YIELD_TOO_LOW",
        "tests/unit/auto_invest tests/security/test_rule_drain.py",
    ),
    Mutant(
        "a rule's exposure excludes its fees",
        "auto_invest/domain",
        "fees=offer.fee_share, principal=invested",
        "principal=invested",
        "tests/unit/auto_invest tests/integration/auto_invest/test_matching.py",
    ),
    Mutant(
        "the reservation of an accepted offer lapses",
        "loans/domain/offer",
        "return self.reserved_until if self.reserved and not self.is_accepted else None",
        "return self.reserved_until if self.reserved else None",
        "tests/integration/auto_invest/test_matching.py",
    ),
    Mutant(
        "an early closure refunds nothing",
        "servicing/service/payments",
        "            lines += transfer(PLATFORM_FEES, account, refund, EntryType.REFUND)\n",
        "",
        f"{_SERVICING} -k refund",
    ),
    Mutant(
        "the worker keeps the refunds of an early closure",
        "servicing/service/payments",
        "            lines += transfer(escrow, account, credit.refund, EntryType.REFUND)\n",
        "",
        f"{_JOBS} -k refunds",
    ),
    Mutant(
        "every payment refunds the fee",
        "loans/domain/funded_loan",
        "new.refund if closes else ZERO",
        "new.refund",
        f"{_SERVICING} -k pay",
    ),
)
