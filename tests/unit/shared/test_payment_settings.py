"""Settings of payments: providers that need no bank are refused where people use real money."""

import os
import subprocess
import sys

import pytest

from chalicelib.container import Container
from chalicelib.shared.settings import InvalidSetting, PaymentProviderName, Settings, read_settings
from chalicelib.transfers.domain.transfer import PaymentsNotConfigured
from tests.architecture.source import ROOT

_IBAN = "DE89370400440532013000"


@pytest.mark.parametrize(
    ("stage", "provider"), [("local", "instant"), ("dev", "instant"), ("staging", "bank"), ("prod", "bank")]
)
def test_default_provider_depends_on_the_stage(stage: str, provider: str) -> None:
    assert read_settings({"STAGE": stage}).payment_provider == provider


@pytest.mark.parametrize("stage", ["staging", "prod", "production"])
@pytest.mark.parametrize("provider", ["instant", "sandbox"])
def test_providers_without_a_bank_are_refused_outside_local_and_dev(stage: str, provider: str) -> None:
    with pytest.raises(InvalidSetting, match=f"PAYMENT_PROVIDER='{provider}': it creates money without a bank"):
        read_settings({"STAGE": stage, "PAYMENT_PROVIDER": provider})


@pytest.mark.parametrize("stage", ["local", "dev"])
@pytest.mark.parametrize("provider", list(PaymentProviderName))
def test_every_provider_is_allowed_in_local_and_dev(stage: str, provider: PaymentProviderName) -> None:
    settings = read_settings({"STAGE": stage, "PAYMENT_PROVIDER": provider.value})

    assert settings.payment_provider is provider


def test_application_does_not_start_with_instant_in_prod() -> None:
    environ = {**os.environ, "STAGE": "prod", "PAYMENT_PROVIDER": "instant", "SIGNING_SECRET_ID": "keys"}

    started = subprocess.run(
        [sys.executable, "-c", "import app"],
        cwd=ROOT,
        env=environ,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert started.returncode != 0
    assert "PAYMENT_PROVIDER='instant': it creates money without a bank" in started.stderr


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("PAYMENT_PROVIDER", "paypal"),
        ("BANK_IBAN", "DE89370400440532013001"),
        ("BANK_BIC", "COBADEF"),
        ("BANK_ACCOUNT_NAME", "x" * 71),
        ("DEPOSIT_EXPIRY_DAYS", "0"),
        ("PAYEE_COOLING_HOURS", "-1"),
    ],
)
def test_invalid_payment_setting_is_named(variable: str, value: str) -> None:
    with pytest.raises(InvalidSetting, match=f"{variable}='{value}': give "):
        read_settings({variable: value})


def test_invalid_webhook_secret_is_not_shown() -> None:
    with pytest.raises(InvalidSetting, match=r"^PROVIDER_WEBHOOK_SECRET: give whsec_") as error:
        read_settings({"PROVIDER_WEBHOOK_SECRET": "hunter2"})

    assert "hunter2" not in str(error.value)


def test_webhook_secret_is_not_part_of_the_representation() -> None:
    settings = read_settings({"PROVIDER_WEBHOOK_SECRET": "whsec_" + "c2VjcmV0" * 4})

    assert "c2VjcmV0" not in repr(settings)


@pytest.mark.parametrize("text", ["DE89 3704 0044 0532 0130 00", "BE68 5390 0754 7034"])
def test_iban_is_stored_without_spaces(text: str) -> None:
    assert read_settings({"BANK_IBAN": text}).bank_iban == text.replace(" ", "")


@pytest.mark.parametrize(
    ("variables", "is_ready"),
    [
        ({"BANK_IBAN": _IBAN, "BANK_ACCOUNT_NAME": "P2P"}, True),
        ({"BANK_IBAN": _IBAN}, False),
        ({"BANK_ACCOUNT_NAME": "P2P"}, False),
    ],
)
def test_bank_needs_iban_and_name(variables: dict[str, str], is_ready: bool) -> None:
    assert takes_payments(read_settings({"PAYMENT_PROVIDER": "bank", **variables})) is is_ready
    assert takes_payments(read_settings(variables))


def takes_payments(settings: Settings) -> bool:
    """Return whether the provider of a deployment can take payments."""
    try:
        Container(settings).payment_provider.require_ready()
    except PaymentsNotConfigured:
        return False
    return True
