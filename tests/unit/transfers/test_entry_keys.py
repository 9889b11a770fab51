"""Keys of bank entries: the same entry has one key in whatever statement, and different ones differ."""

import pytest

from chalicelib.transfers.domain.bank_file import BankEntry, take_key
from chalicelib.transfers.iso20022.camt053 import parse_statements
from tests.bank_files import DAY, OTHER_IBAN, Detail, Entry, Statement, document

BY_SERVICER = Entry("1.00", servicer_reference="BANK-1", entry_reference="1")
BY_ENTRY = Entry("2.00", entry_reference="N-2")
BY_FACTS = Entry("3.00", (Detail(text="three", end_to_end_id="E3"),), entry_reference="3")
BATCH = Entry("-9.00", (Detail("4.00", end_to_end_id="A"), Detail("5.00", end_to_end_id="B")), batch="P")


def entries(statement: Statement, version: str = "08") -> tuple[BankEntry, ...]:
    return parse_statements(document(statement, version=version), currency="EUR")[0].entries


def keys(statement: Statement, version: str = "08") -> list[str]:
    return [entry.key for entry in entries(statement, version)]


def test_overlapping_statements_give_same_keys() -> None:
    earlier = keys(Statement([BY_SERVICER, BY_ENTRY, BY_FACTS, BATCH]))
    moved = Entry("3.00", BY_FACTS.details, entry_reference="1")

    later = keys(Statement([moved, BATCH, BY_SERVICER, BY_ENTRY], statement_id="S-2", sequence="2", opening="7.00"))

    assert len(set(earlier)) == 5
    assert set(later) == set(earlier)


def test_both_versions_give_same_keys() -> None:
    statement = Statement([BY_SERVICER, BY_ENTRY, BY_FACTS, BATCH])

    assert keys(statement, "02") == keys(statement, "08")


def test_batch_in_another_order_gives_same_keys() -> None:
    turned = Entry("-9.00", BATCH.details[::-1], batch="P", servicer_reference="B")
    batch = Entry("-9.00", BATCH.details, batch="P", servicer_reference="B")

    assert set(keys(Statement([turned]))) == set(keys(Statement([batch])))


@pytest.mark.parametrize("entry", [BY_SERVICER, BY_ENTRY, BY_FACTS, BATCH])
def test_identical_entries_of_one_statement_have_own_keys(entry: Entry) -> None:
    found = keys(Statement([entry, entry]))

    assert len(set(found)) == len(found)


def test_many_identical_entries_are_numbered_in_linear_time() -> None:
    used = dict.fromkeys(["0" * 40], "")

    found = [take_key("0" * 40, used) for _ in range(20_000)]

    assert len(set(found)) == 20_000


def test_identical_payments_of_one_batch_have_own_keys() -> None:
    found = keys(Statement([Entry("8.00", (Detail("4.00"), Detail("4.00")))]))

    assert len(set(found)) == 2


def test_same_entry_on_another_account_has_another_key() -> None:
    assert set(keys(Statement([BY_SERVICER]))).isdisjoint(keys(Statement([BY_SERVICER], iban=OTHER_IBAN)))


@pytest.mark.parametrize(
    "other",
    [
        Entry("3.01", BY_FACTS.details),
        Entry("-3.00", BY_FACTS.details),
        Entry("3.00", BY_FACTS.details, is_reversal=True),
        Entry("3.00", BY_FACTS.details, booked_on="2026-11-26"),
        Entry("3.00", BY_FACTS.details, value_on="2026-11-26"),
        Entry("3.00", (Detail(text="other", end_to_end_id="E3"),)),
        Entry("3.00", (Detail(text="three", end_to_end_id="E4"),)),
    ],
)
def test_entries_that_differ_in_one_fact_have_own_keys(other: Entry) -> None:
    assert keys(Statement([BY_FACTS])) != keys(Statement([other]))


def test_charge_with_reference_of_its_payment_has_own_key() -> None:
    payment, charge = keys(Statement([BY_SERVICER, Entry("-0.20", servicer_reference="BANK-1")]))

    assert payment != charge


def test_reference_of_single_payment_identifies_entry() -> None:
    inside = Entry("1.00", (Detail(servicer_reference="BANK-1"),))

    assert keys(Statement([inside])) == keys(Statement([BY_SERVICER]))


def test_entry_repeated_on_next_page_counts_once() -> None:
    statement = Statement([BY_SERVICER, BY_ENTRY, BY_SERVICER], closing="3.00")

    assert keys(statement) == keys(Statement([BY_SERVICER, BY_ENTRY]))


def test_entry_that_balance_counts_twice_stays_twice() -> None:
    found = entries(Statement([BY_SERVICER, BY_SERVICER], closing="2.00"))

    assert len({entry.key for entry in found}) == 2


def test_day_in_the_keys_is_that_of_the_booking() -> None:
    [entry] = entries(Statement([BY_SERVICER]))

    assert str(entry.booked_on) == DAY
