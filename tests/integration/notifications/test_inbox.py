"""The number of unread notifications is exact under races and retries."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from chalicelib.container import Container
from chalicelib.notifications.domain.preferences import PreferenceChange
from chalicelib.notifications.domain.types import Channel
from chalicelib.shared.actor import Role
from tests.factories import User, UserFactory
from tests.notifications import OPTIONAL_TYPE, notify

THREADS = 4


@pytest.fixture
def user(user_factory: UserFactory) -> User:
    return user_factory.registered(Role.LENDER)


def unread(container: Container, user: User) -> int:
    """The number of unread notifications, which the list confirms."""
    page = container.inbox_repository.page(user.actor.user_id, limit=1000, consistent=True)
    listed = container.inbox_repository.unread_ids(user.actor.user_id, limit=1000)
    counted = len([each for each in page.items if each.read_at is None])
    assert counted == len(listed.items) == container.inbox_repository.unread_count(user.actor.user_id)
    return counted


def test_concurrent_events_and_reads_keep_the_count(container: Container, user: User) -> None:
    first = [notify(container, user.actor.user_id) for _ in range(10)]

    with ThreadPoolExecutor(THREADS) as pool:
        reads = [pool.submit(container.inbox.mark_read, user.actor, first[number:]) for number in range(6)]
        added = [pool.submit(notify, container, user.actor.user_id, subject=str(number % 4)) for number in range(12)]
        for future in reads:
            future.result()
        for published in added:
            published.result()

    assert unread(container, user) == 4


def test_concurrent_requests_for_all_keep_the_count(container: Container, user: User) -> None:
    for _ in range(70):
        notify(container, user.actor.user_id)

    with ThreadPoolExecutor(THREADS) as pool:
        for future in [pool.submit(container.inbox.mark_read, user.actor, None) for _ in range(3)]:
            future.result()

    assert unread(container, user) == 0


def test_unread_notifications_do_not_expire(container: Container, user: User) -> None:
    event_id = notify(container, user.actor.user_id)
    key = (f"USER#{user.actor.user_id}", f"NOTIFICATION#{event_id}")

    before = _raw(container, key)
    container.inbox.mark_read(user.actor, [event_id])
    after = _raw(container, key)

    assert "expires_at" not in before
    assert int(after["expires_at"]["N"]) >= container.real_time().timestamp() + 30 * 86_400
    assert "list_key" not in after


def _raw(container: Container, key: tuple[str, str]) -> dict[str, dict[str, str]]:
    stored = {"pk": {"S": key[0]}, "sk": {"S": key[1]}}
    table = container.settings.table_prefix + "events"
    item: dict[str, dict[str, str]] = container.database.call("GetItem", {"TableName": table, "Key": stored})["Item"]
    return item


def test_concurrent_changes_of_preferences_are_all_kept(container: Container, user: User) -> None:
    types = ("transfer.settled", "transfer.failed", "transfer.returned", "loan.funded", "loan.completed", "rule.paused")
    token = container.unsubscribe_tokens.make(user.actor.user_id, "offer.accepted")

    with ThreadPoolExecutor(THREADS) as pool:
        changes = [
            pool.submit(container.preferences.change, user.actor, [PreferenceChange(name, email=False)])
            for name in types
        ]
        unsubscribed = pool.submit(container.preferences.unsubscribe, token)
        for future in changes:
            future.result()
        unsubscribed.result()

    chosen = container.preferences.of(user.actor).choices[Channel.EMAIL]
    assert chosen == dict.fromkeys((*types, "offer.accepted"), False)


def test_channel_off_affects_its_user_alone(container: Container, user: User, user_factory: UserFactory) -> None:
    borrower = user_factory.registered(Role.BORROWER)
    container.preferences.change(user.actor, [PreferenceChange(OPTIONAL_TYPE, in_app=False)])

    for each in (user, borrower):
        notify(container, each.actor.user_id, OPTIONAL_TYPE)

    assert unread(container, user) == 0
    assert unread(container, borrower) == 1
