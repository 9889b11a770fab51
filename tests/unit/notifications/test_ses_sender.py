"""Emails as requests to Amazon SES."""

from collections.abc import Iterator
from typing import Any, Final

import pytest
from botocore.exceptions import EndpointConnectionError, ReadTimeoutError
from botocore.stub import Stubber

from chalicelib.jobs.schedule import QUEUES
from chalicelib.notifications.domain.email import Email, EmailRefused
from chalicelib.notifications.senders.ses import SesSender, key_of, tag_of
from chalicelib.shared.errors import Unavailable

KEY: Final = f"{'0' * 26}#{'1' * 26}"
EMAIL: Final = Email(
    KEY,
    "ana@example.com",
    "Payment received – 10.00",
    "Your payment was received.",
    "<p>Your payment was received.</p>",
    {"List-Unsubscribe": "<https://example.com/u>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"},
)
REQUEST: Final = {
    "FromEmailAddress": "no-reply@example.com",
    "Destination": {"ToAddresses": ["ana@example.com"]},
    "Content": {
        "Simple": {
            "Subject": {"Data": "Payment received – 10.00", "Charset": "UTF-8"},
            "Body": {
                "Text": {"Data": "Your payment was received.", "Charset": "UTF-8"},
                "Html": {"Data": "<p>Your payment was received.</p>", "Charset": "UTF-8"},
            },
            "Headers": [
                {"Name": "List-Unsubscribe", "Value": "<https://example.com/u>"},
                {"Name": "List-Unsubscribe-Post", "Value": "List-Unsubscribe=One-Click"},
            ],
        }
    },
    "EmailTags": [{"Name": "mail-key", "Value": f"{'0' * 26}_{'1' * 26}"}],
    "ConfigurationSetName": "p2p-test-mail",
}


@pytest.fixture
def sender() -> SesSender:
    return SesSender("no-reply@example.com", "p2p-test-mail", "us-east-1")


@pytest.fixture
def stubber(sender: SesSender) -> Iterator[Stubber]:
    with Stubber(sender._client) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()


def test_email_is_sent_with_its_headers_and_key(sender: SesSender, stubber: Stubber) -> None:
    stubber.add_response("send_email", {"MessageId": "1"}, REQUEST)

    sender.send(EMAIL)


@pytest.mark.parametrize("code", ["MessageRejected", "BadRequestException"])
def test_refused_email_is_not_tried_again(sender: SesSender, stubber: Stubber, code: str) -> None:
    stubber.add_client_error("send_email", code, "Email address is not valid: ana@example.com")

    with pytest.raises(EmailRefused) as refused:
        sender.send(EMAIL)

    assert "ana@example.com" not in str(refused.value)


@pytest.mark.parametrize(
    "code",
    [
        "TooManyRequestsException", "LimitExceededException", "SendingPausedException", "AccountSuspendedException",
        "MailFromDomainNotVerifiedException", "NotFoundException", "InternalFailure",
    ],
)  # fmt: skip
def test_email_is_sent_later_if_ses_accepts_none(sender: SesSender, stubber: Stubber, code: str) -> None:
    stubber.add_client_error("send_email", code)

    with pytest.raises(Unavailable):
        sender.send(EMAIL)


def test_unreachable_service_has_not_accepted_the_email(sender: SesSender) -> None:
    failing(sender, EndpointConnectionError(endpoint_url="https://email.us-east-1.amazonaws.com"))

    with pytest.raises(Unavailable):
        sender.send(EMAIL)


def test_lost_response_is_neither_repeated_nor_a_refusal(sender: SesSender) -> None:
    attempts = failing(sender, ReadTimeoutError(endpoint_url="https://email.us-east-1.amazonaws.com"))

    with pytest.raises(ReadTimeoutError):
        sender.send(EMAIL)

    assert len(attempts) == 1


def test_tag_and_key_correspond() -> None:
    assert key_of(tag_of(KEY)) == KEY


@pytest.mark.parametrize("key", ["", "a", "a#b#c", "a_b#c", "a#é", "a#" + "b" * 101])
def test_key_that_no_tag_can_carry_is_an_error(key: str) -> None:
    with pytest.raises(ValueError, match="no key"):
        tag_of(key)


def failing(sender: SesSender, error: Exception) -> list[Any]:
    """Let every request fail; return the list of requests."""
    attempts: list[Any] = []

    def fail(request: Any, **_: Any) -> None:
        attempts.append(request)
        raise error

    sender._client.meta.events.register("before-send.sesv2", fail)
    return attempts


def test_batch_ends_before_its_function_while_ses_does_not_respond(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "none")
    config: Any = SesSender("no-reply@example.com", "p2p-test-mail", "us-east-1")._client.meta.config
    function = next(each for each in QUEUES if each.name == "emails")

    longest = function.batch_size * (config.connect_timeout + config.read_timeout)

    assert longest <= function.timeout_seconds - 10
