"""Events of Amazon SES about emails: confirmations, bounces and complaints.

Source: https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html
"""

import json
from collections.abc import Mapping
from typing import Any, Final

from chalicelib.jobs.worker import process_messages
from chalicelib.notifications.domain.mail import TO_PREVIOUS_ADDRESS, MailStatus
from chalicelib.notifications.domain.suppression import SuppressionReason
from chalicelib.notifications.repository.mails import MailRepository
from chalicelib.notifications.senders.ses import KEY_TAG, key_of
from chalicelib.notifications.service.suppressions import SuppressionService
from chalicelib.observability import metrics

_ACCEPTED: Final = frozenset({"Send", "Delivery"})
_PERMANENT: Final = "Permanent"
_TEST_MESSAGE: Final = "Successfully validated SNS topic"
"""SES sends this text once, when its events are connected to a topic."""

Event = Mapping[str, Any]


class MailFeedback:
    """Applies the events that SES publishes. Each may come several times, and in any order."""

    def __init__(self, mails: MailRepository, suppressions: SuppressionService) -> None:
        self._mails = mails
        self._suppressions = suppressions

    def process(self, records: list[dict[str, Any]]) -> Mapping[str, Any]:
        """Apply the events of a batch of queue messages, and return the messages that must be delivered again."""
        return process_messages(records, self.apply)

    def apply(self, text: str) -> None:
        """Apply one event.

        Raises:
            ValueError, KeyError: the text is no event of SES.
        """
        if text.startswith(_TEST_MESSAGE):
            return
        event: Event = json.loads(text)
        key = _key_of(event)
        match event["eventType"]:
            case kind if kind in _ACCEPTED and key:
                self._mails.end(key, MailStatus.SENT)
            case "Reject" if key:
                if self._mails.mark(key, MailStatus.FAILED):
                    metrics.count("EmailsFailed")
            case "Bounce" if event["bounce"]["bounceType"] == _PERMANENT:
                self._suppress(event["bounce"]["bouncedRecipients"], key, SuppressionReason.BOUNCE)
            case "Complaint":
                self._suppress(event["complaint"]["complainedRecipients"], key, SuppressionReason.COMPLAINT)

    def _suppress(self, recipients: list[Mapping[str, str]], key: str | None, reason: SuppressionReason) -> None:
        """Suppress the recipient of an email that is not marked yet: a repeated event has no effect.

        So an event that comes again does not undo an operator's removal of the address.
        """
        status = MailStatus.BOUNCED if reason is SuppressionReason.BOUNCE else MailStatus.COMPLAINED
        mail = None if key is None else self._mails.find(key)
        if mail is not None and mail.status in (status, MailStatus.COMPLAINED):
            return
        user_id = None if key is None else key.partition("#")[2].removesuffix(TO_PREVIOUS_ADDRESS)
        for recipient in recipients:
            self._suppressions.suppress(recipient["emailAddress"], user_id, reason)
        if key is None or self._mails.mark(key, status):
            metrics.count("EmailBounces" if reason is SuppressionReason.BOUNCE else "EmailComplaints")


def _key_of(event: Event) -> str | None:
    """Return the key of the email; None if the platform did not send it."""
    tags: Mapping[str, list[str]] = event["mail"].get("tags") or {}
    values = tags.get(KEY_TAG)
    return key_of(values[0]) if values else None
