"""Emails are sent once each, whatever is repeated, fails or dies."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from chalicelib.container import Container
from chalicelib.events.service.wakeups import SEND_EMAIL
from chalicelib.jobs.queue import BackgroundJob
from chalicelib.notifications.domain.email import Email, EmailRefused
from chalicelib.notifications.domain.mail import LEASE, MAX_ATTEMPTS, MailStatus
from chalicelib.notifications.domain.preferences import PreferenceChange
from chalicelib.notifications.domain.suppression import SuppressionReason
from chalicelib.notifications.domain.types import EMAIL_CHANGED
from chalicelib.notifications.service.mail import MailService
from chalicelib.notifications.service.recorder import NotificationRecorder
from chalicelib.shared.actor import Role
from chalicelib.shared.clock import FixedClock
from chalicelib.shared.errors import Unavailable
from chalicelib.users.domain.user import ProfileChanges
from tests.factories import PASSWORD, User, UserFactory
from tests.notifications import DEPOSITED, OPTIONAL_TYPE, notify
from tests.queues import RecordingQueue


class KilledError(BaseException):
    """The process dies."""


@dataclass
class Outbox:
    """A sender that accepts emails like SES: it sends each that it gets, also repeatedly."""

    sent: list[Email] = field(default_factory=list)
    before: Callable[[], None] = field(default=lambda: None)
    after: Callable[[], None] = field(default=lambda: None)

    def send(self, email: Email) -> None:
        self.before()
        self.sent.append(email)
        self.after()

    def contains(self, address: str) -> bool:
        """The suppression list: it has one address."""
        return address == "bounced@example.com"


def raising(error: BaseException) -> Callable[[], None]:
    def fail() -> None:
        raise error

    return fail


@pytest.fixture
def outbox() -> Outbox:
    return Outbox()


@pytest.fixture
def mail(container: Container, outbox: Outbox, email_queue: RecordingQueue, clock: FixedClock) -> MailService:
    return MailService(
        container.mail_repository,
        container.preference_repository,
        container.users,
        container.email_renderer,
        outbox,
        outbox,
        email_queue,
        clock,
    )


@pytest.fixture
def user(user_factory: UserFactory) -> User:
    return user_factory.registered(Role.LENDER)


@pytest.fixture
def job(container: Container, mail: MailService, user: User, email_queue: RecordingQueue) -> BackgroundJob:
    """The job of an email that is to be sent, taken from the queue."""
    event_id = notify(container, user.actor.user_id, OPTIONAL_TYPE, DEPOSITED)
    job = email_queue.sent.pop()
    assert job == BackgroundJob(SEND_EMAIL, f"{event_id}#{user.actor.user_id}")
    return job


def status(container: Container, job: BackgroundJob) -> MailStatus:
    found = container.mail_repository.find(job.subject)
    assert found is not None
    return found.status


def test_email_is_sent_once(container: Container, mail: MailService, outbox: Outbox, job: BackgroundJob) -> None:
    counts = [mail.send(job) for _ in range(3)]

    assert counts == [1, 0, 0]
    [email] = outbox.sent
    assert email.key == job.subject
    assert email.to.endswith("@example.com")
    assert status(container, job) is MailStatus.SENT


def test_nothing_is_stored_without_a_sender(container: Container, user: User) -> None:
    recorder = NotificationRecorder(
        container.inbox_repository,
        container.mail_repository,
        container.preference_repository,
        container.users,
        emails_are_on=False,
    )
    container.__dict__["notifications"] = recorder

    event_id = notify(container, user.actor.user_id)

    assert container.mail_repository.find(f"{event_id}#{user.actor.user_id}") is None
    assert container.inbox_repository.unread_count(user.actor.user_id) == 1


def test_unavailable_service_is_tried_five_times(
    container: Container,
    mail: MailService,
    outbox: Outbox,
    email_queue: RecordingQueue,
    clock: FixedClock,
    job: BackgroundJob,
) -> None:
    outbox.before = raising(Unavailable())
    delays = [timedelta(seconds=5), timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=2)]

    for delay in delays:
        assert mail.send(job) == 0
        clock.advance(seconds=delay.total_seconds() - 1)
        assert mail.send(job) == 0  # not due
        clock.advance(seconds=1)
    assert status(container, job) is MailStatus.PENDING
    mail.send(job)

    assert status(container, job) is MailStatus.FAILED
    assert email_queue.delayed == [(job, 5), (job, 300)]  # the sweep finds the later ones
    assert outbox.sent == []


def test_later_attempt_succeeds(mail: MailService, outbox: Outbox, clock: FixedClock, job: BackgroundJob) -> None:
    outbox.before = raising(Unavailable())
    mail.send(job)
    outbox.before = lambda: None
    clock.advance(seconds=5)

    assert mail.send(job) == 1
    assert [email.key for email in outbox.sent] == [job.subject]


def test_refused_email_is_not_tried_again(
    container: Container, mail: MailService, outbox: Outbox, clock: FixedClock, job: BackgroundJob
) -> None:
    outbox.before = raising(EmailRefused())

    mail.send(job)
    outbox.before = lambda: None
    clock.advance(days=1)
    mail.send(job)

    assert status(container, job) is MailStatus.FAILED
    assert outbox.sent == []


def test_worker_killed_before_sending_loses_nothing(
    container: Container,
    mail: MailService,
    outbox: Outbox,
    email_queue: RecordingQueue,
    clock: FixedClock,
    job: BackgroundJob,
) -> None:
    outbox.before = raising(KilledError())
    with pytest.raises(KilledError):
        mail.send(job)
    outbox.before = lambda: None
    assert mail.send(job) == 0  # the lease
    clock.advance(seconds=LEASE.total_seconds() + 60)

    assert container.event_sweep.run()["emails"] == 1
    assert mail.send(email_queue.sent.pop()) == 1

    assert status(container, job) is MailStatus.SENT
    assert len(outbox.sent) == 1


@pytest.mark.parametrize("error", [KilledError(), TimeoutError()])
def test_confirmation_prevents_a_second_email(
    container: Container,
    mail: MailService,
    outbox: Outbox,
    clock: FixedClock,
    job: BackgroundJob,
    error: BaseException,
) -> None:
    outbox.after = raising(error)
    with pytest.raises(type(error)):
        mail.send(job)
    outbox.after = lambda: None

    assert container.mail_repository.end(job.subject, MailStatus.SENT)
    assert not container.mail_repository.end(job.subject, MailStatus.SENT)
    clock.advance(hours=1)

    assert container.event_sweep.run()["emails"] == 0
    assert mail.send(job) == 0
    assert len(outbox.sent) == 1
    assert status(container, job) is MailStatus.SENT


def test_worker_killed_at_every_attempt_ends(
    container: Container, mail: MailService, outbox: Outbox, clock: FixedClock, job: BackgroundJob
) -> None:
    outbox.before = raising(KilledError())

    for _ in range(MAX_ATTEMPTS):
        with pytest.raises(KilledError):
            mail.send(job)
        clock.advance(seconds=LEASE.total_seconds())
    outbox.before = lambda: None

    assert mail.send(job) == 0
    assert status(container, job) is MailStatus.FAILED


def test_two_workers_send_one_email(mail: MailService, outbox: Outbox, job: BackgroundJob) -> None:
    counts = []
    outbox.before = lambda: counts.append(mail.send(job))

    counts.append(mail.send(job))

    assert counts == [0, 1]
    assert len(outbox.sent) == 1


def test_suppressed_address_gets_no_email(
    container: Container, mail: MailService, outbox: Outbox, user_factory: UserFactory
) -> None:
    bounced = user_factory.registered(Role.LENDER, name="bounced")
    event_id = notify(container, bounced.actor.user_id)
    job = BackgroundJob(SEND_EMAIL, f"{event_id}#{bounced.actor.user_id}")

    assert mail.send(job) == 0

    assert outbox.sent == []
    assert status(container, job) is MailStatus.SUPPRESSED


def test_user_who_unsubscribes_meanwhile_gets_no_email(
    container: Container, mail: MailService, outbox: Outbox, user: User, job: BackgroundJob
) -> None:
    container.preferences.change(user.actor, [PreferenceChange(OPTIONAL_TYPE, email=False)])

    mail.send(job)

    assert outbox.sent == []
    assert status(container, job) is MailStatus.CANCELLED


def test_account_without_record_gets_no_email(
    container: Container, mail: MailService, outbox: Outbox, user_factory: UserFactory
) -> None:
    stranger = user_factory.user(Role.LENDER)
    event_id = notify(container, stranger.actor.user_id)
    job = BackgroundJob(SEND_EMAIL, f"{event_id}#{stranger.actor.user_id}")

    mail.send(job)

    assert outbox.sent == []
    assert status(container, job) is MailStatus.CANCELLED


def test_sweep_finds_emails_whose_job_was_lost(
    container: Container, email_queue: RecordingQueue, clock: FixedClock, job: BackgroundJob
) -> None:
    assert container.event_sweep.run()["emails"] == 0
    clock.advance(minutes=1)

    assert container.event_sweep.run()["emails"] == 1
    assert email_queue.sent == [job]


def test_replaced_addresses_are_informed_too(
    container: Container, mail: MailService, outbox: Outbox, email_queue: RecordingQueue, clock: FixedClock, user: User
) -> None:
    """Someone who takes an account over reads the new address, and may change it twice before an email is sent."""
    addresses = [f"{user.actor.username}@example.com", "second@example.com", "third@example.com"]
    for address in addresses[1:]:
        clock.advance(minutes=1)
        container.users.change_profile(user.actor, ProfileChanges(email=address), PASSWORD)
        notify(container, user.actor.user_id, EMAIL_CHANGED, {"user_id": user.actor.user_id})

    for job in email_queue.sent:
        assert [mail.send(job) for _ in range(2)] == [1, 0]

    assert sorted(email.to for email in outbox.sent) == sorted([*addresses[:2], *[addresses[2]] * 2])
    assert len({email.key for email in outbox.sent}) == len(outbox.sent)


def test_suppressed_address_stays_suppressed_when_the_signing_keys_change(
    container: Container, user: User, job: BackgroundJob, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The worker's policy follows from the calls of this test: it moves the entry to the current key."""
    old, new = b"o" * 32, b"n" * 32
    found = container.users.find(user.id)
    assert found is not None
    monkeypatch.setattr(container.suppressions, "_keys", lambda: (old,))
    assert container.suppressions.suppress(found.email, user.id, SuppressionReason.BOUNCE)

    monkeypatch.setattr(container.suppressions, "_keys", lambda: (new, old))
    assert container.email_worker.do(job) == 0

    assert status(container, job) is MailStatus.SUPPRESSED
    monkeypatch.setattr(container.suppressions, "_keys", lambda: (new,))
    assert container.suppressions.contains(found.email)
