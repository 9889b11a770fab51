"""Security events of the API: operators' views of data, refused requests, failed sign-ins; and pseudonyms in logs."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Protocol
from urllib.parse import unquote

from chalicelib.api.rate_limiting.fixed_window import IdentifierHasher
from chalicelib.shared.actor import Actor
from chalicelib.shared.errors import AppError, Conflict, Forbidden, TooManyRequests
from chalicelib.shared.ids import is_id

PURPOSE: Final = "pseudonyms"
RECORDED_REFUSALS: Final = (Forbidden, Conflict, TooManyRequests)
"""Refusals of state-changing requests that are recorded. Invalid fields and unknown ids are mistakes, not attempts."""
_SUBJECTS: Final = (
    ("/loans/{id}", "loan:{id}"),
    ("/users/{id}", "user:{id}"),
    ("/ledger/accounts/{id}", "{id}"),
    ("/bank/payouts/{id}", "payout:{id}"),
    ("/admin/transfers/{id}", "transfer:{id}"),
    ("/api/admin/users", "users"),
    ("/api/admin/loans", "loans"),
    ("/api/admin/ledger", "ledger"),
    ("/api/admin/bank", "bank"),
    ("/api/admin/suppressed-addresses", "suppressed-addresses"),
    ("/api/admin/transfers/notifications", ""),
    ("/api/admin/transfers", "transfers"),
    ("/api/admin/webhook-deliveries", "webhook-deliveries"),
)
_MOST_PSEUDONYMS: Final = 4096


@dataclass(frozen=True, slots=True)
class SecurityEvent:
    """The caller of a request, its route such as ``GET /api/loans/{id}``, and the person or loan it concerns."""

    actor: Actor
    route: str
    subject: str
    request_id: str
    address: str


class SecurityLog(Protocol):
    """Stores security events. The container fills this port with the operators' audit log."""

    def record_view(self, event: SecurityEvent, shown: Sequence[str]) -> None:
        """Record an operator's view, with the ids of the users or loans that a list shows.

        Raises:
            ClientError, BotoCoreError: it was not recorded, so the data must not be shown.
        """

    def record_refusal(self, event: SecurityEvent, error: AppError) -> None:
        """Record a refused request. Never raises: the caller gets the refusal in any case."""


class LogPseudonyms:
    """Keyed digests for log lines and audit entries; those of the latest users and addresses are kept."""

    def __init__(self, keys: Callable[[], tuple[bytes, ...]]) -> None:
        hasher = IdentifierHasher(keys)
        self.of_identifier = hasher.of
        self.of_user = lru_cache(_MOST_PSEUDONYMS)(hasher.of)
        self.of_address = lru_cache(_MOST_PSEUDONYMS)(hasher.of_address)


def viewed_subject(route_path: str, path: Mapping[str, str]) -> str:
    """Return the person, loan or list whose data a route shows to an operator; empty if it shows none."""
    for part, subject in _SUBJECTS:
        if part in route_path:
            return unquote(subject.format_map(path)).replace("wallet:", "user:", 1)
    return ""


def refused_subject(route_path: str, path: Mapping[str, str], actor: Actor) -> str:
    """Return the loan or user that a refused request concerns, by default its caller. Never a text from the path."""
    if not is_id(path.get("id", "")):
        return f"user:{actor.user_id}"
    return viewed_subject(route_path, path) or f"user:{actor.user_id}"
