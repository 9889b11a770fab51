"""Scenarios of the calls that read."""

from __future__ import annotations

from collections.abc import Callable

from benchmarks.market import Market
from benchmarks.scenarios import SLOW, same
from benchmarks.stage import Caller, Request
from chalicelib.web.assets import packaged_assets

_JOB = "loan_status_summary_report"


def _open(path: str) -> None:
    """What anybody may read."""
    same(f"GET {path}", f"GET {path.rstrip('/') or '/'}", lambda market: Request("GET", path))


def _read(shown: str, whose: Callable[[Market], Caller], path: str | None = None) -> None:
    """What somebody reads; ``shown`` is the name, with a path that is the same for all unless one is given."""
    resource = shown.partition(" ")[0]
    same(f"GET {shown}", f"GET {resource.rstrip('/')}", lambda market: Request("GET", path or resource, whose(market)))


def _of_loan(part: str, whose: Callable[[Market], Caller], at: Callable[[Market], str], more: str = "") -> None:
    same(
        f"GET /api/loans/{{id}}/{part}{more}",
        f"GET /api/loans/{{id}}/{part}".rstrip("/"),
        lambda market: Request("GET", f"{at(market)}{part}", whose(market)),
    )


def _operator(shown: str, path: Callable[[Market], str] | None = None) -> None:
    resource = shown.partition(" ")[0]

    def request(market: Market) -> Request:
        return Request("GET", path(market) if path else resource, market.operator)

    same(f"GET {shown}", f"GET {resource.rstrip('/')}", request)


def _stylesheet() -> str:
    tree = packaged_assets()
    name = min(name for name in tree.names if name.endswith(".css"))
    return f"/static/{tree.version}-{name}"


for page in ("/", "/health/", "/api/schema/", "/app/", "/admin/", "/api/swagger/", "/api/redoc/"):
    _open(page)
same("GET /static/{name}", "GET /static/{name}", lambda market: Request("GET", _stylesheet()))

_read("/api/users/profile/", lambda market: market.account().caller)
_read("/api/wallets/", lambda market: market.saver)
_read("/api/wallets/transactions/ (20 entries)", lambda market: market.saver)
_read("/api/wallets/statement/ (22 entries)", lambda market: market.saver)

same(
    "POST /api/loans/quote/",
    "POST /api/loans/quote",
    lambda market: Request("POST", "/api/loans/quote/", None, market.quoted),
)
_read("/api/loans/available/ (20 loans)", lambda market: market.saver)
_read("/api/loans/my-offers/ (one)", lambda market: market.offered[1])
_read("/api/loans/my-loans/ (one funded)", lambda market: market.running.lender)
_read("/api/loans/investments/ (one funded)", lambda market: market.running.lender)
_read("/api/loans/pending-payments/ (one funded)", lambda market: market.running.borrower)
_read("/api/loans/auto-invest/ (one)", lambda market: market.ruler)
_of_loan("", lambda market: market.running.borrower, lambda market: market.running.at, " (the borrower)")
_of_loan("", lambda market: market.running.lender, lambda market: market.running.at, " (a lender)")
_of_loan("offers/", lambda market: market.offered[0], lambda market: market.offered[2], " (one)")
for part in ("schedule/", "payments/", "payoff/"):
    _of_loan(part, lambda market: market.running.borrower, lambda market: market.running.at)

_operator("/api/admin/users/ (one)", lambda market: f"/api/admin/users/?q={market.account().name}")
_operator("/api/admin/loans/ (20 loans)", lambda market: "/api/admin/loans/?status=REQUESTED")
_operator("/api/admin/loans/{id}/", lambda market: market.running.at.replace("/api/", "/api/admin/", 1))
_operator(
    "/api/admin/ledger/accounts/{id}/ (20 postings)",
    lambda market: f"/api/admin/ledger/accounts/wallet:{market.saver.actor.user_id}/",
)
_operator("/api/admin/audit/ (20 entries)")
_operator("/api/admin/cache/")
_operator("/api/admin/tasks/ (20 runs)", lambda market: market.after_runs("/api/admin/tasks/"))
_operator("/api/admin/reports/{kind}/", lambda market: market.after_runs(f"/api/admin/reports/{_JOB}/"))
_operator("/api/admin/reports/{kind}/days/", lambda market: market.after_runs(f"/api/admin/reports/{_JOB}/days/"))
_operator("/api/admin/reports/{kind}/latest/", lambda market: market.after_runs(f"/api/admin/reports/{_JOB}/latest/"))
same(
    "GET /api/admin/ledger/trial-balance/",
    "GET /api/admin/ledger/trial-balance",
    lambda market: Request("GET", "/api/admin/ledger/trial-balance/", market.operator),
    SLOW,
)
same(
    "POST /api/admin/tasks/{name}/run/",
    "POST /api/admin/tasks/{name}/run",
    lambda market: Request("POST", f"/api/admin/tasks/{_JOB}/run/", market.operator),
    SLOW,
)
same(
    "POST /api/admin/cache/invalidate/",
    "POST /api/admin/cache/invalidate",
    lambda market: Request("POST", "/api/admin/cache/invalidate/", market.operator, {"scope": "all"}),
)
