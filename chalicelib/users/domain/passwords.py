"""Which passwords are good enough: long ones that nobody tries first. Source: NIST SP 800-63B, 5.1.1.2."""

from __future__ import annotations

import unicodedata
from functools import cache
from pathlib import Path
from typing import Final

SHORTEST_PASSWORD: Final = 8
LONGEST_PASSWORD: Final = 128
_COMMON_PASSWORDS: Final = Path(__file__).with_name("common_passwords.txt")


def normalised(password: str) -> str:
    """The one spelling of a password: keyboards compose letters in different ways."""
    return unicodedata.normalize("NFC", password)


def of_good_length(password: str) -> str:
    """A password of 8 to 128 characters, normalised. Raises ValueError for others."""
    kept = normalised(password)
    if not SHORTEST_PASSWORD <= len(kept) <= LONGEST_PASSWORD:
        raise ValueError(f"give {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters")
    if any(unicodedata.category(character) == "Cs" for character in kept):
        raise ValueError("give characters that exist")
    return kept


def not_common(password: str) -> str:
    """A password that attackers do not try first. Raises ValueError for the others."""
    if password.casefold() in _common_passwords():
        raise ValueError("this password is one of the commonest: choose another")
    return password


@cache
def _common_passwords() -> frozenset[str]:
    return frozenset(_COMMON_PASSWORDS.read_text(encoding="utf-8").split())
