"""Mutants of events: publishing, deliveries, addresses, notifications and emails."""

from typing import Final

from tests.simulation.mutant import Mutant

_FAULTS: Final = "tests/simulation/test_faults_of_events.py"
_PUBLISHER: Final = "tests/integration/events/test_publisher.py"
_DELIVERY: Final = "tests/integration/events/test_delivery.py"
_LEASES: Final = "tests/integration/events/test_leases.py"
_CLIENT: Final = "tests/integration/events/test_webhook_client.py"
_INBOX: Final = "tests/integration/notifications/test_inbox.py"
_MAIL: Final = "tests/integration/notifications/test_mail.py"
_CLAIMS: Final = "tests/integration/notifications/test_claims.py"

EVENT_MUTANTS: Final = (
    Mutant(
        "a record that comes again is another notification",
        "events/repository/events",
        "        writes.put(item, when=item_absent(EventItem), on_condition_failed=already_written)\n",
        "        writes.put(item)\n",
        f"{_FAULTS} -k again",
    ),
    Mutant(
        "an event gets an id of its own each time",
        "events/domain/event",
        "derived_id(at, type_name, subject, discriminator)",
        "derived_id(at, type_name, subject, discriminator, str(id(data)))",
        f"{_FAULTS} -k again",
    ),
    Mutant(
        "a record whose derivation fails is skipped",
        "events/service/subscriber",
        "                return sequence_number(record)\n",
        "                continue\n",
        f"{_PUBLISHER} -k failing_derivation",
    ),
    Mutant(
        "an endpoint gets events from before it existed",
        "events/service/publisher",
        "endpoint.wants(event.type) and endpoint.created_at.replace(microsecond=0) <= event.created_at",
        "endpoint.wants(event.type)",
        f"{_PUBLISHER} -k existed_before",
    ),
    Mutant(
        "a worker takes the lease of another one",
        "events/repository/endpoints",
        "PreparedCondition(_MODEL.pk.exists() & _ABSENT_OR_OVER)",
        "PreparedCondition(_MODEL.pk.exists() | _ABSENT_OR_OVER)",
        _LEASES,
    ),
    Mutant(
        "a lease is released although it is wanted",
        "events/repository/endpoints",
        "PreparedCondition(_OWNED & _MODEL.wanted.does_not_exist())",
        "PreparedCondition(_OWNED)",
        _LEASES,
    ),
    Mutant(
        "an address is checked only when the endpoint is created",
        "events/service/webhook_client",
        "        addresses = self._client.allowed_addresses(address, deadline)\n",
        "        addresses = [str(address.ip)] if address.ip else self._client._resolver(address.host, address.port)\n",
        f"{_CLIENT} -k private_address",
    ),
    Mutant(
        "the connection resolves the name again",
        "events/service/webhook_client",
        "HTTPSConnection(ip, address.port, server_hostname=",
        "HTTPSConnection(address.host, address.port, server_hostname=",
        f"{_CLIENT} -k certificate",
    ),
    Mutant(
        "the previous secret does not sign",
        "events/domain/webhook",
        "return (self.secret, self.previous_secret) if now < self.previous_secret_expires_at else (self.secret,)",
        "return (self.secret,)",
        f"{_DELIVERY} -k both_secrets",
    ),
    Mutant(
        "an endpoint that is gone stays enabled",
        "events/domain/delivery",
        "return self.status_code == HTTPStatus.GONE",
        "return self.status_code == HTTPStatus.NOT_FOUND",
        f"{_DELIVERY} -k gone",
    ),
    Mutant(
        "a notification is counted as read twice",
        "notifications/repository/inbox",
        "                when=_IS_UNREAD(),\n",
        "                when=None,\n",
        f"{_INBOX} -k concurrent",
    ),
    Mutant(
        "two workers send one email",
        "notifications/repository/mails",
        "MailItem(_MAIL_KEY + key), change, when=_CLAIMABLE(now=now), on_condition_failed=explain",
        "MailItem(_MAIL_KEY + key), change",
        _CLAIMS,
    ),
    Mutant(
        "a suppressed address gets email",
        "notifications/service/mail",
        "if self._suppressed.contains(address):",
        "if not address:",
        f"{_MAIL} -k suppressed",
    ),
    Mutant(
        "the sweep forgets emails",
        "events/service/sweep",
        "mails = self._pending.due_subjects(MAIL, before, limit=_MAX_RESENT)",
        "mails: list[str] = []",
        f"{_MAIL} -k sweep",
    ),
)
