"""Money in and out through a bank, over HTTP: deposit, withdrawal, payout and the statements that settle them."""

from decimal import Decimal
from importlib.resources import files
from typing import Any, Final

import pytest
import xmlschema
from defusedxml.ElementTree import fromstring

from chalicelib.shared.clock import FixedClock
from chalicelib.shared.settings import Settings
from tests.bank_files import OTHER_IBAN, Detail, Entry, Statement, document
from tests.bank_statements import STATEMENTS, XML, bank_settings
from tests.factories import User, UserFactory, ok

PAYOUTS: Final = "/api/admin/bank/payouts/"


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return bank_settings(settings)


@pytest.fixture
def operator(user_factory: UserFactory) -> User:
    return user_factory.operator()


def imported(operator: User, entries: list[Entry], opening: str, number: str) -> Any:
    file = document(Statement(entries, opening=opening, statement_id=f"S-{number}", sequence=number))
    return ok(operator.http.post(STATEMENTS, file.decode(), headers=XML)).json


def trial_balance(operator: User) -> dict[str, str]:
    """The balances of all accounts, which sum to zero."""
    balance = ok(operator.http.get("/api/admin/ledger/trial-balance/")).json
    assert balance["total"] == "0.00"
    return {line["account"]: line["balance"] for line in balance["accounts"]}


@pytest.mark.parametrize("booking", ["singly", "itemised", "as one amount"])
def test_bank_settles_deposit_and_paid_out_withdrawal(
    user_factory: UserFactory, operator: User, clock: FixedClock, booking: str
) -> None:
    user = user_factory.lender()
    deposit = ok(user.http.post("/api/wallets/deposit/", {"amount": "100.00"})).json
    reference = deposit["instructions"]["reference"]
    credit = Entry("100.00", (Detail(reference=reference, name="Ann Smith"),), servicer_reference="IN-1")
    first = imported(operator, [credit], "0.00", "1")
    account = ok(user.http.post("/api/bank-accounts/", {"holder": "Ann Smith", "iban": OTHER_IBAN})).json
    clock.advance(days=1)
    body = {"amount": "30.25", "bank_account_id": account["id"]}
    withdrawals = [ok(user.http.post("/api/wallets/withdraw/", body)).json["transfer"]["id"] for _ in range(2)]

    payout = ok(operator.http.post(PAYOUTS, {})).json
    file = ok(operator.http.get(f"{PAYOUTS}{payout['id']}/", headers={"Accept": "application/xml"})).body.decode()
    second = imported(operator, _paid(payout, file, booking), "100.00", "2")

    assert (first["matched"], first["difference"]) == (1, "0.00")
    assert (second["matched"], second["unmatched"], second["difference"]) == (second["lines"], 0, "0.00")
    assert {ok(user.http.get(f"/api/transfers/{each}/")).json["status"] for each in withdrawals} == {"SETTLED"}
    wallet = ok(user.http.get("/api/wallets/")).json
    assert (wallet["available"], wallet["held"]) == ("39.50", "0.00")
    assert trial_balance(operator)["external:cash"] == "-39.50"


def _paid(payout: Any, file: str, booking: str) -> list[Entry]:
    """The entries by which the bank reports that it has carried out a payment file."""
    xmlschema.XMLSchema(str(files("sepaxml") / "schemas" / "pain.001.001.09.xsd")).validate(file)
    root = fromstring(file)
    paid = [
        (payment.findtext("{*}PmtId/{*}EndToEndId"), payment.findtext("{*}Amt/{*}InstdAmt"))
        for payment in root.iter(f"{root.tag.removesuffix('Document')}CdtTrfTxInf")
    ]
    assert {transfer_id for transfer_id, _ in paid} == set(payout["transfers"])
    details = [Detail(str(amount), end_to_end_id=str(transfer_id)) for transfer_id, amount in paid]
    if booking != "singly":
        total = sum(Decimal(detail.amount) for detail in details)
        shown = tuple(details) if booking == "itemised" else ()
        return [Entry(f"-{total}", shown, batch=payout["id"], servicer_reference="OUT")]
    return [
        Entry(f"-{detail.amount}", (detail,), servicer_reference=f"OUT-{number}")
        for number, detail in enumerate(details)
    ]
