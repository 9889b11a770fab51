"""Simulated receivers of webhooks and a simulated email service; the fault injector decides which messages fail."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Mapping
from itertools import count
from typing import Any, Final

from chalicelib.events.service.webhook_client import Response, WebhookClient, WebhookSession
from chalicelib.notifications.domain.email import Email
from chalicelib.notifications.senders.ses import KEY_TAG, tag_of
from chalicelib.shared.errors import Unavailable
from tools.dynamodb_simulator.fault_injector import Fault, FaultInjector

WEBHOOK: Final = "webhook"
EMAIL: Final = "email"
_CALLS: Final = count()


class SimulatedReceivers(WebhookClient):
    """Receivers of webhooks, by URL. Each accepts every message."""

    def __init__(self, injector: FaultInjector) -> None:
        super().__init__(allow_loopback=True)
        self._injector = injector
        self.received: defaultdict[str, dict[str, Any]] = defaultdict(dict)
        """The body of each message by URL and id."""
        self.accepted: Counter[tuple[str, str]] = Counter()
        """The messages whose acceptance the sender has seen, by URL and id."""

    def check(self, url: str, *, seconds: float) -> None:
        """Allow every address."""

    def session(self) -> WebhookSession:
        return _Session(self)

    def receive(self, url: str, body: bytes, headers: Mapping[str, str]) -> Response:
        """Accept a message, or fail before or after it.

        Raises:
            AssertionError: the content differs from that of an earlier attempt.
        """
        sent = self._injector.record(f"{WEBHOOK} {next(_CALLS)}", "post", (), WEBHOOK)
        fault = self._injector.next_fault(sent)
        if fault is None or fault.has_effect:
            content = json.loads(body)
            known = self.received[url].setdefault(headers["webhook-id"], content)
            assert known == content, "the content of a message changed"
        self._injector.finish_request(sent, fault)
        if fault is Fault.THROTTLED:
            return Response(429, None, 1)
        if fault is not None:
            return Response(None, "timeout", 5000)
        self.accepted[url, headers["webhook-id"]] += 1
        return Response(200, None, 1, "ok")

    def clear(self) -> None:
        """Forget all messages."""
        self.received.clear()
        self.accepted.clear()


class _Session(WebhookSession):
    """A session without connections."""

    def __init__(self, receivers: SimulatedReceivers) -> None:
        super().__init__(receivers)
        self._receivers = receivers

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Response:
        return self._receivers.receive(url, body, headers)


class LostResponse(Exception):
    """The email service did not respond."""


class SimulatedEmailService:
    """An email service that does not recognise repetitions. It confirms each email by its key a moment later."""

    def __init__(self, injector: FaultInjector) -> None:
        self._injector = injector
        self.sent: Counter[str] = Counter()
        """The number of emails by key."""
        self.confirmations: list[str] = []
        """Keys that are not reported to the platform yet."""

    def send(self, email: Email) -> None:
        """Send an email, or fail before or after it.

        Raises:
            Unavailable: it was not accepted.
            LostResponse: it may have been accepted.
        """
        sent = self._injector.record(f"{EMAIL} {next(_CALLS)}", "send", (), EMAIL)
        fault = self._injector.next_fault(sent)
        if fault is None or fault.has_effect:
            self.sent[email.key] += 1
            self.confirmations.append(email.key)
        self._injector.finish_request(sent, fault)
        if fault is Fault.THROTTLED:
            raise Unavailable("The email service accepts no emails now.")
        if fault is not None:
            raise LostResponse

    def clear(self) -> None:
        """Forget all emails."""
        self.sent.clear()
        self.confirmations.clear()


def feedback(key: str, kind: str = "Send", **details: Any) -> str:
    """Return an event of the email service about an email: that it is accepted, or with details about a bounce."""
    return json.dumps({"eventType": kind, "mail": {"tags": {KEY_TAG: [tag_of(key)]}}, **details})
