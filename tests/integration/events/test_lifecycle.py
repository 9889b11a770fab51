"""`make run` delivers every event of the life of loans to receivers in another process, also if it is killed."""

import signal
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Final

import pytest

from chalicelib.events.domain.catalogue import CATALOGUE, ENDPOINT_DISABLED
from tests.integration.events.lifecycle import SETTINGS, SIGN_IN, Lifecycle, Member, Server
from tests.integration.local.running_platform import RunningPlatform, ends, running_platform
from tests.webhook_receiver import WebhookReceiver, webhook_receiver

pytestmark = [pytest.mark.own_process, pytest.mark.slow]
OTHERS: Final = {SIGN_IN, ENDPOINT_DISABLED}
"""Types that the lifecycle does not have or does not count."""
BOTH: Final = 2
EXPECTED: Final = {
    "bob": {
        "loan.cancelled": 1,
        "loan.completed": 1,
        "loan.defaulted": 1,
        "loan.expired": 3,
        "loan.funded": 2,
        "loan.overdue": 3,
        "loan.requested": 5,
        "loan.rescheduled": 1,
        "loan.subscribed": 4,
        "offer.received": 8,
        "offer.withdrawn": 2,
        "payment.due_soon": 2,
        "payment.failed": 6,
        "payment.received": 2,
        "transfer.failed": 1,
        "transfer.settled": 2,
    },
    "ana": {
        "loan.completed": 1,
        "loan.defaulted": 1,
        "loan.funded": 2,
        "loan.overdue": 1,
        "loan.rescheduled": 1,
        "loan.subscribed": 2,
        "offer.accepted": 2,
        "offer.withdrawn": 1,
        "payment.received": 2,
        "transfer.settled": 1,
    },
    "ben": {
        "loan.cancelled": 1,
        "loan.completed": 1,
        "loan.funded": 1,
        "loan.subscribed": 2,
        "offer.accepted": 2,
        "offer.withdrawn": 1,
        "payment.received": 2,
        "rule.matched": 1,
        "transfer.settled": 1,
    },
    "eve": {
        "account.frozen": 1,
        "account.unfrozen": 1,
        "loan.subscribed": 1,
        "offer.accepted": 1,
        "offer.declined": 2,
        "offer.funding_due_soon": 2,
        "offer.unbacked": 3,
        "rule.paused": 1,
        "security.email_changed": 1,
        "security.password_changed": 1,
        "transfer.returned": 1,
        "transfer.settled": 1,
    },
}
"""Events of each member. Bob borrows, Ana lends, Ben has a rule, and Eve has no money."""


@pytest.fixture(scope="module")
def receiver() -> Iterator[WebhookReceiver]:
    with webhook_receiver() as running:
        yield running


@pytest.fixture(scope="module")
def lifecycle(receiver: WebhookReceiver, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lifecycle]:
    """A platform after the whole lifecycle, without interruption, with every event delivered."""
    with running_platform(tmp_path_factory.mktemp("lifecycle"), None, **SETTINGS) as platform:
        lifecycle = Lifecycle(Server(platform), receiver, "calm")
        lifecycle.register()
        for stage in lifecycle.stages:
            stage()
        lifecycle.wait_until_delivered()
        yield lifecycle


def ids_of(member: Member) -> set[str]:
    return {event["id"] for event in member.events()}


def test_every_event_arrives_exactly_once(lifecycle: Lifecycle) -> None:
    for member in lifecycle.members:
        arrived = Counter(each.id for each in member.received() if each.status == 200)
        events = {event["id"]: event for event in member.events()}

        tests = {each.id for each in member.received() if each.body["type"] == "webhook_endpoint.test"}
        assert arrived == dict.fromkeys(events.keys() | tests, 1)
        assert all(each.body == events[each.id] for each in member.received() if each.id not in tests)


def test_lifecycle_has_every_type_of_event(lifecycle: Lifecycle) -> None:
    types = {each.body["type"] for member in lifecycle.members for each in member.received()}

    assert types == CATALOGUE.keys() - OTHERS


def test_each_change_is_one_event_of_each_recipient(lifecycle: Lifecycle) -> None:
    counts = lifecycle.counts()

    assert counts == EXPECTED


def test_every_signature_is_valid(lifecycle: Lifecycle) -> None:
    messages = [each for member in lifecycle.members for each in member.received()]

    assert messages
    assert all(message.valid and any(message.valid) for message in messages)


def test_both_secrets_sign_after_a_rotation(lifecycle: Lifecycle) -> None:
    messages = lifecycle.ana.received()

    later = messages[[each.body["type"] for each in messages].index("webhook_endpoint.test") :]
    assert len(later) > 1
    assert {(each.signatures, each.valid) for each in later} == {(BOTH, (True, True))}


def test_failed_message_is_sent_again_with_its_id(lifecycle: Lifecycle) -> None:
    messages = lifecycle.eve.received()

    [failed] = [each for each in messages if each.status == 500]
    [repeated] = [each for each in messages if each.id == failed.id and each.status == 200]
    assert repeated.body == failed.body
    assert int(repeated.timestamp) >= int(failed.timestamp) + 5


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux ends the database")
def test_killed_platform_loses_and_repeats_no_event(
    lifecycle: Lifecycle, receiver: WebhookReceiver, tmp_path: Path
) -> None:
    with ExitStack() as running:
        first = running.enter_context(running_platform(tmp_path, None, **SETTINGS))
        killed = Lifecycle(Server(first), receiver, "killed")
        killed.register()

        for stage in killed.stages[:-1]:
            stage()
            if stage in (killed.complete_a_loan, killed.start_a_loan):
                kill_and_restart(killed.server, running)
        killed.start_advance(30)
        time.sleep(1)
        kill_and_restart(killed.server, running)
        killed.finish_advance()
        killed.wait_until_delivered()

        assert killed.counts() == lifecycle.counts()
        for member in killed.members:
            delivered = {each.id: each.body for each in member.received() if each.body["type"] in CATALOGUE}
            events = {event["id"]: event for event in member.events()}
            assert {key: delivered[key] for key in events} == events
            others = [body["type"] for key, body in delivered.items() if key not in events]
            assert set(others) <= {"webhook_endpoint.test"}


def kill_and_restart(server: Server, running: ExitStack) -> None:
    """Kill the server with all that it is doing, and start another one with the same data."""
    platform: RunningPlatform = server.platform
    database = platform.database_pid
    platform.stop(signal.SIGKILL)
    assert ends(database)
    server.platform = running.enter_context(running_platform(platform.data, None, **SETTINGS))
