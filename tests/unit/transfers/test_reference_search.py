"""Creditor references in texts that payers write: found, with a bound on the work."""

import pytest
from stdnum import iso11649

from chalicelib.transfers.domain.references import creditor_reference as own_reference
from chalicelib.transfers.iso20022.camt053 import parse_statements
from chalicelib.transfers.iso20022.reference_search import (
    MAX_CHECKED_PER_PAYMENT,
    MAX_CHECKED_PER_TEXT,
    creditor_reference,
)
from tests.bank_files import REFERENCE, Detail, Entry, Statement, document


@pytest.fixture
def checked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The candidates whose check digits are computed."""
    candidates: list[str] = []
    is_valid = iso11649.is_valid

    def recording(candidate: str) -> bool:
        candidates.append(candidate)
        return is_valid(candidate)

    monkeypatch.setattr(iso11649, "is_valid", recording)
    return candidates


@pytest.mark.parametrize(
    "text",
    [
        REFERENCE,
        f"Loan {REFERENCE}, thank you",
        "rf18 5390 0754 7034",
        "RF18 5390 0754 7034 THANKS",
        "RF18-5390-0754-7034",
        "RF18 5390 0754 70 34",
        f"RF19539007547034 {REFERENCE}",
        f"REF:{REFERENCE}",
    ],
)
def test_creditor_reference_is_found_in_text(text: str) -> None:
    assert creditor_reference(text) == REFERENCE


@pytest.mark.parametrize("word", ["LOAN", "FOR", "X", "THANKYOU"])
def test_own_reference_is_found_before_any_next_word(word: str) -> None:
    references = [own_reference(str(number)) for number in range(300)]
    groups = [" ".join(reference[start : start + 4] for start in range(0, 20, 4)) for reference in references]

    assert [creditor_reference(f"{text} {word}") for text in groups] == references


@pytest.mark.parametrize("text", ["", "RF", "RF19539007547034", "XRF18539007547034", "RF1853900754703"])
def test_text_without_valid_reference_gives_none(text: str) -> None:
    assert creditor_reference(text) == ""


@pytest.mark.parametrize(
    "text", ["RF00 " * 28, "RF00 RF01 RF02 RF03 RF04 RF05 " * 60, " ".join(f"RF{n:02}X{n}" for n in range(99))]
)
def test_text_full_of_references_costs_five_checks(text: str, checked: list[str]) -> None:
    assert creditor_reference(text) == ""

    assert 0 < len(checked) <= MAX_CHECKED_PER_TEXT == 5
    assert len(set(checked)) == len(checked)


def test_payment_full_of_references_costs_twenty_checks(checked: list[str]) -> None:
    texts = tuple(f"RF00 {number:04} A B C D" for number in range(50))
    structured = "".join(
        f"<Strd><CdtrRefInf><Ref>RF00 {number:04} A B C D</Ref></CdtrRefInf></Strd>" for number in range(50)
    )
    file = document(Statement([Entry("1.00", (Detail(text=texts),))])).decode()

    [statement] = parse_statements(file.replace("<RmtInf>", f"<RmtInf>{structured}").encode(), currency="EUR")

    assert statement.entries[0].reference == ""
    assert len(checked) == MAX_CHECKED_PER_PAYMENT == 20


def test_own_reference_is_found_behind_many_others() -> None:
    reference = own_reference("1")

    assert creditor_reference(f"{'RF00 1 2 3 4 5 6 '} {'RF001234 ' * 5}{reference}") == reference
