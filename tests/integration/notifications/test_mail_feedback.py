"""Events of Amazon SES, in the documented form, applied to emails and the suppression list."""

import importlib
import json
from typing import Any, Final

import pytest

from chalicelib.container import Container
from chalicelib.dynamodb.transaction import WriteTransaction
from chalicelib.events.domain.event import Event
from chalicelib.notifications.domain.mail import MailStatus
from chalicelib.notifications.domain.types import EMAIL_CHANGED
from chalicelib.notifications.repository.suppressions import SuppressionRepository
from chalicelib.notifications.senders.ses import KEY_TAG, tag_of
from chalicelib.shared.ids import new_id
from local.lambda_context import LambdaContext
from local.queues import Message, sqs_event

ADDRESS: Final = "ana@example.com"
VALIDATED: Final = "Successfully validated SNS topic for Amazon SES event publishing."


@pytest.fixture
def key(container: Container) -> str:
    """The key of an email that waits to be sent."""
    event = Event(new_id(container.clock()), "transfer.settled", container.clock(), {}, ())
    writes = WriteTransaction(container.database)
    key = container.mail_repository.add(writes, new_id(container.clock()), event)
    writes.commit()
    return key


def status_of(container: Container, key: str) -> MailStatus:
    mail = container.mail_repository.find(key)
    assert mail is not None
    return mail.status


def ses_event(kind: str, key: str | None, **details: Any) -> str:
    """Return an event as SES publishes it, with the headers and addresses that it repeats."""
    tags = {"ses:configuration-set": ["p2p-test-mail"], "ses:from-domain": ["example.com"]}
    mail = {
        "timestamp": "2026-01-15T09:30:00.000Z",
        "source": "no-reply@example.com",
        "sourceArn": "arn:aws:ses:us-east-1:123456789012:identity/example.com",
        "sendingAccountId": "123456789012",
        "messageId": "EXAMPLE7c191be45-e9aedb9a-02f9-4d12-a87d-dd0099a07f8a-000000",
        "destination": [ADDRESS],
        "headersTruncated": False,
        "headers": [{"name": "To", "value": ADDRESS}, {"name": "Subject", "value": "Payment received"}],
        "commonHeaders": {"from": ["no-reply@example.com"], "to": [ADDRESS], "subject": "Payment received"},
        "tags": tags | ({KEY_TAG: [tag_of(key)]} if key else {}),
    }
    return json.dumps({"eventType": kind, "mail": mail, **details})


def bounce(key: str | None, kind: str = "Permanent", subtype: str = "General") -> str:
    recipient = {
        "emailAddress": ADDRESS,
        "action": "failed",
        "status": "5.1.1",
        "diagnosticCode": "smtp; 550 5.1.1 user unknown",
    }
    details = {
        "bounceType": kind,
        "bounceSubType": subtype,
        "bouncedRecipients": [recipient],
        "timestamp": "2026-01-15T09:30:02.669Z",
        "feedbackId": "01000157c44f053b-61b59c11-9236-11e6-8f96-7be8aexample-000000",
        "reportingMTA": "dsn; mta.example.com",
    }
    return ses_event("Bounce", key, bounce=details)


def complaint(key: str | None) -> str:
    details = {
        "complainedRecipients": [{"emailAddress": ADDRESS}],
        "timestamp": "2026-01-15T09:31:02.012Z",
        "feedbackId": "01000157c44f053b-61b59c11-9236-11e6-8f96-7be8aexample-000000",
        "userAgent": "Amazon SES Mailbox Simulator",
        "complaintFeedbackType": "abuse",
        "arrivalDate": "2026-01-15T09:31:02.012Z",
    }
    return ses_event("Complaint", key, complaint=details)


def delivery(key: str | None) -> str:
    details = {
        "timestamp": "2026-01-15T09:30:02.012Z",
        "processingTimeMillis": 11383,
        "recipients": [ADDRESS],
        "smtpResponse": "250 2.6.0 Message received",
        "reportingMTA": "mta.example.com",
    }
    return ses_event("Delivery", key, delivery=details)


def reject(key: str | None) -> str:
    return ses_event("Reject", key, reject={"reason": "Bad content"})


def receive(*texts: str) -> list[str]:
    """Pass messages to the function; return the positions of those that must be delivered again."""
    messages = [Message(text, id=str(number)) for number, text in enumerate(texts)]
    handler: Any = vars(importlib.import_module("app"))["on_mail_feedback"]
    response = handler(sqs_event(messages, "mail-feedback"), LambdaContext())
    return [failure["itemIdentifier"] for failure in response["batchItemFailures"]]


