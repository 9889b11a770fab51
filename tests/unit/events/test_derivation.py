"""Events of single stream records: each function reads its record alone."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, Final

import pytest

from chalicelib.events.domain.event import Event
from chalicelib.events.service.derivation.tables import DERIVATIONS
from chalicelib.shared.clock import to_millis
from chalicelib.shared.ids import derived_id

AT: Final = datetime(2026, 1, 15, 9, 30, 0, 250_000, tzinfo=UTC)
USER: Final = derived_id(AT, "user")
LOAN: Final = derived_id(AT, "loan")
ENTRY: Final = derived_id(AT, "entry")
Image = dict[str, Any]


def text(value: str) -> dict[str, str]:
    return {"S": value}


def number(value: int) -> dict[str, str]:
    return {"N": str(value)}


def derive(table: str, keys: Image, new: Image | None, old: Image | None = None) -> list[Event]:
    """The events of a record as Lambda delivers it."""
    images = {"NewImage": {**keys, **new}} if new is not None else {}
    if old is not None:
        images["OldImage"] = {**keys, **old}
    name = "REMOVE" if new is None else "INSERT" if old is None else "MODIFY"
    change = {"Keys": keys, **images, "ApproximateCreationDateTime": AT.timestamp() // 1, "SequenceNumber": "1"}
    return list(DERIVATIONS[table]({"eventName": name, "dynamodb": change}))


def posting(
    lines: Iterable[tuple[str, int, *tuple[int, ...]]], account: str = f"wallet:{USER}", **more: str
) -> list[Event]:
    packed = [{"L": [text(kind), *(number(cents) for cents in amounts)]} for kind, *amounts in lines]
    image = {"lines": {"L": packed}, **{name: text(value) for name, value in more.items()}}
    return derive("ledger", {"account": text(account), "transaction": text(ENTRY)}, image)


@pytest.mark.parametrize(
    ("account", "lines"),
    [
        ("platform:fees#2026-01-15#0", [("LATE_FEE", 500)]),
        (f"loan:{LOAN}", [("LOAN_PAYMENT", 500, 20)]),
        (f"receivable:{USER}", [("RECEIVABLE", 500)]),
        (f"wallet:{USER}", [("LOAN_FUNDING", -500), ("PLATFORM_FEE", -5)]),
        (f"wallet:{USER}", [("REFUND", 500)]),
        (f"wallet:{USER}", [("DEPOSIT_RETURN", -500)]),
    ],
)
def test_other_postings_are_no_events(account: str, lines: list[tuple[str, int]]) -> None:
    assert posting(lines, account, reference=LOAN) == []


def test_payment_of_a_late_fee_alone_is_received() -> None:
    (event,) = posting([("LATE_FEE", -500)], reference=LOAN)

    assert (event.type, event.created_at, event.recipients) == ("payment.received", AT, (USER,))
    assert (event.data["amount"], event.data["principal"], event.data["late_fee"]) == ("5.00", "0.00", "5.00")


def test_distribution_names_its_payment() -> None:
    payment_id = derived_id(AT, "payment")

    (event,) = posting([("LOAN_PAYMENT", 510, 10), ("REFUND", 3)], reference=LOAN, payment_id=payment_id)

    assert event.data == {
        "loan_id": LOAN,
        "payment_id": payment_id,
        "party": "lender",
        "amount": "5.10",
        "principal": "5.00",
        "interest": "0.10",
        "late_fee": "0.00",
        "fee_refund": "0.03",
    }


def test_posting_of_a_stored_transfer_is_no_second_event() -> None:
    assert [event.type for event in posting([("DEPOSIT", 500)])] == ["transfer.settled"]
    assert posting([("DEPOSIT", 500)], reference=derived_id(AT, "transfer")) == []


@pytest.mark.parametrize(
    ("before", "after", "types"),
    [
        (None, True, ["account.frozen"]),
        (None, None, []),
        (False, True, ["account.frozen"]),
        (True, True, []),
        (True, False, ["account.unfrozen"]),
    ],
)
def test_only_changes_of_freezing_are_events(before: bool | None, after: bool | None, types: list[str]) -> None:
    def wallet(frozen: bool | None, version: int) -> Image:
        flag = {} if frozen is None else {"frozen": {"BOOL": frozen}}
        return {**flag, "version": number(version), "updated_at": number(to_millis(AT))}

    old = None if before is None else wallet(before, 1)
    found = derive("wallets", {"account": text(f"wallet:{USER}")}, wallet(after, 2), old)

    assert [event.type for event in found] == types
    assert all(event.created_at == AT and event.data == {"user_id": USER} for event in found)


@pytest.mark.parametrize(
    ("action", "types"),
    [
        ("NEW_SIGN_IN", ["security.new_sign_in"]),
        ("PASSWORD_CHANGED", ["security.password_changed"]),
        ("EMAIL_CHANGED", ["security.email_changed"]),
        ("REFRESH_TOKEN_REUSED", []),
        ("FREEZE_USER", []),
    ],
)
def test_security_events_show_no_detail_of_the_entry(action: str, types: list[str]) -> None:
    entry = {
        "action": text(action),
        "subject": text(f"user:{USER}"),
        "actor": text("ana"),
        "details": {"M": {"network": text("d1")}},
    }

    found = derive("audit", {"pk": text("2026-01-15#1"), "sk": text(ENTRY)}, entry)

    assert [event.type for event in found] == types
    assert all(event.recipients == (USER,) and event.data == {"user_id": USER} for event in found)


def test_deleted_entries_and_other_items_are_no_events() -> None:
    key = {"pk": text(f"LOAN#{LOAN}"), "sk": text("SCHEDULE")}

    assert derive("audit", {"pk": text("2026-01-15#1"), "sk": text(ENTRY)}, None, {"action": text("NEW_SIGN_IN")}) == []
    assert derive("loans", key, {"version": number(2)}, {"version": number(1)}) == []
    assert derive("transfers", {"pk": text(f"USER#{USER}"), "sk": text("REFERENCE")}, {"reference": text("RF1")}) == []


def test_paused_rule_is_an_event_once() -> None:
    rule_id = derived_id(AT, "rule")
    key = {"pk": text(f"USER#{USER}"), "sk": text(f"RULE#{rule_id}")}
    waiting = {"rule_id": text(rule_id), "waiting": text("exposure_reached"), "waiting_since": number(to_millis(AT))}

    (event,) = derive("loans", key, waiting, {"rule_id": text(rule_id)})

    assert (event.type, event.created_at, event.recipients) == ("rule.paused", AT, (USER,))
    assert event.data == {"rule_id": rule_id, "reason": "exposure_reached"}
    assert derive("loans", key, waiting, waiting) == []
