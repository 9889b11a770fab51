"""Refresh tokens: a chain in which each works once, with a moment of grace."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from chalicelib.users.domain.session import LONGEST_TEXT, InvalidRefreshToken, RefreshToken, Session

NOW = datetime(2026, 1, 15, 9, 30, tzinfo=UTC)
LATER = NOW + timedelta(days=30)
USER, FAMILY = "01ARZ3NDEKTSV4RRFFQ69G5FAV", "01BX5ZZKBKACTAV9WEVGEMMVRZ"
KEY, OLD_KEY = b"k" * 32, b"o" * 32
FIRST = RefreshToken.first(USER, FAMILY)


def a_session() -> Session:
    return Session.begin(FIRST, epoch=0, expires_at=LATER)


def used(session: Session, token: RefreshToken, at: datetime, key: bytes = KEY) -> tuple[Session, RefreshToken]:
    """The session after a token was used, and the token that replaces it."""
    after = session.rotated(token, key, at, expires_at=LATER)
    successor = after.successor_of(token, [key], at)
    assert successor is not None
    return after, successor


def test_a_token_is_what_its_text_says() -> None:
    assert RefreshToken.read(FIRST.text) == FIRST
    assert len(FIRST.text) <= LONGEST_TEXT


@pytest.mark.parametrize(
    "text", ["", "x", f"{USER}.{FAMILY}", f"{USER}.{FAMILY}.", f"{USER}..x", f"{USER}.{FAMILY}.é", "." * 300]
)
def test_what_has_not_the_form_of_a_token_is_none(text: str) -> None:
    with pytest.raises(InvalidRefreshToken):
        RefreshToken.read(text)


def test_a_session_keeps_no_secret() -> None:
    session, second = used(a_session(), FIRST, NOW)

    assert FIRST.secret not in repr(session)
    assert second.secret not in repr(session)
    assert second.secret not in repr(second)


def test_each_use_gives_another_token_which_then_is_the_current_one() -> None:
    session, second = used(a_session(), FIRST, NOW)

    assert second.secret != FIRST.secret
    assert session.current == second.digest


def test_who_lost_the_answer_gets_the_same_token_again() -> None:
    session, second = used(a_session(), FIRST, NOW)

    again = session.successor_of(FIRST, [KEY], NOW + timedelta(seconds=10))

    assert again == second


def test_the_grace_ends_after_ten_seconds() -> None:
    session, _ = used(a_session(), FIRST, NOW)

    assert session.successor_of(FIRST, [KEY], NOW + timedelta(seconds=10, milliseconds=1)) is None


def test_a_late_copy_of_a_request_leads_to_the_token_that_works_now() -> None:
    session, second = used(a_session(), FIRST, NOW)
    session, third = used(session, second, NOW + timedelta(seconds=4))

    assert session.successor_of(FIRST, [KEY], NOW + timedelta(seconds=9)) == third
    assert session.successor_of(second, [KEY], NOW + timedelta(seconds=14)) == third
    assert session.successor_of(FIRST, [KEY], NOW + timedelta(seconds=11)) is None


def test_nothing_follows_from_a_secret_without_the_key_of_the_server() -> None:
    session, _ = used(a_session(), FIRST, NOW)

    assert session.successor_of(FIRST, [OLD_KEY], NOW) is None
    assert session.successor_of(FIRST, [OLD_KEY, KEY], NOW) is not None


def test_a_made_up_secret_leads_nowhere() -> None:
    session, _ = used(a_session(), FIRST, NOW)

    assert session.successor_of(replace(FIRST, secret="guess"), [KEY], NOW) is None


def test_a_session_remembers_only_what_the_grace_needs() -> None:
    session, token = a_session(), FIRST
    for second in range(20):
        session, token = used(session, token, NOW + timedelta(seconds=second))
    assert len(session.replaced) == 5

    session, _ = used(session, token, NOW + timedelta(minutes=15))
    assert len(session.replaced) == 1


def test_a_session_ends_with_its_time_or_with_its_epoch() -> None:
    session = a_session()

    assert not session.is_over(NOW, epoch=0)
    assert session.is_over(LATER, epoch=0)
    assert session.is_over(NOW, epoch=1)
