"""Bank accounts: numbers are checked, normalised and masked."""

import pytest

from chalicelib.shared.errors import Unprocessable
from chalicelib.transfers.domain.bank_account import BankAccountType, BankDetails

# Examples of the registry of IBAN structures, and of countries with and without spaces.
_PUBLISHED_IBANS = (
    "DE89370400440532013000", "GB29NWBK60161331926819", "FR1420041010050500013M02606", "BE68539007547034",
    "NO9386011117947", "MT84MALT011000012345MTLCAST001S", "NL91ABNA0417164300", "CH9300762011623852957",
)  # fmt: skip


def _errors(**numbers: str) -> dict[str, str]:
    with pytest.raises(Unprocessable) as rejected:
        BankDetails.checked(numbers.pop("holder", "Ana Example"), **numbers)
    return dict(rejected.value.errors)


@pytest.mark.parametrize("iban", _PUBLISHED_IBANS)
def test_published_ibans_are_accepted(iban: str) -> None:
    assert BankDetails.checked("Ana Example", iban=iban).iban == iban


@pytest.mark.parametrize(
    "text", ["DE89 3704 0044 0532 0130 00", " de89370400440532013000 ", "De89\u00a03704\u00a00044\t0532 0130 00"]
)
def test_spaces_and_case_of_an_iban_are_ignored(text: str) -> None:
    assert BankDetails.checked("Ana Example", iban=text).iban == "DE89370400440532013000"


@pytest.mark.parametrize(
    "text",
    [
        "", "DE", "DE88370400440532013000", "DE8937040044053201300", "DE893704004405320130000", "XX8937040044053201300",
        "GB29NWBK6016133192681X", "DE8937040044053201300O", "DE89-3704-0044-0532-0130-00", "DE89٣٧٠٤٠٠٤٤0532013000",
        "ıe89370400440532013000", "1" * 34, "ZZ" * 32,
    ],
)  # fmt: skip
def test_other_texts_are_no_iban(text: str) -> None:
    assert list(_errors(iban=text)) == ["iban"]


def test_us_account_needs_routing_and_account_number() -> None:
    details = BankDetails.checked("Ana Example", routing_number="111 000 025", account_number="0001 2345 6789")

    assert (details.routing_number, details.account_number) == ("111000025", "000123456789")
    assert details.type is BankAccountType.US


@pytest.mark.parametrize("number", ["", "000000000", "112000025", "11100002", "1110000255", "11100002B", "١١١٠٠٠٠٢٥"])
def test_wrong_routing_numbers_are_rejected(number: str) -> None:
    assert list(_errors(routing_number=number, account_number="12345678")) == ["routing_number"]


@pytest.mark.parametrize("number", ["", "123", "1" * 18, "12345X", "-1234", "１２３４５"])
def test_wrong_account_numbers_are_rejected(number: str) -> None:
    assert list(_errors(routing_number="111000025", account_number=number)) == ["account_number"]


def test_all_wrong_fields_are_named_together() -> None:
    errors = _errors(holder="", routing_number="1", account_number="2")

    assert list(errors) == ["holder", "routing_number", "account_number"]


@pytest.mark.parametrize("numbers", [{"routing_number": "111000025"}, {"account_number": "12345678"}])
def test_half_a_us_account_is_rejected(numbers: dict[str, str]) -> None:
    assert len(_errors(**numbers)) == 1


@pytest.mark.parametrize(
    "numbers", [{}, {"iban": _PUBLISHED_IBANS[0], "account_number": "12345678", "routing_number": "111000025"}]
)
def test_exactly_one_form_of_account_is_accepted(numbers: dict[str, str]) -> None:
    assert list(_errors(**numbers)) == ["iban"]


@pytest.mark.parametrize("holder", ["", "  ", "x" * 71, "Ana\nExample", "Ana\u202eExample"])
def test_wrong_holders_are_rejected(holder: str) -> None:
    assert list(_errors(holder=holder, iban=_PUBLISHED_IBANS[0])) == ["holder"]


@pytest.mark.parametrize(
    ("number", "masked"),
    [("1234567890126789", "•••• 6789"), ("12345678", "•••• 5678"), ("123456", "•••• 456"), ("1234", "•••• 34")],
)
def test_us_number_shows_at_most_half_of_it(number: str, masked: str) -> None:
    assert BankDetails("Ana Example", routing_number="111000025", account_number=number).masked == masked


def test_iban_shows_its_beginning_and_its_end() -> None:
    assert BankDetails("Ana Example", iban=_PUBLISHED_IBANS[0]).masked == "DE89 •••• 3000"


@pytest.mark.parametrize(
    "details",
    [
        BankDetails("Ána Exämple", iban=_PUBLISHED_IBANS[0]),
        BankDetails("Ana", routing_number="111000025", account_number="000123456789"),
    ],
)
def test_text_of_details_gives_them_back(details: BankDetails) -> None:
    assert BankDetails.from_text(details.to_text()) == details
    assert all(number not in repr(details) for number in (details.iban, details.account_number) if number)
