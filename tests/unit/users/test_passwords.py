"""Password rules and password hashes."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from argon2 import extract_parameters

from chalicelib.users.domain import passwords as rules
from chalicelib.users.service.passwords import PasswordHasher, decoy_hash
from tools.common_passwords import common_passwords


@pytest.mark.parametrize(
    "password", ["8 length", "x" * 128, "пароль-из-слов", "密码密码密码密码", " leading and trailing "]
)
def test_long_passwords_of_any_script_are_accepted(password: str) -> None:
    assert rules.reject_common(rules.validate_length(password)) == password


@pytest.mark.parametrize(
    ("rule", "message", "password"),
    [
        *((rules.validate_length, "must", text) for text in ("", "seven 7", "x" * 129, "surrogate\ud800")),
        *(
            (rules.reject_common, "too common", text)
            for text in ("password", "Password1", "12345678", "QWERTYUIOP", "admin123", "iloveyou", "letmein123")
        ),
        *((rules.validate_length, "white space", text) for text in (" " * 8, "\t\n \u3000\u2003\xa0\u200b  ")),
    ],
)
def test_malformed_and_common_passwords_are_rejected(rule: Callable[[str], str], message: str, password: str) -> None:
    with pytest.raises(ValueError, match=message):
        rule(password)


# From the 50,000th to the 100,000th place of the two lists.
RARER_COMMON_PASSWORDS = (
    "odt4p6sv8",
    "ODonnell",
    "17111958",
    "damilola1",
    "Password1!",
    "ｓecret24",
    "camaro99",
    "cherryTREE",
)


@pytest.mark.parametrize("password", RARER_COMMON_PASSWORDS)
def test_most_common_hundred_thousand_are_rejected(password: str) -> None:
    with pytest.raises(ValueError, match="too common"):
        rules.reject_common(password)


def test_filter_of_common_passwords_is_sorted_and_complete() -> None:
    stored = rules.COMMON_PASSWORDS.read_bytes()
    digests = [stored[start : start + 4] for start in range(0, len(stored), 4)]

    assert digests == sorted(set(digests))
    assert len(digests) >= 100_000
    assert len(stored) < 500_000


def test_first_and_last_entry_of_the_filter_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    listed = ("first password", "second password", "third password")
    digests = b"".join(sorted(map(rules.digest_of, listed)))
    monkeypatch.setattr(rules, "_common_digests", lambda: digests)

    for password in listed:
        with pytest.raises(ValueError, match="too common"):
            rules.reject_common(password)
    assert rules.reject_common("fourth password") == "fourth password"


def test_few_uncommon_passwords_match_the_filter() -> None:
    rejected = 0
    for number in range(20_000):
        try:
            rules.reject_common(f"uncommon phrase {number:06}")
        except ValueError:
            rejected += 1

    assert rejected < 10


def test_filter_takes_the_most_common_long_passwords() -> None:
    assert common_passwords(["short\nPASSWORD\npassword\nlong enough", "ｐassword"]) == {"password", "long enough"}


@pytest.mark.parametrize(
    "password",
    ["John_Borrower", "john.borrower", "ｊohn_borrower", "j.smith1@example.com", "J.Smith1", "jsmith1@ example.com",
     "P2P Lending", "peer-to-peer lending", "Lending Platform"],
)  # fmt: skip
def test_own_names_and_product_name_are_rejected(password: str) -> None:
    with pytest.raises(ValueError, match="must not be"):
        rules.reject_own_names(password, username="john_borrower", email="j.smith1@example.com")


@pytest.mark.parametrize("password", ["john_borrower 2026", "example.com", "borrower", "!!!!!!!!"])
def test_longer_passwords_may_contain_a_name(password: str) -> None:
    assert rules.reject_own_names(password, username="john_borrower", email="j.smith1@example.com") == password


def test_hash_is_salted_argon2id() -> None:
    stored_hash = PasswordHasher().hash("correct horse")

    assert stored_hash.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert "correct" not in stored_hash
    assert PasswordHasher().hash("correct horse") != stored_hash


def test_only_the_correct_password_verifies() -> None:
    hasher = PasswordHasher()
    stored_hash = hasher.hash("correct horse")

    assert hasher.verify("correct horse", stored_hash)
    assert not hasher.verify("correct Horse", stored_hash)
    assert not hasher.verify("", stored_hash)


def test_composed_and_decomposed_passwords_are_equal() -> None:
    hasher = PasswordHasher()

    assert hasher.verify("cafe\u0301 au lait", hasher.hash("caf\u00e9 au lait"))


@pytest.mark.parametrize("password", ["correct horse", "x" * 100_000, "\ud800"])
def test_missing_hash_never_verifies(password: str) -> None:
    assert not PasswordHasher().verify(password, None)


def test_decoy_hash_costs_the_same_work() -> None:
    known = extract_parameters(PasswordHasher().hash("correct horse"))

    assert extract_parameters(decoy_hash()) == known


def test_concurrent_verifications_all_succeed() -> None:
    hasher = PasswordHasher()
    stored_hash = hasher.hash("correct horse")

    with ThreadPoolExecutor(16) as pool:
        assert all(pool.map(lambda _: hasher.verify("correct horse", stored_hash), range(32)))
