"""Rules for usernames, email addresses and personal details: each returns the normalised value or raises ValueError."""

import re
import unicodedata
from collections.abc import Callable
from datetime import date
from typing import Final, TypeVar

from chalicelib.shared.errors import Unprocessable
from chalicelib.shared.text import is_misleading

T = TypeVar("T")

MIN_USERNAME_LENGTH: Final = 3
MAX_USERNAME_LENGTH: Final = 64
MAX_EMAIL_LENGTH: Final = 254
MAX_NAME_LENGTH: Final = 100
MAX_PHONE_NUMBER_LENGTH: Final = 32
MAX_ADDRESS_LENGTH: Final = 300
_MAX_LOCAL_PART_LENGTH: Final = 64
_MIN_PHONE_DIGITS: Final = 5
_EARLIEST_DATE_OF_BIRTH: Final = date(1900, 1, 1)
_FULL_AGE_YEARS: Final = 18

_USERNAME: Final = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9_])?", re.ASCII)
_ATOM: Final = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LOCAL_PART: Final = re.compile(rf"{_ATOM}(?:\.{_ATOM})*", re.ASCII)
_LABEL: Final = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_DOMAIN: Final = re.compile(rf"(?:{_LABEL}\.)+{_LABEL}", re.ASCII)
_PHONE_NUMBER: Final = re.compile(r"\+?[0-9(][0-9 ()./-]*[0-9]", re.ASCII)


class FieldValidator:
    """Collects the errors of all fields, so that a client sees them in one response."""

    def __init__(self) -> None:
        self._errors: list[tuple[str, str]] = []

    def validate(self, field: str, rule: Callable[[T], T], value: T) -> T:
        """Apply a rule. An invalid value is recorded as an error and returned unchanged."""
        try:
            return rule(value)
        except ValueError as error:
            self._errors.append((field, str(error)))
            return value

    def validate_optional(self, field: str, rule: Callable[[T], T], value: T | None) -> T | None:
        """Apply a rule to a value that may be missing."""
        return None if value is None else self.validate(field, rule, value)

    def raise_if_invalid(self) -> None:
        """Raise the collected errors, if there are any.

        Raises:
            Unprocessable: names every invalid field.
        """
        if self._errors:
            raise Unprocessable(errors=tuple(self._errors))


def folded(text: str) -> str:
    """Return the form in which usernames and email addresses are compared: case and character width are ignored."""
    lower = unicodedata.normalize("NFKC", text).casefold()
    return unicodedata.normalize("NFKC", lower).strip()


def username(text: str) -> str:
    """Accept 3 to 64 Latin letters, digits, dots, hyphens and underscores.

    Letters of other scripts are rejected, because they could imitate another user's name. An ``@`` is rejected, so
    that a login name is either a username or an email address.
    """
    normalised = unicodedata.normalize("NFKC", text.strip())
    if not MIN_USERNAME_LENGTH <= len(normalised) <= MAX_USERNAME_LENGTH:
        raise ValueError(f"must have {MIN_USERNAME_LENGTH} to {MAX_USERNAME_LENGTH} characters")
    if _USERNAME.fullmatch(normalised) is None:
        raise ValueError("use only letters a-z, digits, dots, hyphens and underscores; start with a letter or digit")
    return normalised


def email(text: str) -> str:
    """Accept an email address without quotes and comments. Source: RFC 5321, 4.1.2 and 4.5.3.1."""
    normalised = unicodedata.normalize("NFKC", text.strip())
    local_part, at, domain = normalised.rpartition("@")
    fits = at and len(normalised) <= MAX_EMAIL_LENGTH and len(local_part) <= _MAX_LOCAL_PART_LENGTH
    if not (fits and _LOCAL_PART.fullmatch(local_part) and _DOMAIN.fullmatch(domain)):
        raise ValueError("must be an email address, such as name@example.com")
    return normalised


def name(text: str) -> str:
    """Accept a first or last name of up to 100 characters in any script; it may be empty."""
    return _single_line(text, MAX_NAME_LENGTH)


def address(text: str) -> str:
    """Accept a postal address of up to 300 characters on one line."""
    return _single_line(text, MAX_ADDRESS_LENGTH)


def phone_number(text: str) -> str:
    """Accept a telephone number: digits, spaces, brackets, dots, slashes, hyphens and a leading plus sign."""
    normalised = _single_line(text, MAX_PHONE_NUMBER_LENGTH)
    if _PHONE_NUMBER.fullmatch(normalised) is None or sum(map(str.isdigit, normalised)) < _MIN_PHONE_DIGITS:
        raise ValueError("must be a phone number, such as +1 555 0100")
    return normalised


def login_name(text: str) -> str:
    """Accept a username or email address at sign-in: up to 254 characters in the form in which names are compared.

    Normalisation can make a text 18 times as long, so the length is checked afterwards.
    """
    normalised = folded(text)
    if len(normalised) > MAX_EMAIL_LENGTH:
        raise ValueError(f"must have at most {MAX_EMAIL_LENGTH} characters")
    return normalised


def date_of_birth(day: date, today: date) -> date:
    """Accept a day since 1900 on which a person of at least 18 years was born.

    A person born on 29 February comes of age on 1 March.
    """
    if not _EARLIEST_DATE_OF_BIRTH <= day < today:
        raise ValueError("must be a date in the past, not before 1900")
    age_years = today.year - day.year - ((today.month, today.day) < (day.month, day.day))
    if age_years < _FULL_AGE_YEARS:
        raise ValueError(f"you must be at least {_FULL_AGE_YEARS} years old")
    return day


def _single_line(text: str, max_length: int) -> str:
    normalised = unicodedata.normalize("NFC", text).strip()
    if is_misleading(normalised):
        raise ValueError("control characters are not allowed")
    if len(normalised) > max_length:
        raise ValueError(f"must have at most {max_length} characters")
    return normalised
