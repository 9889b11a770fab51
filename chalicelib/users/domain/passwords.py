"""Password rules: long enough, and not among the most common ones. Source: NIST SP 800-63B, 5.1.1.2."""

import unicodedata
from functools import cache
from pathlib import Path
from typing import Final

MIN_PASSWORD_LENGTH: Final = 8
MAX_PASSWORD_LENGTH: Final = 128
_COMMON_PASSWORDS: Final = Path(__file__).with_name("common_passwords.txt")


def normalise(password: str) -> str:
    """Return the NFC form of a password: keyboards compose the same letter in different ways."""
    return unicodedata.normalize("NFC", password)


def validate_length(password: str) -> str:
    """Return a password of 8 to 128 characters in its normalised form.

    Raises:
        ValueError: the password is shorter or longer, or contains surrogates.
    """
    normalised = normalise(password)
    if not MIN_PASSWORD_LENGTH <= len(normalised) <= MAX_PASSWORD_LENGTH:
        raise ValueError(f"must have {MIN_PASSWORD_LENGTH} to {MAX_PASSWORD_LENGTH} characters")
    if any(unicodedata.category(character) == "Cs" for character in normalised):
        raise ValueError("must contain only valid Unicode characters")
    return normalised


def reject_common(password: str) -> str:
    """Return a password that is not in the list of common ones.

    Raises:
        ValueError: the password is in the list, in any case.
    """
    if password.casefold() in _common_passwords():
        raise ValueError("this password is too common; choose another")
    return password


@cache
def _common_passwords() -> frozenset[str]:
    return frozenset(_COMMON_PASSWORDS.read_text(encoding="utf-8").split())
