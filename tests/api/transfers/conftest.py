"""A platform with the provider `sandbox`, and users whose transfers wait for it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest

from chalicelib.container import Container
from chalicelib.shared.ids import new_id
from chalicelib.shared.settings import PaymentProviderName, Settings
from tests.factories import User, ok
from tests.http_client import HttpClient, Response

IBAN = "DE89370400440532013000"
USER_IBAN = "GB29NWBK60161331926819"


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return replace(settings, payment_provider=PaymentProviderName.SANDBOX)


@dataclass(frozen=True, slots=True)
class Provider:
    """The provider, which signs notifications and sends them over HTTP."""

    http: HttpClient
    container: Container

    def send(self, transfer_id: str, kind: str, *, event_id: str = "", **data: Any) -> Response:
        """Send a notification, by default as a new event."""
        content = {"type": f"transfer.{kind}", "timestamp": "2026-01-15T09:30:00Z"}
        body = json.dumps({**content, "data": {"transfer_id": transfer_id, **data}}).encode()
        signed = self.container.notification_signer.sign(event_id or new_id(self.container.real_time()), body)
        return self.http.post("/api/provider/notifications/", raw=body, headers=signed)


@pytest.fixture
def provider(http: HttpClient, container: Container) -> Provider:
    return Provider(http, container)


@pytest.fixture
def bank_account(clock: Any) -> Callable[[User], str]:
    """Add a bank account that can already receive withdrawals, and return its id."""

    def add(user: User) -> str:
        account = user.call("POST", "/api/bank-accounts/", {"holder": "Jo Doe", "iban": USER_IBAN})
        clock.advance(hours=24)
        return str(account["id"])

    return add


def start_deposit(user: User, amount: str) -> Any:
    """Start a deposit and return its transfer."""
    return user.call("POST", "/api/wallets/deposit/", {"amount": amount})["transfer"]


def settled_deposit(user: User, amount: str) -> Any:
    """Deposit an amount, and return the settled transfer."""
    return sandbox(user, start_deposit(user, amount), "settle")


def sandbox(user: User, transfer: Any, action: str) -> Any:
    """Report a transfer in the sandbox, and return it afterwards."""
    return ok(user.http.send("POST", f"/api/sandbox/transfers/{transfer['id']}/{action}/")).json
