"""Emails as files of a laptop."""

import stat
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest

from chalicelib.notifications.domain.email import Email
from chalicelib.notifications.senders.files import FileSender
from chalicelib.shared.clock import FixedClock

START = datetime(2026, 1, 15, 9, 30, tzinfo=UTC)


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(START)


@pytest.fixture
def sender(tmp_path: Path, clock: FixedClock) -> FileSender:
    return FileSender(tmp_path / "mail", clock)


def email(key: str, subject: str = "Hello – ünïcode") -> Email:
    return Email(key, "ana@example.com", subject, "Text", "<p>HTML</p>", {"List-Unsubscribe": "<https://example.com>"})


def test_no_emails_were_sent_at_first(sender: FileSender) -> None:
    assert sender.sent(limit=10) == []


def test_sent_email_is_read_as_it_was_sent(sender: FileSender) -> None:
    sender.send(email("a#b"))

    [sent] = sender.sent(limit=10)

    assert (sent.to, sent.subject, sent.text, sent.html) == (
        "ana@example.com", "Hello – ünïcode", "Text", "<p>HTML</p>",
    )  # fmt: skip
    assert (sent.headers, sent.created_at) == ({"List-Unsubscribe": "<https://example.com>"}, START)


def test_newest_emails_come_first(sender: FileSender, clock: FixedClock) -> None:
    for number in range(3):
        sender.send(email(f"{number}#b", f"Email {number}"))
        clock.advance(seconds=1)

    assert [sent.subject for sent in sender.sent(limit=2)] == ["Email 2", "Email 1"]


def test_repeated_key_sends_nothing(sender: FileSender, clock: FixedClock) -> None:
    sender.send(email("a#b", "first"))
    clock.advance(minutes=1)
    sender.send(email("a#b", "second"))

    assert [(sent.subject, sent.created_at) for sent in sender.sent(limit=10)] == [("first", START)]


def test_concurrent_repetitions_send_one_email(sender: FileSender, tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: sender.send(email("a#b")), range(40)))

    assert len(list((tmp_path / "mail").iterdir())) == 1


def test_only_the_owner_may_read_emails(sender: FileSender, tmp_path: Path) -> None:
    sender.send(email("a#b"))

    [file] = (tmp_path / "mail").iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
