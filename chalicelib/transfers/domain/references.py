"""Creditor references, by which the payments of users and transfers are recognised."""

import hashlib
import string
from typing import Final

_ALPHABET: Final = string.digits + string.ascii_uppercase
_LENGTH: Final = 16
REFERENCE_LENGTH: Final = len("RF00") + _LENGTH


def creditor_reference(*parts: str) -> str:
    """Return an ISO 11649 reference (``RF``, two check digits, 16 characters) derived from some parts.

    The same parts always give the same reference. 16 characters hold 82 bits of a digest, so that two references are
    never equal in practice.

    Source: ISO 11649; ISO/IEC 7064, MOD 97-10.
    """
    from stdnum.iso7064 import mod_97_10

    number = int.from_bytes(hashlib.sha256("\x1f".join(parts).encode()).digest(), "big")
    body = ""
    for _ in range(_LENGTH):
        number, digit = divmod(number, len(_ALPHABET))
        body += _ALPHABET[digit]
    return f"RF{mod_97_10.calc_check_digits(body + 'RF')}{body}"
