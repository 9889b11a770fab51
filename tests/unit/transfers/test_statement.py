"""The booking of a bank entry, and the ids of statements and lines."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any, Final

import pytest

from chalicelib.shared.ids import is_id
from chalicelib.shared.money import Money
from chalicelib.transfers.domain.bank_file import BankEntry, BankStatement
from chalicelib.transfers.domain.statement import (
    MAX_LINES,
    Action,
    Decision,
    KnownFacts,
    LineNotAssignable,
    LineStatus,
    StatementLine,
    decide,
    decide_assignment,
    line_id,
    place_of,
    statement_id,
    statement_of_file,
)
from chalicelib.transfers.domain.transfer import Direction, Transfer, TransferStatus

DAY: Final = date(2026, 3, 2)
NOW: Final = datetime(2026, 3, 2, 9, tzinfo=UTC)
HUNDRED: Final = Money.of("100.00")
USER: Final = "7" * 26
NAMED: Final = {"end_to_end_id": "7" * 26}
RETURNED: Final = {"return_reason": "AC04"}
REVERSED: Final = {"is_reversal": True}


def entry(amount: str, **changes: Any) -> BankEntry:
    plain = BankEntry("key", DAY, DAY, Money.of(amount), False, "", "", "", "", "", "")
    return replace(plain, **changes)


def transfer(direction: Direction, status: TransferStatus, amount: str = "100.00") -> Transfer:
    return Transfer(USER, USER, direction, Money.of(amount), status, "RF", NOW)


def deposit(status: str, amount: str = "100.00") -> Transfer:
    return transfer(Direction.DEPOSIT, TransferStatus(status), amount)


def withdrawal(status: str, amount: str = "100.00") -> Transfer:
    return transfer(Direction.WITHDRAWAL, TransferStatus(status), amount)


def line(amount: str, status: LineStatus = LineStatus.UNMATCHED) -> StatementLine:
    return StatementLine("7" * 22 + "0000", 1, entry(amount), status)


@pytest.mark.parametrize("status", ["PENDING", "FAILED", "EXPIRED", "CANCELLED"])
def test_open_deposit_of_equal_amount_is_settled(status: str) -> None:
    named = deposit(status)

    decision = decide(entry("100.00", reference="RF"), KnownFacts(named))

    assert (decision, decision.status) == (Decision(Action.SETTLE, named), LineStatus.MATCHED)


def test_permanent_reference_makes_a_deposit_of_any_amount() -> None:
    decision = decide(entry("12.34", reference="RF"), KnownFacts(owner=USER))

    assert (decision, decision.status) == (Decision(Action.DEPOSIT, user_id=USER), LineStatus.MATCHED)


def test_debit_with_the_id_of_a_submitted_withdrawal_settles_it() -> None:
    named = withdrawal("SUBMITTED")

    decision = decide(entry("-100.00", **NAMED), KnownFacts(named))

    assert (decision, decision.status) == (Decision(Action.SETTLE, named), LineStatus.MATCHED)


@pytest.mark.parametrize("mark", [RETURNED, REVERSED], ids=["return", "reversal"])
def test_marked_debit_returns_a_settled_deposit(mark: dict[str, Any]) -> None:
    named = deposit("SETTLED")

    decision = decide(entry("-100.00", reference="RF", **mark), KnownFacts(named))

    assert (decision, decision.status) == (Decision(Action.RETURN, named), LineStatus.RETURNED)


@pytest.mark.parametrize("mark", [RETURNED, REVERSED], ids=["return", "reversal"])
def test_marked_credit_returns_a_settled_withdrawal(mark: dict[str, Any]) -> None:
    named = withdrawal("SETTLED")

    decision = decide(entry("100.00", **NAMED, **mark), KnownFacts(named))

    assert (decision, decision.status) == (Decision(Action.RETURN, named), LineStatus.RETURNED)


def test_marked_debit_with_a_permanent_reference_returns_the_newest_equal_deposit() -> None:
    newest, older = replace(deposit("SETTLED"), id="8" + USER[1:]), deposit("SETTLED")
    deposits = (deposit("SETTLED", "99.00"), newest, older)

    decision = decide(entry("-100.00", reference="RF", **RETURNED), KnownFacts(owner=USER, deposits=deposits))

    assert decision == Decision(Action.RETURN, newest)


def test_debit_of_a_whole_payout_settles_its_withdrawals() -> None:
    payout = (withdrawal("SUBMITTED", "60.00"), withdrawal("SUBMITTED", "40.00"))

    decision = decide(entry("-100.00", payment_information_id=USER), KnownFacts(payout=payout))

    assert (decision.action, decision.status) == (Action.SETTLE_PAYOUT, LineStatus.MATCHED)


def test_debit_of_a_payout_skips_rejected_withdrawals() -> None:
    payout = (withdrawal("SUBMITTED", "60.00"), withdrawal("REJECTED", "50.00"), withdrawal("SUBMITTED", "40.00"))

    decision = decide(entry("-100.00", payment_information_id=USER), KnownFacts(payout=payout))

    assert (decision.action, decision.status) == (Action.SETTLE_PAYOUT, LineStatus.MATCHED)


@pytest.mark.parametrize("mark", [{}, RETURNED, REVERSED], ids=["payment", "return", "reversal"])
@pytest.mark.parametrize("named", [None, deposit("SETTLED"), withdrawal("SUBMITTED")])
def test_debit_that_names_a_rejected_line_sends_it_back(mark: dict[str, Any], named: Transfer | None) -> None:
    known = KnownFacts(named, rejected=line("100.00", LineStatus.REJECTED))

    decision = decide(entry("-100.00", **NAMED, **mark), known)

    assert (decision.action, decision.status) == (Action.SEND_BACK, LineStatus.MATCHED)


@pytest.mark.parametrize(
    ("found", "known", "reason"),
    [
        (entry("100.00"), KnownFacts(), "no_reference"),
        (entry("100.00", reference="RF"), KnownFacts(), "unknown_reference"),
        (entry("100.00", reference="RF"), KnownFacts(withdrawal("SUBMITTED")), "unknown_reference"),
        (entry("99.99", reference="RF"), KnownFacts(deposit("PENDING")), "amount_differs"),
        (entry("100.00", reference="RF"), KnownFacts(deposit("SETTLED")), "already_settled"),
        (entry("100.00", reference="RF"), KnownFacts(deposit("RETURNED")), "already_settled"),
        (entry("-100.00"), KnownFacts(), "no_reference"),
        (entry("-100.00", **NAMED), KnownFacts(), "unknown_reference"),
        (entry("-100.00", **NAMED), KnownFacts(deposit("SETTLED")), "unknown_reference"),
        (entry("-100.01", **NAMED), KnownFacts(withdrawal("SUBMITTED")), "amount_differs"),
        (entry("-100.00", **NAMED), KnownFacts(withdrawal("SETTLED")), "already_settled"),
        (entry("-100.00", **NAMED), KnownFacts(withdrawal("RETURNED")), "already_settled"),
        (entry("-100.00", **NAMED), KnownFacts(withdrawal("REQUESTED")), "not_submitted"),
        (entry("-100.00", **NAMED), KnownFacts(withdrawal("CANCELLED")), "not_submitted"),
        (entry("-100.00"), KnownFacts(payout=(withdrawal("SETTLED"),)), "incomplete_payout"),
        (entry("-200.00"), KnownFacts(payout=(withdrawal("SUBMITTED"), withdrawal("REJECTED"))), "incomplete_payout"),
        (entry("-99.00"), KnownFacts(payout=(withdrawal("SUBMITTED"),)), "incomplete_payout"),
        (entry("-99.00"), KnownFacts(rejected=line("100.00")), "no_reference"),
        (entry("-100.00", reference="RF", **RETURNED), KnownFacts(), "unknown_reference"),
        (entry("-100.00", reference="RF", **RETURNED), KnownFacts(deposit("PENDING")), "not_settled"),
        (entry("-100.00", reference="RF", **RETURNED), KnownFacts(deposit("RETURNED")), "already_returned"),
        (entry("-50.00", reference="RF", **RETURNED), KnownFacts(deposit("SETTLED")), "amount_differs"),
        (
            entry("-100.00", reference="RF", **RETURNED),
            KnownFacts(deposit("SETTLED"), has_open_credit=True),
            "ambiguous_return",
        ),
        (
            entry("-100.00", reference="RF", **REVERSED),
            KnownFacts(owner=USER, deposits=(deposit("SETTLED"),), has_open_credit=True),
            "ambiguous_return",
        ),
        (entry("-100.00", reference="RF", **RETURNED), KnownFacts(owner=USER), "unknown_reference"),
        (entry("100.00", **NAMED, **RETURNED), KnownFacts(withdrawal("SUBMITTED")), "not_settled"),
        (entry("100.00", **NAMED, **RETURNED), KnownFacts(withdrawal("RETURNED")), "already_returned"),
        (entry("100.00", **NAMED, **RETURNED), KnownFacts(deposit("SETTLED")), "unknown_reference"),
        (entry("100.00", **RETURNED), KnownFacts(owner=USER), "unknown_reference"),
    ],
)
def test_uncertain_entry_goes_to_suspense(found: BankEntry, known: KnownFacts, reason: str) -> None:
    decision = decide(found, known)

    assert (decision.action, decision.status, decision.reason) == (Action.SUSPEND, LineStatus.UNMATCHED, reason)


@pytest.mark.parametrize(
    ("amount", "named", "action"),
    [
        ("100.00", deposit("PENDING"), Action.SETTLE),
        ("100.00", deposit("EXPIRED"), Action.SETTLE),
        ("-100.00", deposit("SETTLED"), Action.RETURN),
        ("-100.00", withdrawal("SUBMITTED"), Action.SETTLE),
        ("100.00", withdrawal("SETTLED"), Action.RETURN),
    ],
)
def test_assignment_settles_or_returns_a_transfer(amount: str, named: Transfer, action: Action) -> None:
    assert decide_assignment(line(amount), named) is action


@pytest.mark.parametrize(
    ("amount", "named"),
    [
        ("100.00", deposit("SETTLED")),
        ("99.00", deposit("PENDING")),
        ("-100.00", deposit("PENDING")),
        ("-100.00", withdrawal("REQUESTED")),
        ("-99.00", withdrawal("SUBMITTED")),
        ("100.00", withdrawal("SUBMITTED")),
    ],
)
def test_assignment_against_the_state_is_rejected(amount: str, named: Transfer) -> None:
    with pytest.raises(LineNotAssignable):
        decide_assignment(line(amount), named)


def part(first: int, last: int, opening: str, closing: str, entries: int = 0, **changes: Any) -> BankStatement:
    plain = BankStatement(
        f"S{first}", None, "DE00", "USD", date(2026, 3, first), date(2026, 3, last), NOW,
        Money.of(opening), Money.of(closing), (entry("1.00"),) * entries,
    )  # fmt: skip
    return replace(plain, **changes)


def test_statements_of_one_file_are_joined_by_date() -> None:
    parts = [part(3, 3, "5.00", "7.00", 2), part(1, 2, "0.00", "5.00", 5)]

    joined = statement_of_file(parts, "digest", created_at=NOW, listed=USER)

    assert (joined.from_date, joined.to_date) == (date(2026, 3, 1), date(2026, 3, 3))
    assert (joined.opening, joined.closing, joined.lines) == (Money.of("0.00"), Money.of("7.00"), 7)
    assert joined.bank_ids == ("S1", "S3")
    assert not joined.is_booked


@pytest.mark.parametrize(("initial", "difference"), [("0.00", "5.00"), ("5.00", "0.00"), ("4.00", "1.00")])
def test_opening_balance_counts_as_booked(initial: str, difference: str) -> None:
    imported = statement_of_file([part(1, 2, "5.00", "7.00")], "digest", created_at=NOW, listed=USER)

    compared = imported.compared_with({DAY: Money.of("2.00")}, Money.of(initial))

    assert compared.difference == Money.of(difference)


def test_same_file_has_the_same_id() -> None:
    parts = [part(1, 2, "0.00", "5.00")]

    assert statement_id(parts, "digest") == statement_id(parts, "digest")
    assert statement_id(parts, "digest") != statement_id(parts, "another")


def test_statement_created_before_1970_has_an_id() -> None:
    assert is_id(statement_id([part(1, 2, "0.00", "0.00", created_at=datetime(1900, 1, 1, tzinfo=UTC))], "digest"))


@pytest.mark.parametrize("number", [1, 31, 32, 500, 40_000, MAX_LINES])
def test_id_of_a_line_names_its_statement_and_number(number: int) -> None:
    statement = statement_id([part(1, 2, "0.00", "0.00")], "digest")

    line = line_id(statement, number)

    assert is_id(line)
    assert place_of(line) == (statement, number)


def test_other_text_is_no_line() -> None:
    assert place_of("NOTPROVIDED") is None
