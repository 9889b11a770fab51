"""Password rules: long enough, and hard to guess. Source: NIST SP 800-63B, 5.1.1.2."""

import hashlib
import unicodedata
from bisect import bisect_left
from functools import cache
from pathlib import Path
from typing import Final

from chalicelib.users.domain.field_rules import folded

MIN_PASSWORD_LENGTH: Final = 8
MAX_PASSWORD_LENGTH: Final = 128
COMMON_PASSWORDS: Final = Path(__file__).with_name("common_passwords.bin")
"""Ascending SHA-256 digests of common passwords, four bytes each; `tools/common_passwords.py` names the sources."""
_DIGEST_BYTES: Final = 4
_PRODUCT_NAMES: Final = frozenset(
    f"{name}{suffix}" for name in ("lending", "p2plending", "peertopeerlending") for suffix in ("", "platform")
)


def normalise(password: str) -> str:
    """Return the NFC form of a password: keyboards compose the same letter in different ways."""
    return unicodedata.normalize("NFC", password)


def comparable(password: str) -> str:
    """Return the form in which passwords are compared with names and lists: case and character width are ignored."""
    return folded(password)


def digest_of(form: str) -> bytes:
    """Return the digest that stands for a password in the filter. One in 35,000 uncommon passwords shares one."""
    return hashlib.sha256(form.encode(errors="surrogatepass")).digest()[:_DIGEST_BYTES]


def validate_length(password: str) -> str:
    """Return a password of 8 to 128 characters in its normalised form.

    Raises:
        ValueError: the password is shorter or longer, contains surrogates, or consists of white space.
    """
    normalised = normalise(password)
    if not MIN_PASSWORD_LENGTH <= len(normalised) <= MAX_PASSWORD_LENGTH:
        raise ValueError(f"must have {MIN_PASSWORD_LENGTH} to {MAX_PASSWORD_LENGTH} characters")
    categories = {unicodedata.category(character) for character in normalised}
    if "Cs" in categories:
        raise ValueError("must contain only valid Unicode characters")
    if all(character.isspace() or unicodedata.category(character) == "Cf" for character in normalised):
        raise ValueError("must not consist of white space")
    return normalised


def reject_common(password: str) -> str:
    """Return a password that is not among the 100,000 most common ones.

    Raises:
        ValueError: the password is in the filter, in any case and character width.
    """
    digests, wanted = _common_digests(), digest_of(comparable(password))
    entries = range(0, len(digests), _DIGEST_BYTES)
    place = bisect_left(entries, wanted, key=lambda start: digests[start : start + _DIGEST_BYTES]) * _DIGEST_BYTES
    if digests[place : place + _DIGEST_BYTES] == wanted:
        raise ValueError("this password is too common; choose another")
    return password


def reject_own_names(password: str, *, username: str, email: str) -> str:
    """Return a password that is not the user's name or email address, the part before its ``@``, or the product's name.

    Case, white space and punctuation are ignored.

    Raises:
        ValueError: the password is one of these names.
    """
    local_part = folded(email).rpartition("@")[0]
    if _letters(password) in {_letters(username), _letters(email), _letters(local_part), *_PRODUCT_NAMES} - {""}:
        raise ValueError("must not be your username, your email or the name of this platform")
    return password


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, folded(text)))


@cache
def _common_digests() -> bytes:
    """Read the filter, half a megabyte, when a password is first chosen: most functions never need it."""
    return COMMON_PASSWORDS.read_bytes()
