"""Access tokens that were not issued here, over the API: every one of them is a 401 of one shape."""

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from chalicelib.shared.clock import FixedClock
from chalicelib.shared.settings import Settings
from tests.factories import User, UserFactory
from tests.http_client import HttpClient
from tests.problems import problem

MINE = "/api/wallets/"


@pytest.fixture
def borrower(user_factory: UserFactory) -> User:
    return user_factory.borrower("12.34")


@pytest.fixture
def keys(borrower: User, settings: Settings) -> Mapping[str, str]:
    """The key that signs: no attacker has it, but the tests must show that the rest is looked at too."""
    assert borrower.http.token
    found: Mapping[str, str] = json.loads(Path(settings.signing_key_file).read_text(encoding="utf-8"))
    return found


def encoded(part: object) -> str:
    text = part if isinstance(part, bytes) else json.dumps(part).encode()
    return base64.urlsafe_b64encode(text).rstrip(b"=").decode()


def claims_of(person: User) -> dict[str, Any]:
    claims: dict[str, Any] = jwt.decode(person.http.token or "", options={"verify_signature": False})
    return claims


def signed(header: Mapping[str, object], claims: Mapping[str, object], key: str) -> str:
    """A token with a true HMAC, whatever its header says."""
    start = f"{encoded(header)}.{encoded(claims)}"
    return f"{start}.{encoded(hmac.digest(key.encode(), start.encode(), hashlib.sha256))}"


def rejected(http: HttpClient, token: str, code: str = "invalid_token") -> None:
    response = http.signed_in(token).get(MINE)
    problem(response, 401, code)
    assert response.headers["www-authenticate"] == "Bearer"


def test_forging_functions_can_make_a_valid_token(borrower: User, keys: Mapping[str, str]) -> None:
    header = {"alg": "HS256", "typ": "at+jwt", "kid": keys["kid"]}

    response = borrower.http.signed_in(signed(header, claims_of(borrower), keys["key"])).get(MINE)

    assert response.json["balance"] == "12.34"


@pytest.mark.parametrize("algorithm", ["none", "None", "NONE", "nOnE", "", None, "HS384", "HS512", "RS256", "ES256", 0])
def test_token_header_does_not_choose_the_algorithm(borrower: User, keys: Mapping[str, str], algorithm: object) -> None:
    header = {"alg": algorithm, "typ": "at+jwt", "kid": keys["kid"]}
    claims = claims_of(borrower)

    rejected(borrower.http, f"{encoded(header)}.{encoded(claims)}.")
    rejected(borrower.http, signed(header, claims, keys["key"]))


def test_public_key_is_not_accepted_as_secret(borrower: User, keys: Mapping[str, str]) -> None:
    pair = generate_private_key(public_exponent=65537, key_size=2048)
    public = pair.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    header = {"typ": "at+jwt", "kid": keys["kid"]}

    rejected(borrower.http, jwt.encode(claims_of(borrower), pair, algorithm="RS256", headers=header))
    rejected(borrower.http, signed({"alg": "HS256", **header}, claims_of(borrower), public))


@pytest.mark.parametrize(
    "kid",
    ["", None, "../../../../dev/null", "' OR 1=1 --", "*", ["a"], {"a": 1}, 0, True, "k" * 1500, "\u0000"],
    ids=str,
)
def test_key_id_finds_known_keys_only(borrower: User, keys: Mapping[str, str], kid: object) -> None:
    for key in (keys["key"], "", "\u0000"):
        rejected(borrower.http, signed({"alg": "HS256", "typ": "at+jwt", "kid": kid}, claims_of(borrower), key))


@pytest.mark.parametrize("member", ["jwk", "jku", "x5u", "x5c"])
def test_key_embedded_in_a_token_is_ignored(borrower: User, member: str) -> None:
    brought = {"kty": "oct", "k": encoded(b"x" * 64)}
    header = {"alg": "HS256", "typ": "at+jwt", "kid": "mine", member: brought}

    rejected(borrower.http, signed(header, claims_of(borrower), "x" * 64))


@pytest.mark.parametrize("typ", ["JWT", "jwt", "rt+jwt", "", None, "AT+JWT ", ["at+jwt"]], ids=str)
def test_other_token_types_are_rejected(borrower: User, keys: Mapping[str, str], typ: object) -> None:
    rejected(borrower.http, signed({"alg": "HS256", "typ": typ, "kid": keys["kid"]}, claims_of(borrower), keys["key"]))


@pytest.mark.parametrize(
    "change",
    [
        {"aud": "production.api.p2p-lending"},
        {"aud": "local.web.p2p-lending"},
        {"aud": ""},
        {"aud": []},
        {"iss": "https://evil.example"},
        {"iss": ["p2p-lending"]},
        {"role": "ROOT"},
        {"role": ["ADMIN"]},
        {"role": None},
        {"sub": None},
        {"exp": None},
        {"exp": "never"},
        {"exp": 1e400},
        {"nbf": 99_999_999_999},
    ],
    ids=str,
)
def test_every_claim_is_validated(borrower: User, keys: Mapping[str, str], change: Mapping[str, object]) -> None:
    header = {"alg": "HS256", "typ": "at+jwt", "kid": keys["kid"]}

    rejected(borrower.http, signed(header, {**claims_of(borrower), **change}, keys["key"]))


def test_an_expired_token_ends_at_its_second(borrower: User, clock: FixedClock, keys: Mapping[str, str]) -> None:
    header = {"alg": "HS256", "typ": "at+jwt", "kid": keys["kid"]}
    past = int(clock().timestamp())

    for moment in (past, past - 1, 0, -1):
        rejected(borrower.http, signed(header, {**claims_of(borrower), "exp": moment}, keys["key"]), "token_expired")


def test_altered_tokens_are_rejected(borrower: User) -> None:
    token = borrower.http.token or ""
    last_of_signature = len(token) - 1  # its two lowest bits are padding

    for place in range(0, last_of_signature, 7):
        turned = "A" if token[place] != "A" else "B"
        rejected(borrower.http, token[:place] + turned + token[place + 1 :])


@pytest.mark.parametrize(
    "shape", ["{0}.{0}", "{0}.x", ".{0}", "{0}.", "{0},{0}", "{0}\x00", "Bearer {0}", "{0} {0}", "x.y.z", "é"]
)
def test_malformed_token_is_rejected(borrower: User, shape: str) -> None:
    rejected(borrower.http, shape.format(borrower.http.token))


def test_token_is_accepted_in_the_authorization_header_only(user_factory: UserFactory, borrower: User) -> None:
    token = borrower.http.token or ""

    for path in (f"{MINE}?token={token}", f"{MINE}?access_token={token}"):
        problem(user_factory.http.get(path), 401, "not_authenticated")
    for name in ("Cookie", "X-Access-Token", "Proxy-Authorization"):
        problem(user_factory.http.get(MINE, headers={name: f"token={token}"}), 401, "not_authenticated")
