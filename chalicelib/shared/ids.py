"""ULIDs: 26 characters that sort by time. New ids are random; those of repeatable steps are derived.

Source: https://github.com/ulid/spec (48 bits of milliseconds, 80 random bits, Crockford base 32).
"""

import hashlib
import re
import secrets
import string
from datetime import datetime
from typing import Final

from chalicelib.shared.clock import from_millis, to_millis

_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_OTHERS: Final = "ILOU" + string.ascii_lowercase + "_"
_AS_PYTHON_READS: Final = str.maketrans(_ALPHABET + _OTHERS, string.digits + string.ascii_lowercase[:22] + "*" * 31)
"""Maps Crockford's digits to those of `int`; other characters become an invalid star."""
_ULID: Final = re.compile(r"[0-7][0-9A-HJKMNP-TV-Z]{25}", re.ASCII)
_RANDOM_BITS: Final = 80
_TIME_CHARACTERS: Final = 10


def new_id(at: datetime) -> str:
    """Return a random ULID of a time."""
    return _encode(to_millis(at), secrets.randbits(_RANDOM_BITS))


def derived_id(at: datetime, *parts: str) -> str:
    """Return the ULID of a time and some parts: the same arguments always give the same id."""
    digest = hashlib.sha256("\x1f".join(parts).encode()).digest()
    return _encode(to_millis(at), int.from_bytes(digest[: _RANDOM_BITS // 8], "big"))


def following_id(identifier: str) -> str:
    """Return the next larger ULID: the id of what belongs directly after another one.

    Source: https://github.com/ulid/spec, section Monotonicity.
    """
    number = int(identifier.translate(_AS_PYTHON_READS), 32) + 1
    return _encode(number >> _RANDOM_BITS, number & ((1 << _RANDOM_BITS) - 1))


def is_id(text: str) -> bool:
    """Return True if the text has the form of a ULID."""
    return _ULID.fullmatch(text) is not None


def moment_of(identifier: str) -> datetime:
    """Return the time of a ULID, in milliseconds precision."""
    return from_millis(int(identifier[:_TIME_CHARACTERS].translate(_AS_PYTHON_READS), 32))


def first_id_of(moment: datetime) -> str:
    """Return the smallest ULID of a millisecond: the lower bound of a range by time."""
    return _encode(to_millis(moment), 0)


def _encode(millis: int, tail: int) -> str:
    number = millis << _RANDOM_BITS | tail
    return "".join(_ALPHABET[number >> shift & 31] for shift in range(125, -5, -5))
