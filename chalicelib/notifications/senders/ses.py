"""Send emails by Amazon SES (API v2)."""

from __future__ import annotations

import re
from functools import cached_property
from typing import TYPE_CHECKING, Final

from chalicelib.notifications.domain.email import Email, EmailRefused
from chalicelib.observability.logging import logger
from chalicelib.shared.errors import Unavailable

if TYPE_CHECKING:
    from botocore.exceptions import ClientError
    from mypy_boto3_sesv2 import SESV2Client
    from mypy_boto3_sesv2.type_defs import ContentTypeDef

KEY_TAG: Final = "mail-key"
"""The tag with the email's key, which SES repeats in its events."""
_TAGGABLE: Final = re.compile(r"[A-Za-z0-9-]{1,100}#[A-Za-z0-9-]{1,100}", re.ASCII)
_CONNECT_SECONDS: Final = 2
_READ_SECONDS: Final = 8
"""A batch of emails ends in the time of its function even if SES responds to none of them."""
_REFUSALS: Final = frozenset({"MessageRejected", "BadRequestException"})
"""Errors that another attempt would get too. The others come from limits or from the configuration of SES."""


class SesSender:
    """Sends emails with a configuration set, whose events confirm them by the email's key.

    Args:
        sender: the address that the emails are from; it or its domain is verified in SES.
        configuration_set: the name of the configuration set.
        region: the region of SES.
    """

    def __init__(self, sender: str, configuration_set: str, region: str) -> None:
        self._sender = sender
        self._configuration_set = configuration_set
        self._region = region

    def send(self, email: Email) -> None:
        """Send an email in one attempt: a second one after a lost response could send it twice.

        Raises:
            EmailRefused: SES refuses this email.
            Unavailable: SES has not accepted it: it is unreachable, limits the rate, or is not configured.
            BotoCoreError: the response was lost.
        """
        from botocore.exceptions import ClientError, ConnectTimeoutError, EndpointConnectionError

        try:
            self._client.send_email(
                FromEmailAddress=self._sender,
                Destination={"ToAddresses": [email.to]},
                Content={
                    "Simple": {
                        "Subject": _content(email.subject),
                        "Body": {"Text": _content(email.text), "Html": _content(email.html)},
                        "Headers": [{"Name": name, "Value": value} for name, value in email.headers.items()],
                    }
                },
                EmailTags=[{"Name": KEY_TAG, "Value": tag_of(email.key)}],
                ConfigurationSetName=self._configuration_set,
            )
        except ClientError as error:
            raise _explained(error) from None  # its message may contain the address
        except (ConnectTimeoutError, EndpointConnectionError) as error:
            raise Unavailable("The email service is unreachable.") from error

    @cached_property
    def _client(self) -> SESV2Client:
        import boto3
        from botocore.config import Config

        config = Config(connect_timeout=_CONNECT_SECONDS, read_timeout=_READ_SECONDS, retries={"total_max_attempts": 1})
        return boto3.client("sesv2", region_name=self._region, config=config)


def tag_of(key: str) -> str:
    """Return the value of the tag with an email's key: SES allows letters, digits, hyphens and underscores.

    Raises:
        ValueError: the key is not two ids separated by `#`.
    """
    if not _TAGGABLE.fullmatch(key):
        raise ValueError(f"{key!r} is no key of an email")
    return key.replace("#", "_")


def key_of(tag: str) -> str:
    """Return the key whose tag this is."""
    return tag.replace("_", "#")


def _content(text: str) -> ContentTypeDef:
    return {"Data": text, "Charset": "UTF-8"}


def _explained(error: ClientError) -> Exception:
    code = str(error.response["Error"]["Code"])
    logger().warning("SES did not accept an email", extra={"code": code})
    return EmailRefused(code) if code in _REFUSALS else Unavailable("The email service accepts no emails now.")
