"""Password rules and password hashes."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from argon2 import extract_parameters

from chalicelib.users.domain import passwords as rules
from chalicelib.users.service.passwords import PasswordHasher, decoy_hash

COMMON = Path(rules.__file__).with_name("common_passwords.txt")


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
    ],
)
def test_malformed_and_common_passwords_are_rejected(rule: Callable[[str], str], message: str, password: str) -> None:
    with pytest.raises(ValueError, match=message):
        rule(password)


def test_common_password_list_is_sorted_and_matchable() -> None:
    listed = COMMON.read_text(encoding="utf-8").split()

    assert listed == sorted(set(listed))
    assert all(word == word.casefold() and len(word) >= rules.MIN_PASSWORD_LENGTH for word in listed)
    assert len(listed) > 3000


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
