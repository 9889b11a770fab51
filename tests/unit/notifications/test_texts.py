"""Texts: every type has one for every recipient, its values are formatted, and its link exists."""

import re
from functools import cache
from pathlib import Path
from string import Formatter

import pytest

from chalicelib.events.domain.catalogue import CATALOGUE, ENDPOINT_TEST
from chalicelib.notifications.domain.messages import Message
from chalicelib.notifications.domain.texts.text import Text
from chalicelib.notifications.domain.types import NOTIFICATION_TYPES, TEXTS
from chalicelib.shared.actor import Role
from tests.emails import AT, Sample, samples
from tools.notification_page import PAGE, page

STATIC = Path(__file__).parents[3] / "chalicelib" / "web" / "static"
FALLBACK = "Something in your account has changed."


def message(sample: Sample, currency: str = "USD") -> Message:
    return Message.of(sample.type, sample.data, AT, sample.role, currency)


@cache
def routes(program: str) -> list[re.Pattern[str]]:
    """The hash routes that a console declares."""
    paths = re.findall(r"""\[\s*"(/[^"]*)",\s*\(\) =>""", (STATIC / program).read_text(encoding="utf-8"))
    return [re.compile(re.sub(r":\w+", "[^/]+", path)) for path in paths]


def test_every_type_for_users_has_texts() -> None:
    assert set(NOTIFICATION_TYPES) == set(TEXTS) == set(CATALOGUE) - {ENDPOINT_TEST}


@pytest.mark.parametrize("sample", samples(), ids=lambda sample: sample.name)
def test_every_event_has_a_complete_text(sample: Sample) -> None:
    found = message(sample)

    texts = [found.title, found.text, found.subject, found.action, *found.paragraphs, *map(" ".join, found.details)]
    assert FALLBACK not in texts
    assert not [text for text in texts if re.search(r"[{}]|None|\b1 (months|days|instalments)\b", text)]
    assert found.title[-1] not in ".!"
    assert all(text.endswith((".", "?")) for text in found.paragraphs)
    assert len(found.subject) <= 78
    assert found.paragraphs[0] == found.text


@pytest.mark.parametrize("sample", samples(), ids=lambda sample: sample.name)
def test_every_link_leads_to_a_page(sample: Sample) -> None:
    link = message(sample).link

    console, _, path = link.partition("#")
    program = {"/app/": "app.js", "/admin/": "admin.js"}[console]
    assert any(route.fullmatch(path) for route in routes(program)), link


def test_every_text_is_used() -> None:
    used = {id(text) for sample in samples() for text in TEXTS[sample.type] if _applies(text, sample)}

    assert [text.title for texts in TEXTS.values() for text in texts if id(text) not in used] == []


@pytest.mark.parametrize("type_name", TEXTS)
def test_texts_name_only_fields_of_their_type(type_name: str) -> None:
    known = {*CATALOGUE[type_name].fields, "created_at"}

    named = {
        name
        for text in TEXTS[type_name]
        for part in (text.title, text.text, text.subject, text.link, *text.more, *(value for _, value in text.details))
        for _, name, _, _ in Formatter().parse(part)
        if name is not None
    }

    assert named <= known


def _applies(text: Text, sample: Sample) -> bool:
    first = next(
        each
        for each in TEXTS[sample.type]
        if sample.role in each.roles and all(sample.data[name] == value for name, value in each.when.items())
    )
    return first is text


def test_amounts_rates_and_dates_are_formatted() -> None:
    data = {**CATALOGUE["loan.funded"].example, "amount": "1234567.80"}

    found = Message.of("loan.funded", data, AT, Role.BORROWER, "EUR")

    assert found.text == "€1,234,567.80 is now in your wallet."
    assert dict(found.details)["Interest rate"] == "11.50% a year"
    assert dict(found.details)["First payment due"] == "15 Feb 2026"


def test_borrower_and_lender_read_different_texts() -> None:
    example = CATALOGUE["payment.received"].example

    borrower, lender = (
        Message.of("payment.received", example, AT, role, "USD") for role in (Role.BORROWER, Role.LENDER)
    )

    assert borrower.text == "Payment of $172.29 received."
    assert lender.text == "You received $172.29 from an investment. It is now in your wallet."


def test_partial_acceptance_names_the_accepted_amount() -> None:
    data = {**CATALOGUE["offer.accepted"].example, "amount": "400.00", "accepted_amount": "250.00"}

    found = Message.of("offer.accepted", data, AT, Role.LENDER, "USD")

    assert found.text == "The borrower accepted $250.00 of your offer."
    assert dict(found.details)["Accepted amount"] == "$250.00"


def test_lender_learns_why_a_rule_is_paused() -> None:
    data = {**CATALOGUE["rule.paused"].example, "reason": "exposure_reached"}

    found = Message.of("rule.paused", data, AT, Role.LENDER, "USD")

    assert found.text == "One of your rules makes no offers at the moment, because it has reached its maximum exposure."
    assert found.link == "/app/#/auto"


def test_unknown_event_has_a_neutral_text() -> None:
    assert Message.of("loan.unheard_of", {"amount": "1.00"}, AT, Role.LENDER, "USD").text == FALLBACK
    assert Message.of("transfer.settled", {}, AT, Role.LENDER, "USD").text == FALLBACK


def test_page_lists_every_type() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run: make notification-page"
