"""What names, e-mails and personal details may look like: a rule gives the text as kept, or a ValueError."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from datetime import date
from typing import Final, TypeVar

from chalicelib.shared.errors import Unprocessable
from chalicelib.shared.text import is_misleading

T = TypeVar("T")

USERNAME_LENGTHS: Final = (3, 64)
LONGEST_EMAIL: Final = 254
LONGEST_NAME: Final = 100
LONGEST_PHONE_NUMBER: Final = 32
LONGEST_ADDRESS: Final = 300
_LONGEST_LOCAL_PART: Final = 64
_EARLIEST_BIRTHDAY: Final = date(1900, 1, 1)

_USERNAME: Final = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9_])?", re.ASCII)
_ATOM: Final = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LOCAL_PART: Final = re.compile(rf"{_ATOM}(?:\.{_ATOM})*", re.ASCII)
_LABEL: Final = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_DOMAIN: Final = re.compile(rf"(?:{_LABEL}\.)+{_LABEL}", re.ASCII)
_PHONE_NUMBER: Final = re.compile(r"\+?[0-9(][0-9 ()./-]*[0-9]", re.ASCII)
_FEWEST_DIGITS: Final = 5


class Checks:
    """Collects what is wrong, so that the caller hears of every field at once."""

    def __init__(self) -> None:
        self._errors: list[tuple[str, str]] = []

    def read(self, field: str, rule: Callable[[T], T], value: T) -> T:
        """Apply a rule; a value that breaks it is noted and given back as it is."""
        try:
            return rule(value)
        except ValueError as error:
            self._errors.append((field, str(error)))
            return value

    def read_if_given(self, field: str, rule: Callable[[T], T], value: T | None) -> T | None:
        """Apply a rule to a value that may be left out."""
        return None if value is None else self.read(field, rule, value)

    def on_condition_failed(self) -> None:
        """Go on only when nothing was wrong.

        Raises:
            Unprocessable: names every wrong field.
        """
        if self._errors:
            raise Unprocessable(errors=tuple(self._errors))


def folded(text: str) -> str:
    """The form in which names and e-mails are compared: without regard to case and width of letters."""
    idempotency_key = unicodedata.normalize("NFKC", text).casefold()
    return unicodedata.normalize("NFKC", idempotency_key).strip()


def username(text: str) -> str:
    """3 to 64 Latin letters, digits, dots, hyphens and underscores.

    Letters of other scripts that look alike could pass for somebody else's name. There is never an ``@``, so
    that what is typed at sign-in is either a username or an e-mail.
    """
    kept = unicodedata.normalize("NFKC", text.strip())
    shortest, longest = USERNAME_LENGTHS
    if not shortest <= len(kept) <= longest:
        raise ValueError(f"give {shortest} to {longest} characters")
    if _USERNAME.fullmatch(kept) is None:
        raise ValueError("use letters a-z, digits, dots, hyphens, underscores; begin with a letter or digit")
    return kept


def email(text: str) -> str:
    """An address as RFC 5321 has it, without quotes and comments. Source: RFC 5321, 4.1.2 and 4.5.3.1."""
    kept = unicodedata.normalize("NFKC", text.strip())
    local_part, at, domain = kept.rpartition("@")
    fits = at and len(kept) <= LONGEST_EMAIL and len(local_part) <= _LONGEST_LOCAL_PART
    if not (fits and _LOCAL_PART.fullmatch(local_part) and _DOMAIN.fullmatch(domain)):
        raise ValueError("give an e-mail address, such as name@example.com")
    return kept


def name(text: str) -> str:
    """A first or last name: up to 100 characters of any script; it may be empty."""
    return _line(text, LONGEST_NAME)


def address(text: str) -> str:
    """A postal address on one line, up to 300 characters."""
    return _line(text, LONGEST_ADDRESS)


def phone_number(text: str) -> str:
    """A telephone number as people write it: digits, spaces, brackets, hyphens, one plus in front."""
    kept = _line(text, LONGEST_PHONE_NUMBER)
    if _PHONE_NUMBER.fullmatch(kept) is None or sum(map(str.isdigit, kept)) < _FEWEST_DIGITS:
        raise ValueError("give a telephone number, such as +1 555 0100")
    return kept


def birthday(day: date, today: date) -> date:
    """A day in the past, since 1900."""
    if not _EARLIEST_BIRTHDAY <= day < today:
        raise ValueError("give a day in the past, since 1900")
    return day


def _line(text: str, longest: int) -> str:
    kept = unicodedata.normalize("NFC", text).strip()
    if is_misleading(kept):
        raise ValueError("control characters are not allowed")
    if len(kept) > longest:
        raise ValueError(f"give at most {longest} characters")
    return kept
