"""The currency of a deployment: an ISO 4217 code with two decimals, or the application does not start."""

import os
import subprocess
import sys

import pytest
import yaml

from chalicelib.shared.currency import OTHER_DECIMALS, TWO_DECIMALS
from chalicelib.shared.settings import InvalidSetting, read_settings
from tests.architecture.source import ROOT


@pytest.mark.parametrize("code", ["USD", "EUR", "GBP", "CHF", "PLN", "INR", "MXN"])
def test_currency_with_two_decimals_is_accepted(code: str) -> None:
    assert read_settings({"CURRENCY": code}).currency == code


def test_currency_is_dollars_by_default() -> None:
    assert read_settings({}).currency == "USD"


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("banana$", "give an ISO 4217 code whose currency has two decimals, such as EUR."),
        ("US", "give an ISO 4217 code"),
        ("USDX", "give an ISO 4217 code"),
        ("ABC", "give an ISO 4217 code"),
        ("XXX", "give an ISO 4217 code"),
        ("XAU", "give an ISO 4217 code"),
        ("DEM", "give an ISO 4217 code"),
        ("ＵＳＤ", "give an ISO 4217 code"),
        ("usd", "write the code in capital letters: USD."),
        ("Eur", "write the code in capital letters: EUR."),
        ("JPY", "amounts have two decimals, but JPY has 0."),
        ("KRW", "amounts have two decimals, but KRW has 0."),
        ("KWD", "amounts have two decimals, but KWD has 3."),
        ("CLF", "amounts have two decimals, but CLF has 4."),
    ],
)
def test_currency_without_two_decimals_is_refused_with_the_reason(code: str, reason: str) -> None:
    with pytest.raises(InvalidSetting) as error:
        read_settings({"CURRENCY": code})

    assert str(error.value).startswith(f"CURRENCY={code!r}: {reason}")


def test_codes_have_three_letters_and_one_number_of_decimals() -> None:
    codes = TWO_DECIMALS | set(OTHER_DECIMALS)

    assert all(len(code) == 3 and code.isascii() and code.isupper() for code in codes)
    assert TWO_DECIMALS.isdisjoint(OTHER_DECIMALS)


def test_template_allows_the_same_currencies() -> None:
    text = (ROOT / "infra" / "template.yaml").read_text(encoding="utf-8")

    parameters = yaml.load(text, Loader=yaml.BaseLoader)["Parameters"]

    assert set(parameters["Currency"]["AllowedValues"]) == TWO_DECIMALS


@pytest.mark.slow
def test_application_does_not_start_with_an_invalid_currency() -> None:
    environment = {**os.environ, "CURRENCY": "banana$"}

    done = subprocess.run(
        [sys.executable, "-c", "import app"], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )

    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].endswith(
        "CURRENCY='banana$': give an ISO 4217 code whose currency has two decimals, such as EUR."
    )
