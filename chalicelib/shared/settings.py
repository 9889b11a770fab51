"""Settings of a deployment, read once from the environment."""

from __future__ import annotations

import dataclasses
import os
import re
from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum
from typing import Annotated, Any, Final

from pydantic import BeforeValidator, ConfigDict, PlainValidator, ValidationError
from pydantic.dataclasses import dataclass

from chalicelib.shared.currency import currency
from chalicelib.shared.money import NO_RATE, ZERO, Money, Rate

LOCAL_STAGE: Final = "local"
TRIAL_STAGES: Final = frozenset({LOCAL_STAGE, "dev"})
"""The stages in which money may come from nowhere."""
IN_PROCESS: Final = "memory:"
"""CACHE_URL of a cache inside the process, for a deployment that has only one."""
_FEE: Final = Money(375)
_MIN_LOAN: Final = Money(100_00)
_MAX_LOAN: Final = Money(1_000_000_00)
_MIN_OFFER: Final = Money(25_00)
_ORIGIN: Final = re.compile(r"(https://[a-z0-9]([a-z0-9.-]*[a-z0-9])?|http://(localhost|127\.0\.0\.1))(:[0-9]{1,5})?")
_PUBLIC_URL: Final = re.compile(_ORIGIN.pattern + r"(/[A-Za-z0-9._~-]+)*", re.ASCII)
_CONTACT: Final = re.compile(r"mailto:[^\s@]+@[^\s@]+|https://[!-~]+|tel:[0-9+.-]+", re.ASCII)
_BIC: Final = re.compile(r"[A-Z0-9]{4}[A-Z]{2}[A-Z0-9]{2}([A-Z0-9]{3})?", re.ASCII)
_MAIL_FROM: Final = re.compile(r"[A-Za-z0-9._+-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+", re.ASCII)
_LONGEST_ACCOUNT_NAME: Final = 70
_WEBHOOK_SECRET: Final = re.compile(r"whsec_[A-Za-z0-9+/]{32,}={0,2}", re.ASCII)
_CACHE_SERVERS: Final = ("redis://", "rediss://", "unix://")
_SECONDS: Final = {"s": 1, "sec": 1, "min": 60, "m": 60, "h": 3600, "hour": 3600, "d": 86400, "day": 86400}


class InvalidSetting(Exception):
    """An environment variable has a value that the platform can't run with."""


class PaymentProviderName(StrEnum):
    """The ways in which deposits and withdrawals are settled.

    INSTANT needs no bank, SANDBOX waits for calls that simulate one, and BANK exchanges ISO 20022 files with one.
    """

    INSTANT = "instant"
    SANDBOX = "sandbox"
    BANK = "bank"


@dataclasses.dataclass(frozen=True, slots=True)
class Limit:
    """The number of requests allowed in a window of so many seconds; 0 requests mean no limit."""

    requests: int
    seconds: int


def _whole_number(least: int, most: int) -> Any:
    """Read a whole number within bounds."""

    def read(value: object) -> object:
        if not isinstance(value, str):
            return value
        if not value.isascii() or not value.isdigit() or not least <= int(value) <= most:
            raise ValueError(f"give a whole number from {least} to {most}.")
        return int(value)

    return BeforeValidator(read)


