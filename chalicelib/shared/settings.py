"""The deployment's settings, read once from the environment."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from chalicelib.shared.money import NO_RATE, ZERO, Money, Rate

LOCAL_STAGE: Final = "local"
IN_PROCESS: Final = "memory:"
"""The CACHE_URL of a cache inside the process: right where one process is all there is."""
_FEE: Final = Money(375)
_CACHE_SERVERS: Final = ("redis://", "rediss://", "unix://")
_SECONDS: Final = {"s": 1, "sec": 1, "min": 60, "m": 60, "h": 3600, "hour": 3600, "d": 86400, "day": 86400}


class InvalidSetting(Exception):
    """An environment variable has a value that the platform can't run with."""


@dataclass(frozen=True, slots=True)
class Limit:
    """So many requests in a window of so many seconds; none where ``requests`` is 0."""

    requests: int
    seconds: int


@dataclass(frozen=True, slots=True)
class Settings:
    """What differs between deployments. Every field has a default that suits a laptop."""

    stage: str = LOCAL_STAGE
    table_prefix: str = "p2p-local-"
    region: str = "us-east-1"
    currency: str = "USD"
    platform_fee: Money = _FEE
    default_payment_terms: int = 6
    loan_request_days: int = 30
    funding_days: int = 7
    default_days: int = 120
    late_fee_grace_days: int = 5
    late_fee_percent: Rate = NO_RATE
    late_fee_flat: Money = ZERO
    access_token_lifetime: timedelta = timedelta(minutes=15)
    refresh_token_lifetime: timedelta = timedelta(days=30)
    signing_key_file: str = ".local/signing.key"
    signing_secret_id: str = ""
    throttle_rate: Limit = Limit(10, 60)
    throttle_auth: Limit = Limit(5, 60)
    throttle_user: Limit = Limit(1000, 3600)
    throttle_anon: Limit = Limit(100, 3600)
    cors_origin: str = ""
    log_level: str = "INFO"
    cache_url: str = ""
    work_queue_url: str = ""
    status_shards: int = 1
    platform_shards: int = 4
    pool_size: int = 10
    dynamodb_fast_path: bool = True

    @property
    def is_local(self) -> bool:
        """Whether this runs on a laptop: demo accounts and a key file are allowed."""
        return self.stage == LOCAL_STAGE


def read_settings(environ: Mapping[str, str] = os.environ) -> Settings:
    """Read the settings.

    Raises:
        InvalidSetting: names the variable and what it should look like.
    """
    read = _Reader(environ)
    stage = read.text("STAGE", LOCAL_STAGE)
    return Settings(
        stage=stage,
        table_prefix=read.text("TABLE_PREFIX", f"p2p-{stage}-"),
        region=read.text("AWS_REGION", read.text("AWS_DEFAULT_REGION", "us-east-1")),
        currency=read.text("CURRENCY", "USD"),
        platform_fee=read.money("PLATFORM_FEE", "3.75"),
        default_payment_terms=read.number("DEFAULT_PAYMENT_TERMS", 6, least=1, most=360),
        loan_request_days=read.number("LOAN_REQUEST_DAYS", 30, least=1),
        funding_days=read.number("FUNDING_DAYS", 7, least=1),
        default_days=read.number("DEFAULT_DAYS", 120, least=1),
        late_fee_grace_days=read.number("LATE_FEE_GRACE_DAYS", 5),
        late_fee_percent=Rate(read.money("LATE_FEE_PERCENT", "0").cents),
        late_fee_flat=read.money("LATE_FEE_FLAT", "0"),
        access_token_lifetime=timedelta(minutes=read.number("ACCESS_TOKEN_MINUTES", 15, least=1, most=60)),
        refresh_token_lifetime=timedelta(days=read.number("REFRESH_TOKEN_DAYS", 30, least=1)),
        signing_key_file=read.text("SIGNING_KEY_FILE", f"{read.text('DATA_DIR', '.local')}/signing.key"),
        signing_secret_id=read.text("SIGNING_SECRET_ID", ""),
        throttle_rate=read.limit("THROTTLE_RATE", "10/min"),
        throttle_auth=read.limit("THROTTLE_AUTH", "5/min"),
        throttle_user=read.limit("THROTTLE_USER", "1000/h"),
        throttle_anon=read.limit("THROTTLE_ANON", "100/h"),
        cors_origin=read.text("CORS_ORIGIN", ""),
        log_level=read.text("LOG_LEVEL", "INFO").upper(),
        cache_url=read.cache_url("CACHE_URL", in_process=stage == LOCAL_STAGE),
        work_queue_url=read.text("WORK_QUEUE_URL", ""),
        status_shards=read.number("STATUS_SHARDS", 1, least=1, most=100),
        platform_shards=read.number("PLATFORM_SHARDS", 4, least=1, most=1000),
        pool_size=read.number("CONNECTION_POOL_SIZE", 10, least=1, most=1000),
        dynamodb_fast_path=read.switch("DYNAMODB_FAST_PATH", default="on"),
    )


class _Reader:
    """Reads variables and says which one is wrong."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ

    def text(self, name: str, default: str) -> str:
        """A text; an empty one counts as not given."""
        return self._environ.get(name, "").strip() or default

    def number(self, name: str, default: int, *, least: int = 0, most: int = 1_000_000) -> int:
        """A whole number within bounds."""
        text = self.text(name, str(default))
        if not text.isascii() or not text.isdigit() or not least <= int(text) <= most:
            raise InvalidSetting(f"{name}={text!r}: give a whole number from {least} to {most}.")
        return int(text)

    def switch(self, name: str, default: str) -> bool:
        """Read ``on`` or ``off``."""
        text = self.text(name, default)
        if text not in ("on", "off"):
            raise InvalidSetting(f"{name}={text!r}: give on or off.")
        return text == "on"

    def money(self, name: str, default: str) -> Money:
        """An amount that is not negative."""
        text = self.text(name, default)
        try:
            amount = Money.of(text)
        except ValueError:
            amount = Money(-1)
        if amount.cents < 0:
            raise InvalidSetting(f"{name}={text!r}: give an amount such as 3.75.")
        return amount

    def cache_url(self, name: str, *, in_process: bool) -> str:
        """Where answers are cached; nowhere by default."""
        text = self.text(name, "")
        if text and not text.startswith(_CACHE_SERVERS) and not (text == IN_PROCESS and in_process):
            hint = f", or {IN_PROCESS}" if in_process else ""
            raise InvalidSetting(f"{name}: give a URL such as redis://localhost:6379/0 or rediss://cache:6379{hint}.")
        return text

    def limit(self, name: str, default: str) -> Limit:
        """A rate such as ``10/min``; ``off`` lifts the limit."""
        text = self.text(name, default)
        if text == "off":
            return Limit(0, 1)
        count, _, unit = text.partition("/")
        if not count.isdigit() or unit not in _SECONDS:
            raise InvalidSetting(f"{name}={text!r}: give a rate such as 10/min or 1000/h, or off.")
        return Limit(int(count), _SECONDS[unit])
