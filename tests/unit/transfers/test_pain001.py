"""Payment files: valid by the published schema, exact, and in the characters that banks accept."""

from dataclasses import replace
from datetime import UTC, date, datetime
from functools import cache
from importlib.resources import files
from typing import Final
from xml.etree.ElementTree import Element

import pytest
import xmlschema
from defusedxml.ElementTree import fromstring
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.shared.money import Money
from chalicelib.transfers.domain.bank_account import BankDetails
from chalicelib.transfers.iso20022.pain001 import NAMESPACE, CreditTransfer, PaymentOrder, permitted, write_payment_file
from tests.bank_files import IBAN, OTHER_IBAN

NAMES: Final = {"": NAMESPACE}
ANN: Final = CreditTransfer("01JTRANSFERANN000000000000", Money(1005), BankDetails("Ann Smith", iban=OTHER_IBAN), "Out")
BOB: Final = CreditTransfer(
    "01JTRANSFERBOB000000000000",
    Money(1),
    BankDetails("Bob Jones", routing_number="021000021", account_number="123456789"),
)
ORDER: Final = PaymentOrder(
    payout_id="01JPAYOUT00000000000000000",
    created_at=datetime(2026, 11, 27, 17, 30, 1, 999, tzinfo=UTC),
    execution_date=date(2026, 11, 27),
    currency="EUR",
    debtor_name="Platform GmbH",
    debtor_iban=IBAN,
    debtor_bic="COBADEFFXXX",
    transfers=(ANN, replace(ANN, transfer_id="01JTRANSFERTWO000000000000", amount=Money(99_999_999_999_999))),
)


@cache
def schema() -> xmlschema.XMLSchema:
    return xmlschema.XMLSchema(str(files("sepaxml") / "schemas" / "pain.001.001.09.xsd"))


def written(order: PaymentOrder) -> Element:
    """Return the file's root, after validation by the published schema."""
    file = write_payment_file(order)
    schema().validate(file.decode())
    return fromstring(file)


def texts(root: Element, path: str) -> list[str | None]:
    return [found.text for found in root.iterfind(f".//{path}", NAMES)]


def test_file_orders_one_batch_with_count_and_sum() -> None:
    root = written(ORDER)

    assert texts(root, "GrpHdr/MsgId") == texts(root, "PmtInf/PmtInfId") == [ORDER.payout_id]
    assert texts(root, "NbOfTxs") == ["2", "2"]
    assert texts(root, "CtrlSum") == ["1000000000010.04", "1000000000010.04"]
    assert texts(root, "GrpHdr/CreDtTm") == ["2026-11-27T17:30:01Z"]
    assert texts(root, "PmtInf/ReqdExctnDt/Dt") == ["2026-11-27"]


def test_file_debits_the_account_of_the_platform() -> None:
    root = written(ORDER)

    assert texts(root, "Dbtr/Nm") == ["Platform GmbH"]
    assert texts(root, "DbtrAcct/Id/IBAN") == [IBAN]
    assert texts(root, "DbtrAgt/FinInstnId/BICFI") == ["COBADEFFXXX"]


def test_bank_without_bic_is_not_provided() -> None:
    root = written(replace(ORDER, debtor_bic=None))

    assert texts(root, "DbtrAgt/FinInstnId/Othr/Id") == ["NOTPROVIDED"]


def test_payment_names_transfer_amount_and_iban() -> None:
    root = written(replace(ORDER, transfers=(ANN,)))

    [amount] = root.iterfind(".//InstdAmt", NAMES)
    assert (amount.text, amount.get("Ccy")) == ("10.05", "EUR")
    assert texts(root, "PmtId/EndToEndId") == [ANN.transfer_id]
    assert texts(root, "CdtTrfTxInf/Cdtr/Nm") == ["Ann Smith"]
    assert texts(root, "CdtTrfTxInf/CdtrAcct/Id/IBAN") == [OTHER_IBAN]
    assert texts(root, "RmtInf/Ustrd") == ["Out"]


def test_account_in_the_united_states_has_routing_number() -> None:
    root = written(replace(ORDER, currency="USD", transfers=(BOB,)))

    assert texts(root, "CdtrAgt/FinInstnId/ClrSysMmbId/ClrSysId/Cd") == ["USABA"]
    assert texts(root, "CdtrAgt/FinInstnId/ClrSysMmbId/MmbId") == ["021000021"]
    assert texts(root, "CdtrAcct/Id/Othr/Id") == ["123456789"]
    assert texts(root, "RmtInf") == []


@pytest.mark.parametrize(("currency", "level"), [("EUR", ["SEPA"]), ("USD", []), ("GBP", [])])
def test_service_level_is_sepa_for_euro_only(currency: str, level: list[str]) -> None:
    root = written(replace(ORDER, currency=currency))

    assert texts(root, "SvcLvl/Cd") == level


@pytest.mark.parametrize(("currency", "longest"), [("EUR", 70), ("USD", 140)])
def test_names_are_cut_to_the_permitted_length(currency: str, longest: int) -> None:
    long = replace(ANN, creditor=BankDetails("ß" * 200, iban=OTHER_IBAN), text="ß" * 200)

    root = written(replace(ORDER, currency=currency, debtor_name="x" * 200, transfers=(long,)))

    assert texts(root, "Dbtr/Nm") == ["x" * longest]
    assert texts(root, "Cdtr/Nm") == ["s" * longest]
    assert texts(root, "Ustrd") == ["s" * 140]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Jürgen Müller", "Jurgen Muller"),
        ("Łukasz Żółć & Søn", "Lukasz Zolc + Son"),
        ("Þórr Ægir", "THorr AEgir"),
        ("O’Brien “x” [y]", "O'Brien 'x' (y)"),
        ("a@b_c", "a(at)b-c"),
        ("Иван 李", ".... ."),
        ("//a//b/", "a/b"),
        (" a \n\t b ", "a b"),
        ("ﬁne ½", "fine 1.2"),
        ("<x>&amp;", ".x.+amp,"),
        ("", ""),
    ],
)
def test_characters_are_transliterated_or_replaced(text: str, expected: str) -> None:
    assert permitted(text) == expected


@settings(max_examples=30)
@given(st.text(max_size=300), st.text(max_size=300), st.sampled_from(["EUR", "USD"]))
def test_any_text_gives_a_valid_file(name: str, text: str, currency: str) -> None:
    transfer = replace(ANN, creditor=BankDetails(name, iban=OTHER_IBAN), text=text)

    written(replace(ORDER, currency=currency, debtor_name=name, transfers=(transfer,)))


@settings(max_examples=30)
@given(st.lists(st.integers(1, 10**14), min_size=1, max_size=40))
def test_sum_is_exact(cents: list[int]) -> None:
    transfers = [replace(ANN, amount=Money(amount)) for amount in cents]

    root = written(replace(ORDER, transfers=transfers))

    assert [Money.of(str(text)) for text in texts(root, "PmtInf/CtrlSum")] == [Money(sum(cents))]


def test_account_numbers_are_in_no_representation() -> None:
    assert OTHER_IBAN not in repr(ORDER)
    assert "123456789" not in repr(BOB)