@pytest.mark.parametrize("make", [lambda key: ses_event("Send", key, send={}), delivery])
def test_accepted_email_is_not_sent_again(container: Container, key: str, make: Any) -> None:
    assert receive(make(key), make(key)) == []

    assert status_of(container, key) is MailStatus.SENT
    assert not container.mail_repository.claim(key, "another")


def test_permanent_bounce_suppresses_the_address(container: Container, key: str) -> None:
    receive(ses_event("Send", key, send={}), bounce(key))

    assert status_of(container, key) is MailStatus.BOUNCED
    assert container.suppressions.contains(ADDRESS)


def test_complaint_suppresses_the_address(container: Container, key: str) -> None:
    receive(delivery(key), complaint(key))

    assert status_of(container, key) is MailStatus.COMPLAINED
    assert container.suppressions.contains(ADDRESS)


@pytest.mark.parametrize("subtype", ["General", "MailboxFull", "ContentRejected"])
def test_transient_bounce_suppresses_nothing(container: Container, key: str, subtype: str) -> None:
    receive(ses_event("Send", key, send={}), bounce(key, "Transient", subtype))

    assert status_of(container, key) is MailStatus.SENT
    assert not container.suppressions.contains(ADDRESS)


def test_undetermined_bounce_suppresses_nothing(container: Container, key: str) -> None:
    receive(bounce(key, "Undetermined", "Undetermined"))

    assert not container.suppressions.contains(ADDRESS)


def test_bounce_before_the_confirmation_has_the_same_effect(container: Container, key: str) -> None:
    receive(bounce(key), ses_event("Send", key, send={}))

    assert status_of(container, key) is MailStatus.BOUNCED
    assert container.suppressions.contains(ADDRESS)


@pytest.mark.parametrize("make", [bounce, complaint])
def test_repeated_event_does_not_undo_a_removal(container: Container, key: str, make: Any) -> None:
    receive(make(key))
    writes = WriteTransaction(container.database)
    container.suppressions.add_removal(writes, container.suppressions.ids_of(ADDRESS)[0])
    writes.commit()

    assert receive(make(key), make(key)) == []

    assert not container.suppressions.contains(ADDRESS)


def test_complaint_after_a_bounce_is_recorded(container: Container, key: str) -> None:
    receive(bounce(key), complaint(key), bounce(key))

    assert status_of(container, key) is MailStatus.COMPLAINED


def test_rejected_email_has_failed(container: Container, key: str) -> None:
    receive(ses_event("Send", key, send={}), reject(key))

    assert status_of(container, key) is MailStatus.FAILED
    assert not container.suppressions.contains(ADDRESS)


@pytest.mark.parametrize("unknown", [None, "0" * 26 + "#" + "1" * 26])
def test_bounce_of_an_unknown_email_suppresses_the_address(container: Container, unknown: str | None) -> None:
    assert receive(delivery(unknown), bounce(unknown)) == []

    assert container.suppressions.contains(ADDRESS)


@pytest.mark.parametrize("to_previous_address", [True, False])
def test_bounce_names_the_user_of_a_present_or_previous_address(
    container: Container, *, to_previous_address: bool
) -> None:
    now = container.clock()
    event, user_id = Event(new_id(now), EMAIL_CHANGED, now, {}, ()), new_id(now)
    writes = WriteTransaction(container.database)
    key = container.mail_repository.add(writes, user_id, event, to_previous_address=to_previous_address)
    writes.commit()

    receive(bounce(key))

    found = SuppressionRepository(container.database).find(container.suppressions.ids_of(ADDRESS)[0])
    assert found is not None
    assert found.user_id == user_id


def test_interrupted_event_is_completed_when_it_comes_again(
    container: Container, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(container.mail_repository, "mark", lambda *_: 1 / 0)
        assert receive(bounce(key)) == ["0"]

    assert receive(bounce(key)) == []

    assert status_of(container, key) is MailStatus.BOUNCED
    assert container.suppressions.contains(ADDRESS)


def test_test_message_of_ses_is_accepted(container: Container) -> None:
    assert receive(VALIDATED) == []


@pytest.mark.parametrize("text", ["", "{}", "no JSON", '{"eventType": "Bounce", "mail": {}}', "[]"])
def test_message_that_is_no_event_is_delivered_again(container: Container, key: str, text: str) -> None:
    assert receive(text, bounce(key)) == ["0"]

    assert container.suppressions.contains(ADDRESS)


def test_log_does_not_contain_the_address(
    container: Container, key: str, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    receive(bounce(key), complaint(key), '{"eventType": "Bounce", "mail": {"destination": ["ana@example.com"]}}')

    assert ADDRESS not in capsys.readouterr().out + caplog.text
