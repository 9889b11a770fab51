"""Statements of the bank: what they contain, and which are refused."""

from datetime import UTC, date, datetime

import pytest

from chalicelib.shared.money import Money
from chalicelib.transfers.domain.bank_file import BankEntry, BankFileError, BankStatement
from chalicelib.transfers.iso20022.camt053 import parse_statements
from tests.bank_files import DAY, IBAN, REFERENCE, Detail, Entry, Statement, document

VERSIONS = pytest.mark.parametrize("version", ["02", "08"])


def parsed(*statements: Statement, version: str = "08") -> tuple[BankStatement, ...]:
    return parse_statements(document(*statements, version=version), currency="EUR")


def entries_of(*entries: Entry, version: str = "08") -> tuple[BankEntry, ...]:
    return parsed(Statement(entries), version=version)[0].entries


def refusal(*statements: Statement, version: str = "08") -> BankFileError:
    with pytest.raises(BankFileError) as refused:
        parsed(*statements, version=version)
    return refused.value


@VERSIONS
def test_statement_gives_account_period_and_balances(version: str) -> None:
    statement = Statement([Entry("12.34")], opening="-2.00", period=("2026-11-01", "2026-11-30"))

    [found] = parsed(statement, version=version)

    assert (found.statement_id, found.sequence, found.iban, found.currency) == ("STATEMENT-1", 1, IBAN, "EUR")
    assert (found.from_date, found.to_date) == (date(2026, 11, 1), date(2026, 11, 27))
    assert found.created_at == datetime(2026, 11, 27, 17, tzinfo=UTC)
    assert (found.opening, found.closing) == (Money(-200), Money(1034))


@VERSIONS
def test_entry_gives_what_matching_needs(version: str) -> None:
    detail = Detail(
        "12.34",
        name="Ann Smith",
        reference=REFERENCE,
        text="Savings",
        end_to_end_id="E2E-1",
        payment_information_id="BATCH-1",
    )

    [entry] = entries_of(Entry("12.34", (detail,), value_on="2026-11-28", information="Transfer"), version=version)

    assert entry.amount == Money(1234)
    assert (entry.booked_on, entry.value_on) == (date(2026, 11, 27), date(2026, 11, 28))
    assert (entry.reference, entry.end_to_end_id, entry.payment_information_id) == (REFERENCE, "E2E-1", "BATCH-1")
    assert (entry.counterparty_name, entry.remittance) == ("Ann Smith", f"{REFERENCE} Savings")
    assert (entry.is_reversal, entry.return_reason, entry.details) == (False, "", ("Transfer",))


def test_entry_without_details_keeps_information_of_bank() -> None:
    [entry] = entries_of(Entry("-4.50", information=f"Charges {REFERENCE}"))

    assert (entry.amount, entry.remittance, entry.reference) == (Money(-450), f"Charges {REFERENCE}", REFERENCE)


def test_placeholder_end_to_end_id_is_empty() -> None:
    [entry] = entries_of(Entry("1.00", (Detail(end_to_end_id="NOTPROVIDED"),)))

    assert entry.end_to_end_id == ""


@VERSIONS
def test_batch_with_details_becomes_one_entry_each(version: str) -> None:
    details = (Detail("10.00", end_to_end_id="A"), Detail("20.01", end_to_end_id="B", return_reason="AC04"))

    first, second = entries_of(Entry("-30.01", details, batch="PAYOUT-1"), version=version)

    assert (first.amount, first.end_to_end_id, first.return_reason) == (Money(-1000), "A", "")
    assert (second.amount, second.end_to_end_id, second.return_reason) == (Money(-2001), "B", "AC04")
    assert first.payment_information_id == second.payment_information_id == "PAYOUT-1"
    assert first.key != second.key


@VERSIONS
def test_batch_without_details_is_one_entry(version: str) -> None:
    [entry] = entries_of(Entry("-30.01", batch="PAYOUT-1", batch_message="MESSAGE"), version=version)

    assert (entry.amount, entry.payment_information_id) == (Money(-3001), "PAYOUT-1")


def test_batch_known_by_its_message_alone_gives_that_id() -> None:
    [entry] = entries_of(Entry("-30.01", batch_message="PAYOUT-1"))

    assert entry.payment_information_id == "PAYOUT-1"


@VERSIONS
def test_batch_whose_payments_have_no_amounts_is_one_entry(version: str) -> None:
    details = (Detail(end_to_end_id="A"), Detail(end_to_end_id="B"))

    [entry] = entries_of(Entry("-30.01", details, batch="PAYOUT-1"), version=version)

    assert (entry.amount, entry.end_to_end_id) == (Money(-3001), "")


