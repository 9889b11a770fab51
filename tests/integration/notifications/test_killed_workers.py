"""A worker that dies at any of its calls to the database sends no email twice and loses none."""

from collections.abc import Callable
from typing import Any

import pytest

from chalicelib.container import Container
from chalicelib.jobs.queue import BackgroundJob
from chalicelib.notifications.domain.email import Email
from chalicelib.notifications.domain.mail import MailStatus
from chalicelib.shared.actor import Role
from chalicelib.shared.clock import FixedClock
from tests.factories import UserFactory
from tests.notifications import DEPOSITED, OPTIONAL_TYPE, notify
from tests.queues import RecordingQueue

CALLS = 6
"""Those of an attempt: the email, its lease, account, preferences, suppression list, and the email's end."""


class KilledError(BaseException):
    """The process dies."""


class ConfirmingSender:
    """A service that does not recognise keys, and whose confirmations arrive while the lease lasts."""

    def __init__(self) -> None:
        self.keys: list[str] = []

    def send(self, email: Email) -> None:
        self.keys.append(email.key)


@pytest.fixture
def job(container: Container, user_factory: UserFactory, email_queue: RecordingQueue) -> BackgroundJob:
    """The job of an email that is to be sent."""
    user = user_factory.registered(Role.LENDER)
    notify(container, user.actor.user_id, OPTIONAL_TYPE, DEPOSITED)
    return email_queue.sent.pop()


def send_killed(container: Container, job: BackgroundJob, number: int, *, before: bool) -> bool:
    """Send an email, and die before or after the call with this number. Returns False if there are fewer calls."""
    call: Callable[[str, dict[str, Any]], dict[str, Any]] = container.database.call
    calls = 0

    def counted(operation: str, arguments: dict[str, Any]) -> dict[str, Any]:
        nonlocal calls
        calls += 1
        if calls == number and before:
            raise KilledError
        response = call(operation, arguments)
        if calls == number:
            raise KilledError
        return response

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(container.database, "call", counted)
        try:
            container.mail.send(job)
        except KilledError:
            return True
    return False


def recover(container: Container, queue: RecordingQueue, clock: FixedClock) -> None:
    """Wait for the end of the lease, and do what the sweep finds, until it finds nothing."""
    clock.advance(minutes=3)
    while container.event_sweep.run()["emails"]:
        for each in queue.sent:
            container.mail.send(each)
        queue.sent.clear()
        clock.advance(minutes=3)


@pytest.mark.parametrize("before", [True, False], ids=["before", "after"])
@pytest.mark.parametrize("number", range(1, CALLS + 2))
def test_every_death_sends_one_file(
    container: Container,
    email_queue: RecordingQueue,
    clock: FixedClock,
    job: BackgroundJob,
    number: int,
    before: bool,
) -> None:
    was_killed = send_killed(container, job, number, before=before)

    recover(container, email_queue, clock)

    assert was_killed is (number <= CALLS)
    assert len(container.email_files.sent(limit=10)) == 1
    found = container.mail_repository.find(job.subject)
    assert found is not None
    assert found.status is MailStatus.SENT


@pytest.mark.parametrize("before", [True, False], ids=["before", "after"])
@pytest.mark.parametrize("number", range(1, CALLS + 2))
def test_every_death_sends_one_confirmed_email(
    container: Container,
    email_queue: RecordingQueue,
    clock: FixedClock,
    job: BackgroundJob,
    number: int,
    before: bool,
) -> None:
    sender = ConfirmingSender()
    container.__dict__["email_sender"] = sender
    send_killed(container, job, number, before=before)
    for key in sender.keys:
        container.mail_repository.end(key, MailStatus.SENT)

    recover(container, email_queue, clock)

    assert sender.keys == [job.subject]


def test_event_killed_before_its_job_is_sent_is_found(
    container: Container, user_factory: UserFactory, email_queue: RecordingQueue, clock: FixedClock
) -> None:
    user = user_factory.registered(Role.LENDER)
    notify(container, user.actor.user_id, OPTIONAL_TYPE, DEPOSITED, subject="one")
    email_queue.sent.clear()  # the process died before it sent the job
    notify(container, user.actor.user_id, OPTIONAL_TYPE, DEPOSITED, subject="one")  # the record comes again

    recover(container, email_queue, clock)

    assert len(container.email_files.sent(limit=10)) == 1
    assert container.inbox_repository.unread_count(user.actor.user_id) == 1
