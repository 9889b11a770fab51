"""Deposit instructions and their QR code by the guidelines of the European Payments Council."""

import xml.etree.ElementTree as ElementTree
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
import segno
from segno import helpers

from chalicelib.shared.money import Money
from chalicelib.transfers.domain.instructions import DepositInstructions
from chalicelib.transfers.qr_code import qr_svg

_INSTRUCTIONS = DepositInstructions(
    account_name="Franz Mustermänn",
    iban="DE71110220330123456789",
    bic="BHBLDEHHXXX",
    reference="RF18539007547034",
    permanent_reference="RF185390075470Y",
    amount=Money.of("12.30"),
    currency="EUR",
    expires_on=date(2026, 1, 31),
)
"""The example that the guidelines print, without its purpose."""


def _path(svg: str) -> str:
    """Return the path that draws the dark modules."""
    return ElementTree.fromstring(svg)[-1].attrib["d"]


def test_payload_has_the_lines_of_the_guidelines() -> None:
    payload = _INSTRUCTIONS.epc_payload

    assert payload is not None
    assert payload.split("\n") == [
        "BCD", "002", "1", "SCT", "BHBLDEHHXXX", "Franz Mustermänn", "DE71110220330123456789", "EUR12.30", "",
        "RF18539007547034",
    ]  # fmt: skip


def test_missing_bic_leaves_an_empty_line() -> None:
    payload = replace(_INSTRUCTIONS, bic=None).epc_payload

    assert payload is not None
    assert payload.split("\n")[4:6] == ["", "Franz Mustermänn"]


def test_image_is_that_of_another_implementation() -> None:
    instructions = replace(_INSTRUCTIONS, amount=Money.of("12.34"))

    svg = qr_svg(instructions)

    expected = helpers.make_epc_qr(
        "Franz Mustermänn", "DE71110220330123456789", Decimal("12.34"), reference="RF18539007547034", bic="BHBLDEHHXXX",
        encoding=1,
    )  # fmt: skip
    assert svg is not None
    assert _path(svg) == _path(expected.svg_inline())
    assert expected.error == "M"


@pytest.mark.parametrize("changes", [{"currency": "USD"}, {"amount": Money.of("1000000000.00")}])
def test_payments_outside_sepa_have_no_image(changes: dict[str, object]) -> None:
    assert qr_svg(replace(_INSTRUCTIONS, **changes)) is None  # type: ignore[arg-type]  # of each field's own type


@pytest.mark.parametrize("character", ["A", "Ж", "漢"])
def test_longest_instructions_fit_the_largest_allowed_code(character: str) -> None:
    longest = replace(
        _INSTRUCTIONS, account_name=character * 70, iban="MT84MALT011000012345MTLCAST001S",
        amount=Money.of("999999999.99"), reference="RF18" + "9" * 21,
    )  # fmt: skip

    payload = longest.epc_payload

    assert payload is not None
    assert int(segno.make_qr(payload.encode(), error="m", boost_error=False).version) <= 13


def test_too_long_content_has_no_image() -> None:
    assert replace(_INSTRUCTIONS, account_name="😀" * 70).epc_payload is None
