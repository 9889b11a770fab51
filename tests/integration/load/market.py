"""A few users and accepted loans, and the operations of 32 concurrent clients on them."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from chalicelib.shared.money import Money
from tests.integration.load.clients import Client, Party, Reply, done, register

PAIRS: Final = 16
PEOPLE: Final = 3
LOANS: Final = 6
OPENING: Final = Money.of("3000.00")
PRINCIPAL: Final = Money.of("600.00")
FEE: Final = Money.of("3.75")


@dataclass(frozen=True, slots=True)
class AcceptedLoan:
    """A loan that waits for its funding."""

    id: str
    borrower: Party
    lender: Party


@dataclass(frozen=True, slots=True)
class Operation:
    """One request of one user, with its idempotency key."""

    kind: str
    party: Party
    key: str
    amount: Money
    loan: AcceptedLoan | None = None

    def send(self, client: Client) -> Reply:
        """Send the request."""
        if self.kind in ("deposit", "withdraw"):
            return client.post(self.party, f"/api/wallets/{self.kind}/", {"amount": str(self.amount)}, self.key)
        loan_id = self.loan.id if self.loan else ""
        body: Mapping[str, Any] = {"amount": str(self.amount)} if self.kind == "pay" else {}
        return client.post(self.party, f"/api/loans/{loan_id}/{self.kind}/", body, self.key)

    def effect(self, reply: Reply) -> str:
        """Return the id of its effect: a journal transaction, or for a funding the loan."""
        if self.kind == "fund":
            return str(reply.content["id"])
        return str(reply.content["payment" if self.kind == "pay" else "transaction"]["id"])


@dataclass(frozen=True, slots=True)
class Market:
    """The users and loans of a load test."""

    people: Sequence[Party]
    loans: Sequence[AcceptedLoan]

    def operations(self, pair: int, count: int) -> list[Operation]:
        """Return the operations of a pair of clients; some of them must fail."""
        chance = random.Random(pair)
        return [self._operation(chance, f"{pair}-{number}") for number in range(count)]

    def _operation(self, chance: random.Random, key: str) -> Operation:
        kind = chance.choices(("deposit", "withdraw", "fund", "pay"), weights=(3, 3, 2, 4))[0]
        if kind in ("deposit", "withdraw"):
            highest = 5_000 if kind == "deposit" else 120_000
            return Operation(kind, chance.choice(self.people), key, Money(chance.randint(1, highest)))
        loan = chance.choice(self.loans)
        if kind == "fund":
            return Operation(kind, loan.lender, key, PRINCIPAL + FEE, loan)
        return Operation(kind, loan.borrower, key, Money(chance.randint(1, 2_000)), loan)


def open_market(port: int) -> Market:
    """Register users, and request, offer on and accept loans."""
    client = Client(port)
    lenders = [register(client, f"lender_{number}", "LENDER", str(OPENING)) for number in range(PEOPLE)]
    borrowers = [register(client, f"borrower_{number}", "BORROWER", str(OPENING)) for number in range(PEOPLE)]
    loans = [
        _accepted(client, borrowers[number % PEOPLE], lenders[(number + number // PEOPLE) % PEOPLE])
        for number in range(LOANS)
    ]
    client.close()
    return Market([*lenders, *borrowers], loans)


def _accepted(client: Client, borrower: Party, lender: Party) -> AcceptedLoan:
    terms = {"amount": str(PRINCIPAL), "annual_interest_rate": "12.00", "term_months": 6}
    loan = done(client.post(borrower, "/api/loans/", terms))
    made = done(client.post(lender, f"/api/loans/{loan['id']}/offer/", {"annual_interest_rate": "12.00"}))
    done(client.post(borrower, f"/api/loans/{loan['id']}/accept-offer/", {"offer_id": made["id"]}))
    return AcceptedLoan(loan["id"], borrower, lender)
