"""The cells of the authorization matrix, and the request that each of them makes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from chalicelib.loans.domain.loan import LoanStatus
from tests.api.contract.declared import APPLICATION, CALLS
from tests.http_client import Response
from tests.security.scenes import A_RULE, FROZEN, RELATIONS, STATES, Scene

ANY_STATE: Final = LoanStatus.FUNDED
"""Where calls are tried that do not name a loan."""
ROUTES: Final = tuple(
    (method, path) for path, methods in sorted(APPLICATION.routes.items()) for method in sorted(methods)
)
_SUCCESS: Final = {(each.method, each.path): int(each.status) for each in CALLS}
_BODIES: Final[Mapping[tuple[str, str], Mapping[str, Any]]] = {
    ("POST", "/api/loans"): {"amount": "100.00", "annual_interest_rate": "10.00", "term_months": 3},
    ("POST", "/api/loans/auto-invest"): A_RULE,
    ("PATCH", "/api/loans/auto-invest/{rule_id}"): {"max_term": 6},
    ("POST", "/api/loans/quote"): {"amount": "100.00", "annual_interest_rate": "10.00", "term_months": 3},
    ("POST", "/api/loans/{id}/offer"): {"annual_interest_rate": "9.00"},
    ("POST", "/api/admin/loans/{id}/reschedule"): {"holiday_months": 1, "reason": "a flood"},
    ("POST", "/api/admin/users/{id}/freeze"): {"reason": "a question"},
    ("POST", "/api/admin/cache/invalidate"): {"scope": "all"},
    ("PATCH", "/api/users/profile"): {"first_name": "Ana"},
    ("POST", "/api/users/password"): {"current_password": "not this one", "new_password": "a fresh long secret"},
    ("POST", "/api/users/login"): {"username": "nobody_here", "password": "not this one"},
    ("POST", "/api/users/logout"): {"refresh_token": "x"},
    ("POST", "/api/users/token/refresh"): {"refresh_token": "x"},
    ("POST", "/api/wallets/deposit"): {"amount": "1.00"},
    ("POST", "/api/wallets/withdraw"): {"amount": "1.00"},
}


@dataclass(frozen=True, slots=True)
class Cell:
    """One call by one relation to a loan in one state."""

    method: str
    path: str
    relation: str
    state: LoanStatus

    @property
    def route(self) -> str:
        """The name of the row."""
        return f"{self.method} {self.path}"

    @property
    def frozen(self) -> bool:
        """Whether the scene has its parties frozen."""
        return self.relation in FROZEN

    @property
    def success(self) -> int:
        """The status where the call goes through."""
        return _SUCCESS.get((self.method, self.path), 200)

    def send(self, scene: Scene) -> Response:
        """Make the call."""
        return scene.clients[self.relation].send(self.method, self._address(scene), self._body(scene))

    def _address(self, scene: Scene) -> str:
        of_users = self.path.startswith("/api/admin/users/")
        account = "ledger/accounts" in self.path
        found = {
            "id": "external:cash" if account else scene.user_id if of_users else scene.loan_id,
            "rule_id": scene.rule_id,
            "kind": "reconcile_ledger",
            "name": "cleanup_expired_loan_cache" if self.path.endswith("/run") else "no-such-file.js",
        }
        return self.path.format_map(found).rstrip("/") + "/"

    def _body(self, scene: Scene) -> Mapping[str, Any] | None:
        if self.path.endswith("/accept-offer"):
            return {"offer_id": scene.offer_id}
        return _BODIES.get((self.method, self.path), {} if self.method == "POST" else None)


def names_a_loan(path: str) -> bool:
    """Whether the loan's state may matter to a call."""
    return "/loans/{id}" in path


def cells() -> Iterator[Cell]:
    """Every call by everybody; in every state where the call names a loan."""
    for method, path in ROUTES:
        for state in STATES if names_a_loan(path) else (ANY_STATE,):
            for relation in RELATIONS:
                yield Cell(method, path, relation, state)
