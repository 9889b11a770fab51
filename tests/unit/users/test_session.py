"""Rotation of refresh tokens."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from chalicelib.dynamodb.retry import RETRY_DEADLINE_SECONDS
from chalicelib.shared.clock import to_millis
from chalicelib.shared.ids import first_id_of
from chalicelib.users.domain.session import (
    MAX_TOKEN_LENGTH,
    InvalidRefreshToken,
    RefreshToken,
    Session,
    revocation_ms,
)

NOW = datetime(2026, 1, 15, 9, 30, tzinfo=UTC)
LATER = NOW + timedelta(days=30)
USER, FAMILY = "01ARZ3NDEKTSV4RRFFQ69G5FAV", first_id_of(NOW)
KEY, OLD_KEY = b"k" * 32, b"o" * 32
FIRST = RefreshToken.generate(USER, FAMILY)


def new_session() -> Session:
    return Session.start(FIRST, epoch=0, expires_at=LATER)


def use(session: Session, token: RefreshToken, at: datetime, key: bytes = KEY) -> tuple[Session, RefreshToken]:
    """Return the session after a token was used, and the token's successor."""
    after = session.rotated(token, key, at, expires_at=LATER)
    successor = after.successor_of(token, [key], at)
    assert successor is not None
    return after, successor


def test_token_text_can_be_parsed_back() -> None:
    assert RefreshToken.parse(FIRST.text) == FIRST
    assert len(FIRST.text) <= MAX_TOKEN_LENGTH


@pytest.mark.parametrize(
    "text", ["", "x", f"{USER}.{FAMILY}", f"{USER}.{FAMILY}.", f"{USER}..x", f"{USER}.{FAMILY}.é", "." * 300]
)
def test_malformed_tokens_are_rejected(text: str) -> None:
    with pytest.raises(InvalidRefreshToken):
        RefreshToken.parse(text)


def test_session_and_tokens_hide_their_secrets() -> None:
    session, second = use(new_session(), FIRST, NOW)

    assert FIRST.secret not in repr(session)
    assert second.secret not in repr(session)
    assert second.secret not in repr(second)


def test_rotation_makes_the_successor_current() -> None:
    session, second = use(new_session(), FIRST, NOW)

    assert second.secret != FIRST.secret
    assert session.current == second.digest


def test_reuse_within_ten_seconds_returns_same_successor() -> None:
    session, second = use(new_session(), FIRST, NOW)

    assert session.successor_of(FIRST, [KEY], NOW + timedelta(seconds=10)) == second
    assert session.successor_of(FIRST, [KEY], NOW + timedelta(seconds=10, milliseconds=1)) is None


def test_delayed_duplicate_request_returns_the_current_token() -> None:
    session, second = use(new_session(), FIRST, NOW)
    session, third = use(session, second, NOW + timedelta(seconds=4))

    assert session.successor_of(FIRST, [KEY], NOW + timedelta(seconds=9)) == third
    assert session.successor_of(second, [KEY], NOW + timedelta(seconds=14)) == third
    assert session.successor_of(FIRST, [KEY], NOW + timedelta(seconds=11)) is None


def test_successor_requires_server_key_and_secret() -> None:
    session, _ = use(new_session(), FIRST, NOW)

    assert session.successor_of(FIRST, [OLD_KEY], NOW) is None
    assert session.successor_of(FIRST, [OLD_KEY, KEY], NOW) is not None
    assert session.successor_of(replace(FIRST, secret="guess"), [KEY], NOW) is None


def test_session_stores_only_recent_rotated_tokens() -> None:
    session, token = new_session(), FIRST
    for second in range(20):
        session, token = use(session, token, NOW + timedelta(seconds=second))
    assert len(session.rotated_tokens) == 5

    session, _ = use(session, token, NOW + timedelta(minutes=15))
    assert len(session.rotated_tokens) == 1


def test_session_expires_by_time_or_epoch() -> None:
    session = new_session()

    assert not session.is_expired(NOW, epoch=0)
    assert session.is_expired(LATER, epoch=0)
    assert session.is_expired(NOW, epoch=1)


def test_revocation_outlasts_a_transaction_and_the_last_one() -> None:
    assert revocation_ms(NOW, 0) > to_millis(NOW + timedelta(seconds=2 * RETRY_DEADLINE_SECONDS - 1))
    assert revocation_ms(NOW, revocation_ms(NOW, 0)) == revocation_ms(NOW, 0) + 1
