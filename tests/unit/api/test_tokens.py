"""Access tokens: only those issued by this platform are accepted."""

import base64
import json
from collections.abc import Mapping

import jwt
import pytest

from chalicelib.api.signing_keys import SigningKeys
from chalicelib.api.tokens import AccessTokens, ExpiredToken, InvalidToken
from chalicelib.shared.actor import Actor, Role
from chalicelib.shared.clock import FixedClock
from chalicelib.shared.settings import Settings

KEY = "k" * 64
ACTOR = Actor("01ARZ3NDEKTSV4RRFFQ69G5FAV", "john", Role.BORROWER)


def tokens(clock: FixedClock, *, stage: str = "local", key: str = KEY, kid: str = "1") -> AccessTokens:
    keys = SigningKeys(lambda: json.dumps({"kid": kid, "key": key}), clock)
    return AccessTokens(keys, clock, Settings(stage=stage))


def forged(clock: FixedClock, changes: Mapping[str, object], typ: str = "at+jwt", algorithm: str = "HS256") -> str:
    """A token signed with the right key, in which something is different."""
    good = tokens(clock).issue(ACTOR).text
    claims = jwt.decode(good, KEY, algorithms=["HS256"], options={"verify_aud": False, "verify_exp": False})
    changed = {name: value for name, value in {**claims, **changes}.items() if value is not None}
    return jwt.encode(changed, KEY, algorithm=algorithm, headers={"typ": typ, "kid": "1"})


def test_token_identifies_its_user(clock: FixedClock) -> None:
    issued = tokens(clock).issue(ACTOR)

    assert tokens(clock).identify(issued.text) == ACTOR
    assert issued.expires_in_seconds == 15 * 60


def test_token_expires_after_fifteen_minutes(clock: FixedClock) -> None:
    issued = tokens(clock).issue(ACTOR)

    clock.advance(minutes=14, seconds=59)
    assert tokens(clock).identify(issued.text) == ACTOR

    clock.advance(seconds=1)
    with pytest.raises(ExpiredToken):
        tokens(clock).identify(issued.text)


@pytest.mark.parametrize("other", [{"key": "x" * 48}, {"stage": "production"}, {"kid": "0"}])
def test_tokens_of_other_keys_or_stages_are_rejected(clock: FixedClock, other: dict[str, str]) -> None:
    issued = tokens(clock, **other).issue(ACTOR)

    with pytest.raises(InvalidToken):
        tokens(clock).identify(issued.text)


@pytest.mark.parametrize(
    ("claim", "value"),
    [
        *((claim, None) for claim in ("iss", "aud", "sub", "iat", "exp", "username", "role")),
        ("iss", "another"), ("aud", "another"), ("role", "KING"), ("sub", 7), ("exp", "soon"), ("exp", [1]),
    ],
)  # fmt: skip
def test_missing_or_wrong_claim_is_rejected(clock: FixedClock, claim: str, value: object) -> None:
    with pytest.raises(InvalidToken):
        tokens(clock).identify(forged(clock, {claim: value}))


def test_tokens_of_another_type_are_rejected(clock: FixedClock) -> None:
    with pytest.raises(InvalidToken):
        tokens(clock).identify(forged(clock, {}, typ="JWT"))


def test_other_algorithms_are_rejected(clock: FixedClock) -> None:
    header = base64.urlsafe_b64encode(b'{"alg":"none","typ":"at+jwt","kid":"1"}').rstrip(b"=").decode()
    _, claims, _ = tokens(clock).issue(ACTOR).text.split(".")

    for text in (f"{header}.{claims}.", forged(clock, {}, algorithm="HS512")):
        with pytest.raises(InvalidToken):
            tokens(clock).identify(text)


@pytest.mark.parametrize("text", ["", "x", "a.b.c", "é.é.é", "a" * 5000, "..", "\ud800"])
def test_malformed_tokens_are_rejected(clock: FixedClock, text: str) -> None:
    with pytest.raises(InvalidToken):
        tokens(clock).identify(text)


def test_rotation_keeps_old_and_accepts_new_tokens(clock: FixedClock) -> None:
    stored = {"kid": "1", "key": KEY}
    elder = AccessTokens(SigningKeys(lambda: json.dumps(stored), clock), clock, Settings())
    old = elder.issue(ACTOR).text

    stored = {"kid": "2", "key": "n" * 48, "previous_kid": "1", "previous_key": KEY}
    younger = AccessTokens(SigningKeys(lambda: json.dumps(stored), clock), clock, Settings())
    clock.advance(minutes=2)

    assert younger.identify(old) == ACTOR
    assert elder.identify(younger.issue(ACTOR).text) == ACTOR


def test_keys_are_read_again_after_an_hour(clock: FixedClock) -> None:
    stored = {"kid": "1", "key": KEY}
    keys = SigningKeys(lambda: json.dumps(stored), clock)
    assert keys.ring().current == "1"

    stored = {"kid": "2", "key": "n" * 48}
    clock.advance(minutes=61)

    assert keys.ring().current == "2"