def test_batch_with_payments_in_both_directions_sums_signed_amounts() -> None:
    details = (Detail("30.00"), Detail("5.00", direction="DBIT"))

    amounts = [entry.amount for entry in entries_of(Entry("25.00", details))]

    assert amounts == [Money(3000), Money(-500)]


@VERSIONS
def test_batch_that_does_not_sum_is_one_entry(version: str) -> None:
    details = (Detail("10.00", text=REFERENCE, end_to_end_id="A"), Detail("20.00", end_to_end_id="B"))

    netted, next_entry = entries_of(
        Entry("29.50", details, batch="PAYOUT-1", information=f"Charged {REFERENCE}"), Entry("1.00"), version=version
    )

    assert (netted.amount, netted.reference, netted.end_to_end_id) == (Money(2950), "", "")
    assert (netted.payment_information_id, netted.remittance) == ("PAYOUT-1", f"Charged {REFERENCE}")
    assert next_entry.amount == Money(100)


@VERSIONS
def test_batch_without_amounts_has_id_that_its_payments_share(version: str) -> None:
    payments = (Detail(payment_information_id="PAYOUT-1", message_id="A"), Detail(payment_information_id="PAYOUT-1"))
    messages = (Detail(message_id="PAYOUT-2"), Detail(message_id="PAYOUT-2"))
    different = (Detail(payment_information_id="PAYOUT-3"), Detail(payment_information_id="PAYOUT-4"))
    partial = (Detail(payment_information_id="PAYOUT-5"), Detail())

    found = entries_of(
        Entry("-30.01", payments, batch_message="BANK-FILE"),
        Entry("-30.02", messages),
        Entry("-30.03", different),
        Entry("-30.04", partial),
        Entry("-30.05", payments, batch="PAYOUT-6"),
        version=version,
    )

    ids = [entry.payment_information_id for entry in found]
    assert ids == ["PAYOUT-1", "PAYOUT-2", "", "", "PAYOUT-6"]
    assert [entry.amount.cents for entry in found] == [-3001, -3002, -3003, -3004, -3005]


def test_reversal_keeps_sign_of_its_own_movement() -> None:
    credit, debit = entries_of(Entry("10.00", is_reversal=True), Entry("-4.00", is_reversal=True))

    assert (credit.amount, credit.is_reversal) == (Money(1000), True)
    assert (debit.amount, debit.is_reversal) == (Money(-400), True)


def test_bank_transaction_code_of_a_return_marks_reversal() -> None:
    file = document(Statement([Entry("10.00")])).replace(b"ESCT", b"RRTN")

    [entry] = parse_statements(file, currency="EUR")[0].entries

    assert entry.is_reversal


@VERSIONS
def test_return_gives_its_reason(version: str) -> None:
    stated, unstated = entries_of(
        Entry("10.00", (Detail(return_reason="AC04", end_to_end_id="A"),)),
        Entry("20.00", (Detail(returned=True, end_to_end_id="B"),)),
        version=version,
    )

    assert (stated.return_reason, unstated.return_reason) == ("AC04", "NARR")


def test_returned_payment_names_original_creditor() -> None:
    xml = document(Statement([Entry("10.00", (Detail(name="Ann Smith", return_reason="AC04"),))]))

    [entry] = parse_statements(xml.replace(b"Dbtr>", b"Cdtr>"), currency="EUR")[0].entries

    assert entry.counterparty_name == "Ann Smith"


@pytest.mark.parametrize("status", ["PDNG", "INFO", "FUTR"])
@VERSIONS
def test_entries_that_are_not_booked_are_ignored(status: str, version: str) -> None:
    [found] = parsed(Statement([Entry("1.00"), Entry("2.00", status=status)]), version=version)

    assert [entry.amount for entry in found.entries] == [Money(100)]
    assert found.closing == Money(100)


def test_entries_of_amount_zero_are_ignored() -> None:
    assert entries_of(Entry("0.00")) == ()


def test_details_in_another_currency_do_not_matter() -> None:
    single = Detail("11.00", currency="USD", instructed=("11.00", "USD"))
    converted = (Detail("4.00", instructed=("5.00", "USD")), Detail("6.00", instructed=("7.00", "USD")))

    amounts = [entry.amount for entry in entries_of(Entry("10.00", (single,)), Entry("10.00", converted))]

    assert amounts == [Money(1000), Money(400), Money(600)]


