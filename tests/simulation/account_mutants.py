"""Mutants of frozen accounts, revoked tokens and sessions."""

from typing import Final

from tests.simulation.mutant import Mutant

_REVOKED: Final = "tests/security/test_revoked_tokens.py"
_FROZEN: Final = "tests/api/admin/test_frozen_accounts.py"

ACCOUNT_MUTANTS: Final = (
    Mutant(
        "a wallet's change does not require the actor's token",
        "wallets/service",
        "issued_ms=actor.issued_ms if actor and user_id == own else None,",
        "issued_ms=None,",
        f"{_REVOKED} -k 'withdraw or cancel'",
    ),
    Mutant(
        "a password change leaves access tokens valid",
        "users/service/sessions",
        "        self._revocation.add_revocation(writes, actor.user_id, valid_from)\n",
        "",
        f"{_REVOKED} -k 'withdraw or cancel'",
    ),
    Mutant(
        "a frozen borrower cannot repay",
        "wallets/service",
        "is_repayment=is_repayment and user_id in borrowers,",
        "is_repayment=False,",
        f"{_FROZEN} -k repays",
    ),
    Mutant(
        "a frozen account offers and accepts",
        "wallets/service",
        "must_be_active=must_be_active and user_id == own,",
        "must_be_active=False,",
        f"{_FROZEN} -k accepts",
    ),
    Mutant(
        "freezing leaves rules active",
        "auto_invest/service/rules",
        "            stopped = RuleChange(active=False).apply_to(rule)\n",
        "            stopped = RuleChange().apply_to(rule)\n",
        f"{_FROZEN} -k rules",
    ),
    Mutant(
        "the job of a freeze is not repeated",
        "origination/service/frozen_accounts",
        "is_repeated = self._clock() - moment_of(job.key) >= INDEX_LAG",
        "is_repeated = bool(job.key)",
        f"{_FROZEN} -k sweep",
    ),
    Mutant(
        "a refreshed session never ends",
        "users/domain/session",
        "            expires_at=min(expires_at, _end_of(self.family)),\n",
        "            expires_at=expires_at,\n",
        "tests/integration/users/test_sessions.py -k ninety",
    ),
)