def _read_money(value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        amount = Money.of(value)
    except ValueError:
        amount = Money(-1)
    if amount.cents < 0:
        raise ValueError("give an amount such as 3.75.")
    return amount


def _read_positive_money(value: object) -> object:
    amount = _read_money(value)
    if amount == ZERO:
        raise ValueError("give an amount of at least 0.01.")
    return amount


def _read_percent(value: object) -> object:
    amount = _read_money(value)
    return Rate(amount.cents) if isinstance(amount, Money) else amount


def _read_limit(value: object) -> object:
    """Read a rate such as ``10/min``; ``off`` lifts the limit."""
    if not isinstance(value, str):
        return value
    if value == "off":
        return Limit(0, 1)
    count, _, unit = value.partition("/")
    if not count.isdigit() or unit not in _SECONDS:
        raise ValueError("give a rate such as 10/min or 1000/h, or off.")
    return Limit(int(count), _SECONDS[unit])


def _read_origin(value: object) -> object:
    """Read the origin of a page: HTTPS, or HTTP on this machine, without a path."""
    if isinstance(value, str) and value and not _ORIGIN.fullmatch(value):
        raise ValueError("give one origin without a path, such as https://app.example.com.")
    return value


def _read_public_url(value: object) -> object:
    """Read the platform's own address: an origin, and a path if it has one, without a slash at the end."""
    if isinstance(value, str) and value and not _PUBLIC_URL.fullmatch(value):
        raise ValueError("give an address such as https://lending.example.com, without a slash at the end.")
    return value


def _read_contact(value: object) -> object:
    """Read the address for reports of vulnerabilities (RFC 9116)."""
    if isinstance(value, str) and value and not _CONTACT.fullmatch(value):
        raise ValueError("give an address such as mailto:security@example.com or https://example.com/security.")
    return value


def _read_mail_from(value: object) -> object:
    if isinstance(value, str) and value and not _MAIL_FROM.fullmatch(value):
        raise ValueError("give an address without a name, such as no-reply@example.com.")
    return value


def _read_switch(value: object) -> object:
    if not isinstance(value, str):
        return value
    if value not in ("on", "off"):
        raise ValueError("give on or off.")
    return value == "on"


def _read_overdue_interest(value: object) -> object:
    if not isinstance(value, str):
        return value
    if value not in ("contract_rate", "off"):
        raise ValueError("give contract_rate or off.")
    return value == "contract_rate"


def _read_provider(value: object) -> object:
    if not isinstance(value, str):
        return value
    if value not in list(PaymentProviderName):
        raise ValueError("give instant, sandbox or bank.")
    return PaymentProviderName(value)


def _read_iban(value: object) -> object:
    """Read an IBAN, with or without spaces."""
    if not isinstance(value, str) or not value:
        return value
    from stdnum import iban

    number = iban.compact(value)
    if not iban.is_valid(number, check_country=False):  # lists of banks by country are soon out of date
        raise ValueError("give a valid IBAN.")
    return number


def _read_bic(value: object) -> object:
    if isinstance(value, str) and value and not _BIC.fullmatch(value):
        raise ValueError("give a BIC of 8 or 11 characters.")
    return value


def _read_account_name(value: object) -> object:
    if isinstance(value, str) and len(value) > _LONGEST_ACCOUNT_NAME:
        raise ValueError(f"give a name of up to {_LONGEST_ACCOUNT_NAME} characters.")
    return value


def _hours(value: object) -> object:
    return timedelta(hours=value) if isinstance(value, int) else value


def _minutes(value: object) -> object:
    return timedelta(minutes=value) if isinstance(value, int) else value


def _days(value: object) -> object:
    return timedelta(days=value) if isinstance(value, int) else value


Count = Annotated[int, _whole_number(0, 1_000_000)]
PositiveCount = Annotated[int, _whole_number(1, 1_000_000)]
Months = Annotated[int, _whole_number(1, 360)]
UpToHundred = Annotated[int, _whole_number(1, 100)]
UpToThousand = Annotated[int, _whole_number(1, 1000)]
# The validator on the right runs first.
Minutes = Annotated[timedelta, BeforeValidator(_minutes), _whole_number(1, 60)]
Days = Annotated[timedelta, BeforeValidator(_days), _whole_number(1, 1_000_000)]
Hours = Annotated[timedelta, BeforeValidator(_hours), _whole_number(0, 8760)]
DaysOfYears = Annotated[timedelta, BeforeValidator(_days), _whole_number(366, 36_600)]
AmountSetting = Annotated[Money, PlainValidator(_read_money)]
PositiveAmountSetting = Annotated[Money, PlainValidator(_read_positive_money)]
PercentSetting = Annotated[Rate, PlainValidator(_read_percent)]
LimitSetting = Annotated[Limit, PlainValidator(_read_limit)]
OriginSetting = Annotated[str, PlainValidator(_read_origin)]
PublicUrlSetting = Annotated[str, PlainValidator(_read_public_url)]
ContactSetting = Annotated[str, PlainValidator(_read_contact)]
MailFromSetting = Annotated[str, PlainValidator(_read_mail_from)]
CurrencySetting = Annotated[str, PlainValidator(currency)]
ProviderSetting = Annotated[PaymentProviderName, PlainValidator(_read_provider)]
IbanSetting = Annotated[str, PlainValidator(_read_iban)]
BicSetting = Annotated[str, PlainValidator(_read_bic)]
AccountNameSetting = Annotated[str, PlainValidator(_read_account_name)]
OverdueInterest = Annotated[bool, PlainValidator(_read_overdue_interest)]
Switch = Annotated[bool, PlainValidator(_read_switch)]


@dataclass(frozen=True, slots=True, config=ConfigDict(arbitrary_types_allowed=True))
class Settings:
    """Differences between deployments; the defaults suit a laptop.

    The environment variable of a field has its name in capitals, except for those in ``_VARIABLES``.
    """

    stage: str = LOCAL_STAGE
    table_prefix: str = "p2p-local-"
    region: str = "us-east-1"
    currency: CurrencySetting = "USD"
    platform_fee: AmountSetting = _FEE
    default_payment_terms: Months = 6
    loan_request_days: PositiveCount = 30
    min_loan_amount: PositiveAmountSetting = _MIN_LOAN
    max_loan_amount: PositiveAmountSetting = _MAX_LOAN
    min_offer_amount: PositiveAmountSetting = _MIN_OFFER
    max_open_requests: PositiveCount = 3
    max_borrower_exposure: AmountSetting = ZERO
    funding_days: PositiveCount = 7
    reservation_days: PositiveCount = 3
    default_days: PositiveCount = 120
    late_fee_grace_days: Count = 5
    late_fee_percent: PercentSetting = NO_RATE
    late_fee_flat: AmountSetting = ZERO
    overdue_interest: OverdueInterest = True
    default_materiality: AmountSetting = Money(100)
    settlement_tolerance: AmountSetting = Money(50)
    payment_provider: ProviderSetting = PaymentProviderName.INSTANT
    deposit_expiry_days: PositiveCount = 14
    payee_cooling: Hours = timedelta(hours=24)
    bank_iban: IbanSetting = ""
    bank_account_name: AccountNameSetting = ""
    bank_bic: BicSetting = ""
    bank_opening_balance: AmountSetting = ZERO
    bank_data_key_id: str = ""
    provider_webhook_secret: str = dataclasses.field(default="", repr=False)
    access_token_lifetime: Minutes = timedelta(minutes=15)
    refresh_token_lifetime: Days = timedelta(days=30)
    signing_key_file: str = ".local/signing.key"
    signing_secret_id: str = ""
    throttle_rate: LimitSetting = Limit(10, 60)
    throttle_auth: LimitSetting = Limit(5, 60)
    throttle_user: LimitSetting = Limit(1000, 3600)
    throttle_anon: LimitSetting = Limit(100, 3600)
    audit_retention: DaysOfYears = timedelta(days=400)
    cors_origin: OriginSetting = ""
    public_url: PublicUrlSetting = "http://127.0.0.1:8000"
    security_contact: ContactSetting = ""
    mail_from: MailFromSetting = ""
    mail_configuration_set: str = ""
    mail_folder: str = ".local/mail"
    log_level: Annotated[str, BeforeValidator(str.upper)] = "INFO"
    cache_url: str = ""
    work_queue_url: str = ""
    delivery_queue_url: str = ""
    email_queue_url: str = ""
    event_bus: str = ""
    status_shards: UpToHundred = 1
    platform_shards: UpToThousand = 4
    pool_size: UpToThousand = 10
    dynamodb_fast_path: Switch = True

    @property
    def is_local(self) -> bool:
        """True on a laptop, where demo accounts and a key file are allowed."""
        return self.stage == LOCAL_STAGE

    @property
    def sends_emails(self) -> bool:
        """True on a laptop, which writes files, and where emails have a sender."""
        return self.is_local or bool(self.mail_from)


_VARIABLES: Final = {
    "access_token_lifetime": "ACCESS_TOKEN_MINUTES",
    "refresh_token_lifetime": "REFRESH_TOKEN_DAYS",
    "payee_cooling": "PAYEE_COOLING_HOURS",
    "audit_retention": "AUDIT_RETENTION_DAYS",
    "pool_size": "CONNECTION_POOL_SIZE",
    "region": "AWS_REGION",
}


def read_settings(environ: Mapping[str, str] = os.environ) -> Settings:
    """Read the settings. An empty variable counts as unset.

    Raises:
        InvalidSetting: names the variable and describes a valid value.
    """
    texts = {name: text.strip() for name, text in environ.items() if text.strip()}
    stage = texts.get("STAGE", LOCAL_STAGE)
    defaults = {
        "TABLE_PREFIX": f"p2p-{stage}-",
        "AWS_REGION": texts.get("AWS_DEFAULT_REGION", "us-east-1"),
        "PAYMENT_PROVIDER": PaymentProviderName.INSTANT if stage in TRIAL_STAGES else PaymentProviderName.BANK,
        "PUBLIC_URL": f"http://127.0.0.1:{texts.get('PORT', '8000')}" if stage == LOCAL_STAGE else "",
        "SIGNING_KEY_FILE": f"{texts.get('DATA_DIR', '.local')}/signing.key",
        "MAIL_FOLDER": f"{texts.get('DATA_DIR', '.local')}/mail",
    }
    _require_cache_url(texts.get("CACHE_URL", ""), in_process=stage == LOCAL_STAGE)
    _require_webhook_secret(texts.get("PROVIDER_WEBHOOK_SECRET", ""))
    variables = {field.name: _VARIABLES.get(field.name, field.name.upper()) for field in dataclasses.fields(Settings)}
    found = {**defaults, **texts}
    values: dict[str, Any] = {name: found[variable] for name, variable in variables.items() if variable in found}
    try:
        settings = Settings(**values)
    except ValidationError as error:
        first = error.errors()[0]
        variable = variables[str(first["loc"][0])]
        message = first["msg"].removeprefix("Value error, ")
        raise InvalidSetting(f"{variable}={found[variable]!r}: {message}") from None
    _require_real_money(settings)
    return settings


def _require_real_money(settings: Settings) -> None:
    """Reject a provider that makes money from nothing where people use real money."""
    provider = settings.payment_provider
    if provider is not PaymentProviderName.BANK and settings.stage not in TRIAL_STAGES:
        raise InvalidSetting(
            f"PAYMENT_PROVIDER={provider.value!r}: it creates money without a bank, which only the stages local and "
            f"dev allow, not {settings.stage!r}. Use bank."
        )


def _require_webhook_secret(text: str) -> None:
    """Reject a secret of another form without showing it."""
    if text and not _WEBHOOK_SECRET.fullmatch(text):
        raise InvalidSetting("PROVIDER_WEBHOOK_SECRET: give whsec_ and at least 24 bytes in base64.")


def _require_cache_url(text: str, *, in_process: bool) -> None:
    """Reject an unknown kind of cache without showing the value, which may hold a password."""
    if text and not text.startswith(_CACHE_SERVERS) and not (text == IN_PROCESS and in_process):
        hint = f", or {IN_PROCESS}" if in_process else ""
        raise InvalidSetting(f"CACHE_URL: give a URL such as redis://localhost:6379/0 or rediss://cache:6379{hint}.")
