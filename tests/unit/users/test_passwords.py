"""Passwords: which are good enough, and how they are kept."""

from __future__ import annotations

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
def test_any_long_phrase_is_a_password(password: str) -> None:
    assert rules.not_common(rules.of_good_length(password)) == password


@pytest.mark.parametrize("password", ["", "seven 7", "x" * 129, "surrogate\ud800"])
def test_a_password_has_8_to_128_characters_that_exist(password: str) -> None:
    with pytest.raises(ValueError, match="give"):
        rules.of_good_length(password)


@pytest.mark.parametrize(
    "password", ["password", "Password1", "12345678", "QWERTYUIOP", "admin123", "iloveyou", "letmein123"]
)
def test_what_attackers_try_first_is_refused(password: str) -> None:
    with pytest.raises(ValueError, match="commonest"):
        rules.not_common(password)


def test_the_list_of_common_passwords_can_match() -> None:
    listed = COMMON.read_text(encoding="utf-8").split()

    assert listed == sorted(set(listed))
    assert all(word == word.casefold() and len(word) >= rules.SHORTEST_PASSWORD for word in listed)
    assert len(listed) > 3000


def test_a_password_is_kept_as_argon2id_with_its_parameters() -> None:
    kept = PasswordHasher().hash("correct horse")

    assert kept.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert "correct" not in kept
    assert PasswordHasher().hash("correct horse") != kept


def test_only_the_right_password_matches() -> None:
    passwords = PasswordHasher()
    kept = passwords.hash("correct horse")

    assert passwords.matches("correct horse", kept)
    assert not passwords.matches("correct Horse", kept)
    assert not passwords.matches("", kept)


def test_one_password_typed_on_two_keyboards_is_the_same() -> None:
    passwords = PasswordHasher()

    assert passwords.matches("cafe\u0301 au lait", passwords.hash("caf\u00e9 au lait"))


@pytest.mark.parametrize("password", ["correct horse", "x" * 100_000, "\ud800"])
def test_nobodys_account_has_no_password(password: str) -> None:
    assert not PasswordHasher().matches(password, None)


def test_an_unknown_account_costs_the_same_work_as_a_known_one() -> None:
    known = extract_parameters(PasswordHasher().hash("correct horse"))

    assert extract_parameters(decoy_hash()) == known


def test_many_sign_ins_at_once_are_all_served() -> None:
    passwords = PasswordHasher()
    kept = passwords.hash("correct horse")

    with ThreadPoolExecutor(16) as pool:
        assert all(pool.map(lambda _: passwords.matches("correct horse", kept), range(32)))