def test_statements_of_several_accounts_stay_separate() -> None:
    found = parsed(
        Statement([Entry("1.00")]),
        Statement([Entry("2.00")], statement_id="STATEMENT-2", sequence="2", opening="1.00"),
        Statement([Entry("3.00")], iban="NL91ABNA0417164300"),
    )

    assert [(one.statement_id, one.iban[:2], one.closing) for one in found] == [
        ("STATEMENT-1", "DE", Money(100)),
        ("STATEMENT-2", "DE", Money(300)),
        ("STATEMENT-1", "NL", Money(300)),
    ]


def test_pages_of_one_statement_are_joined_in_their_order() -> None:
    pages = [
        Statement([Entry("2.00")], opening=None, closing=None, page=(2, False)),
        Statement([Entry("1.00")], opening="5.00", closing=None, page=(1, False)),
        Statement([Entry("4.00")], opening=None, closing="12.00", page=(3, True)),
    ]

    [found] = parsed(*pages)

    assert [entry.amount.cents for entry in found.entries] == [100, 200, 400]
    assert (found.opening, found.closing, found.first_page, found.is_complete) == (Money(500), Money(1200), 1, True)


def test_single_page_of_a_statement_has_derived_balances() -> None:
    [first] = parsed(Statement([Entry("1.00")], opening="5.00", closing=None, page=(1, False)))
    [last] = parsed(Statement([Entry("4.00")], opening=None, closing="12.00", page=(3, True)))

    assert (first.opening, first.closing, first.is_complete) == (Money(500), Money(600), False)
    assert (last.opening, last.closing, last.first_page, last.is_complete) == (Money(800), Money(1200), 3, False)


@pytest.mark.parametrize("numbers", [(1, 3), (1, 1)])
def test_missing_or_repeated_pages_are_refused(numbers: tuple[int, int]) -> None:
    pages = [Statement([Entry("1.00")], page=(number, number == 3)) for number in numbers]

    assert refusal(*pages).reason == "inconsistent_pages"


def test_previous_closing_balance_serves_as_opening_balance() -> None:
    [found] = parsed(Statement([Entry("1.00")], opening="5.00", opening_code="PRCD", period=None))

    assert (found.opening, found.from_date) == (Money(500), date.fromisoformat(DAY))


@pytest.mark.parametrize("lacking", ["opening", "closing"])
def test_statement_without_balance_is_refused(lacking: str) -> None:
    statement = Statement([], opening=None) if lacking == "opening" else Statement([], closing=None)

    refused = refusal(statement)

    assert refused.reason == "missing_balance"
    assert lacking in refused.detail


def test_closing_balance_that_contradicts_entries_is_refused() -> None:
    refused = refusal(Statement([Entry("10.00")], opening="5.00", closing="15.01"))

    assert refused.reason == "balance_mismatch"
    assert "15.01" in refused.detail


@pytest.mark.parametrize(
    "statement",
    [
        Statement([], account_currency="USD"),
        Statement([], account_currency="", currency="USD"),
        Statement([Entry("1.00"), Entry("2.00", currency="USD")]),
    ],
)
def test_foreign_currency_is_refused_with_reason(statement: Statement) -> None:
    refused = refusal(statement)

    assert refused.reason == "wrong_currency"
    assert "USD" in refused.detail
    assert "EUR" in refused.detail


@pytest.mark.parametrize("amount", ["1.001", "-1.00", "1,00", "1e2", "NaN", "", ".", "1 000.00", "٣.00", "9" * 17])
def test_amounts_that_are_not_exact_cents_are_refused(amount: str) -> None:
    file = document(Statement([Entry("1.00")])).replace(
        b'<Ntry><Amt Ccy="EUR">1.00', f'<Ntry><Amt Ccy="EUR">{amount}'.encode()
    )

    with pytest.raises(BankFileError) as refused:
        parse_statements(file, currency="EUR")

    assert refused.value.reason in {"invalid_amount", "missing_part"}


@pytest.mark.parametrize("amount", ["1", "1.", "1.0", "+1.00", "01.00", "1.00000", " 1.00\n"])
def test_decimal_notations_of_same_amount_are_equal(amount: str) -> None:
    file = document(Statement([Entry("1.00")])).replace(
        b'<Ntry><Amt Ccy="EUR">1.00', f'<Ntry><Amt Ccy="EUR">{amount}'.encode()
    )

    assert parse_statements(file, currency="EUR")[0].entries[0].amount == Money(100)


