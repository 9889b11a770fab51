"""The claim of an email: one attempt at a time."""

from chalicelib.container import Container
from chalicelib.notifications.domain.mail import LEASE
from chalicelib.shared.clock import FixedClock
from tests.example_events import example_event
from tests.factories import UserFactory


def test_email_that_another_worker_sends_is_not_claimed(
    container: Container, clock: FixedClock, user_factory: UserFactory
) -> None:
    user = user_factory.lender()
    event = example_event(type_name="account.frozen", recipients=(user.id,))
    container.publisher.record(user.id, event)
    mails, key = container.mail_repository, f"{event.id}#{user.id}"

    first, other = mails.claim(key, "worker"), mails.claim(key, "another worker")
    repeated = mails.claim(key, "worker")
    clock.advance(seconds=LEASE.total_seconds() + 1)
    later = mails.claim(key, "another worker")

    assert (first, other, repeated, later) == (True, False, True, True)
