"""`make smoke URL=…`: take a loan through its life cycle at any base URL. Uses the standard library only.

It creates two users and a completed loan, so it must not run where real money is kept; `--read-only` requests only the
pages and documents.
"""

import argparse
import json
import secrets
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

_TIMEOUT_SECONDS: Final = 60
_MONTHS: Final = 3
_PAGES: Final = ("/", "/health", "/api/schema/", "/api/swagger/", "/app/", "/admin/")


class SmokeFailed(Exception):
    """Unexpected response; the message contains the request and the response."""


@dataclass(slots=True)
class Caller:
    """Client of a base URL that records the duration of its requests."""

    base: str
    token: str = ""
    requests: list[float] = field(default_factory=list)

    def get(self, path: str) -> Any:
        """Return the JSON document at a path."""
        return json.loads(self.send("GET", path))

    def post(self, path: str, body: Mapping[str, Any]) -> Any:
        """Send a POST request with a new idempotency key and return the JSON response."""
        return json.loads(self.send("POST", path, body))

    def send(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> bytes:
        """Send a request and return the body of the response.

        Raises:
            SmokeFailed: there was no response, or its status is not a success.
        """
        headers = {"Content-Type": "application/json", "Idempotency-Key": secrets.token_hex(8)}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.base.rstrip("/") + path, data, headers, method=method)
        began = time.monotonic()
        try:
            with urllib.request.urlopen(request, timeout=_TIMEOUT_SECONDS) as response:
                return bytes(response.read())
        except urllib.error.HTTPError as error:
            text = error.read().decode("utf-8", "replace")
            raise SmokeFailed(f"{method} {path}: {error.code} {text[:500]}") from error
        except OSError as error:
            raise SmokeFailed(f"{method} {path}: {error}") from error
        finally:
            self.requests.append(time.monotonic() - began)


def read_only(base: str) -> Caller:
    """Request the public pages and documents."""
    visitor = Caller(base)
    for path in _PAGES:
        visitor.send("GET", path)
    return visitor


def run_loan_life_cycle(base: str) -> Caller:
    """Register, log in, deposit, request, list, offer, accept, fund and pay, and check every balance.

    Raises:
        SmokeFailed: a response, status or balance is not as expected.
    """
    requests: list[float] = []
    borrower, lender = (_registered(base, role, requests) for role in ("BORROWER", "LENDER"))
    _expect("a deposit", borrower.post("/api/wallets/deposit/", {"amount": "100.00"})["wallet"]["balance"], "100.00")
    lender.post("/api/wallets/deposit/", {"amount": "2000.00"})
    terms = {"amount": "1000.00", "annual_interest_rate": "12.00", "term_months": _MONTHS}
    loan = borrower.post("/api/loans/", terms)["id"]
    listed = [item["id"] for item in lender.get("/api/loans/available/")["items"]]
    _expect("the new loan among the open loans", loan in listed, True)
    offer = lender.post(f"/api/loans/{loan}/offer/", {"annual_interest_rate": "12.00"})["id"]
    accepted = borrower.post(f"/api/loans/{loan}/accept-offer/", {"offer_id": offer})
    _expect("an accepted loan", accepted["status"], "PENDING_FUNDING")
    _expect("a funded loan", lender.post(f"/api/loans/{loan}/fund/", {})["status"], "FUNDED")
    _expect("the lender's balance", lender.get("/api/wallets/")["balance"], "996.25")
    for _ in range(_MONTHS):
        paid = borrower.post(f"/api/loans/{loan}/pay/", {})
    _expect("a repaid loan", paid["loan"]["status"], "COMPLETED")
    _expect("the borrower's balance", borrower.get("/api/wallets/")["balance"], "79.93")
    _expect("the lender's balance", lender.get("/api/wallets/")["balance"], "2016.32")
    return borrower


def _registered(base: str, role: str, requests: list[float]) -> Caller:
    caller, name = Caller(base, requests=requests), f"smoke-{secrets.token_hex(5)}"
    password = secrets.token_urlsafe(16)
    person = {"username": name, "email": f"{name}@example.com", "password": password, "role": role}
    _expect("the role", caller.post("/api/users/register/", person)["role"], role)
    caller.token = caller.post("/api/users/login/", {"username": name, "password": password})["token"]
    return caller


def _expect(what: str, found: object, expected: object) -> None:
    if found != expected:
        raise SmokeFailed(f"{what}: {found!r} instead of {expected!r}")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the smoke test. Return 0, or 1 if it failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url")
    parser.add_argument("--read-only", action="store_true")
    given = parser.parse_args(arguments)
    began = time.monotonic()
    try:
        requests = read_only(given.url).requests
        if not given.read_only:
            requests = requests + run_loan_life_cycle(given.url).requests
    except SmokeFailed as error:
        print(f"Smoke test failed. {error}", file=sys.stderr)
        return 1
    took, slowest = time.monotonic() - began, max(requests) * 1000
    print(f"Smoke test passed: {len(requests)} requests in {took:.1f} s, the slowest in {slowest:.0f} ms")
    return 0


if __name__ == "__main__":
    sys.exit(main())
