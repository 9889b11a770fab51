"""A platform whose payment provider is the sandbox, with transfers in every state, and the pages that show them."""

import json
import urllib.request
import uuid
from typing import Any, Final

from tests.bank_files import Detail, Entry, Statement, document
from tests.e2e.demo_pages import Demo, DemoPage, console_of
from tests.e2e.users import User, register, sign_in_operator

IBAN: Final = "DE89370400440532013000"
SANDBOX: Final = {
    "PAYMENT_PROVIDER": "sandbox",
    "CURRENCY": "EUR",
    "BANK_IBAN": IBAN,
    "BANK_ACCOUNT_NAME": "Example Lending",
    "BANK_BIC": "COBADEFFXXX",
    "PAYEE_COOLING_HOURS": "0",
}
"""Settings of a platform that plays the bank itself. In euros, so that instructions have a QR code."""
BANK_ACCOUNT: Final = {"holder": "Nora Miller", "iban": "GB29 NWBK 6016 1331 9268 19"}


def start_deposit(user: User, amount: str) -> Any:
    """Start a deposit and return its transfer."""
    return user.call("POST", "/api/wallets/deposit/", {"amount": amount})["transfer"]


def settle(user: User, transfer_id: str, event: str = "settle") -> Any:
    """Play the bank's part: settle, fail or return a transfer."""
    return user.call("POST", f"/api/sandbox/transfers/{transfer_id}/{event}/", {})


def settled_deposit(user: User, amount: str) -> Any:
    return settle(user, start_deposit(user, amount)["id"])


def add_bank_account(user: User) -> str:
    """Add a bank account and return its id."""
    return str(user.call("POST", "/api/bank-accounts/", BANK_ACCOUNT)["id"])


def request_withdrawal(user: User, bank_account_id: str, amount: str) -> Any:
    """Request a withdrawal and return its transfer."""
    body = {"amount": amount, "bank_account_id": bank_account_id}
    return user.call("POST", "/api/wallets/withdraw/", body)["transfer"]


def create_payments_demo(url: str) -> Demo:
    """Create transfers, an unmatched bank entry and a payout on a platform with the settings ``SANDBOX``."""
    borrower, operator = register(url, "BORROWER", "Nora", "nora"), sign_in_operator(url)
    pending = start_deposit(borrower, "250.00")["id"]
    settled_deposit(borrower, "900.00")
    account = add_bank_account(borrower)
    sent = request_withdrawal(borrower, account, "120.00")["id"]
    operator.call("POST", "/api/admin/bank/payouts/", {})
    requested = request_withdrawal(borrower, account, "80.00")["id"]
    restricted = register(url, "BORROWER", "Rita", "rita")
    owed = settled_deposit(restricted, "100.00")["id"]
    settle(restricted, request_withdrawal(restricted, add_bank_account(restricted), "70.00")["id"])
    settle(restricted, owed, "return")
    entry = Entry("75.00", (Detail(name="Ann Miller", text="For my account"),))
    statement = import_statement(url, operator, entry)["id"]
    paths_by_user = {
        "borrower": {
            "wallet-reserved": "/wallet",
            "transfers": "/wallet/transfers",
            "transfer-pending": f"/wallet/transfers/{pending}",
            "transfer-requested": f"/wallet/transfers/{requested}",
            "transfer-sent": f"/wallet/transfers/{sent}",
            "bank-accounts": "/wallet/bank-accounts",
        },
        "restricted": {
            "account": "/",
            "wallet": "/wallet",
            "transfer-returned": f"/wallet/transfers/{owed}",
        },
        "operator": {
            "alerts": "/",
            "transfers": "/payments/transfers",
            "bank-entries": "/payments/lines",
            "statements": "/payments/statements",
            "statement": f"/payments/statements/{statement}",
            "payouts": "/payments/payouts",
            "notifications": "/payments/notifications",
            "clock": "/clock",
        },
    }
    pages = tuple(
        DemoPage(f"{user}-{name}", f"{console_of(user)}#{path}", user)
        for user, paths in paths_by_user.items()
        for name, path in paths.items()
    )
    return Demo(url, {"borrower": borrower, "restricted": restricted, "operator": operator}, pages)


def import_statement(url: str, operator: User, *entries: Entry) -> Any:
    """Import a file with these entries and return the statement."""
    request = urllib.request.Request(
        f"{url}/api/admin/bank/statements/",
        document(Statement(entries)),
        {
            "Accept": "application/json",
            "Authorization": f"Bearer {operator.token}",
            "Content-Type": "application/xml",
            "Idempotency-Key": str(uuid.uuid4()),
        },
        method="POST",
    )
    with urllib.request.urlopen(request, timeout=30) as response:
        return json.load(response)