@pytest.mark.parametrize(
    ("present", "reason"),
    [
        ("<Id>STATEMENT-1</Id>", "missing_part"),
        (f"<IBAN>{IBAN}</IBAN>", "missing_part"),
        ('<Amt Ccy="EUR">1.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts>', "missing_part"),
        ("<Sts><Cd>BOOK</Cd></Sts>", "missing_part"),
        (f"<BookgDt><Dt>{DAY}</Dt></BookgDt><ValDt><Dt>{DAY}</Dt></ValDt>", "invalid_date"),
        (f"<Dt><Dt>{DAY}</Dt></Dt>", "invalid_date"),
        ("<Cd>CLBD</Cd>", "missing_balance"),
    ],
)
def test_missing_parts_are_refused(present: str, reason: str) -> None:
    file = document(Statement([Entry("1.00")])).decode()
    assert present in file
    left = "<Sts>" if present.endswith("<Sts>") else ""

    with pytest.raises(BankFileError) as refused:
        parse_statements(file.replace(present, left).encode(), currency="EUR")

    assert refused.value.reason == reason


@pytest.mark.parametrize("day", ["2026-02-30", "27.11.2026", "20261127", "2026-W48-5", "2026-11-271"])
def test_dates_that_do_not_exist_are_refused(day: str) -> None:
    assert refusal(Statement([Entry("1.00", booked_on=day)])).reason == "invalid_date"


def test_file_without_statement_is_refused() -> None:
    assert refusal().reason == "missing_part"


def test_date_and_time_give_the_written_day() -> None:
    file = document(Statement([Entry("1.00")])).replace(
        f"<BookgDt><Dt>{DAY}</Dt>".encode(), b"<BookgDt><DtTm>2026-11-26T23:30:00-05:00</DtTm>"
    )

    assert parse_statements(file, currency="EUR")[0].entries[0].booked_on == date(2026, 11, 26)


def test_invisible_marks_are_removed_from_shown_texts() -> None:
    [entry] = entries_of(Entry("1.00", (Detail(name="Ann\u202egnp", text="a\u200bb"),)))

    assert (entry.counterparty_name, entry.remittance) == ("Anngnp", "ab")


def test_invisible_marks_are_removed_from_ids() -> None:
    statement = Statement(
        [
            Entry(
                "1.00",
                (Detail(end_to_end_id="E\u202e2E", payment_information_id="P\u200bAY", return_reason="A\u202eC"),),
            )
        ],
        statement_id="STATE\u202eMENT",
    )

    [found] = parsed(statement)

    [entry] = found.entries
    assert found.statement_id == "STATEMENT"
    assert (entry.end_to_end_id, entry.payment_information_id, entry.return_reason) == ("E2E", "PAY", "AC")


@pytest.mark.parametrize(
    "statement",
    [
        Statement([Entry("1.00", (Detail(end_to_end_id="E" * 141),))]),
        Statement([Entry("1.00", (Detail(payment_information_id="E" * 141),))]),
        Statement([Entry("1.00", batch="E" * 141)]),
        Statement([Entry("1.00", batch_message="E" * 400_000)]),
        Statement(statement_id="S" * 400_000),
        Statement(iban="D" * 141),
    ],
)
def test_ids_over_140_characters_are_refused(statement: Statement) -> None:
    refused = refusal(statement)

    assert refused.reason == "id_too_long"
    assert len(refused.detail) < 300


def test_id_of_140_characters_is_accepted() -> None:
    [entry] = entries_of(Entry("1.00", (Detail(end_to_end_id="E" * 140),)))

    assert entry.end_to_end_id == "E" * 140


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
def test_creation_time_outside_of_calendar_is_refused(moment: str) -> None:
    file = document(Statement()).replace(f"{DAY}T18:00:00+01:00".encode(), moment.encode())

    with pytest.raises(BankFileError) as refused:
        parse_statements(file, currency="EUR")

    assert refused.value.reason == "invalid_date"


def test_account_without_iban_is_its_number() -> None:
    file = document(Statement()).replace(f"<IBAN>{IBAN}</IBAN>".encode(), b"<Othr><Id>12-34 56</Id></Othr>")

    assert parse_statements(file, currency="EUR")[0].iban == "12-3456"


def test_reference_divided_into_lines_is_found() -> None:
    [entry] = entries_of(Entry("1.00", (Detail(text=("Loan RF18 5390", "0754 7034 for Ann")),)))

    assert entry.reference == REFERENCE
