"""Find creditor references in texts that payers write, with a bound on the work.

Source: ISO 11649.
"""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING, Final

from chalicelib.transfers.domain.references import REFERENCE_LENGTH

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

MAX_CHECKED_PER_TEXT: Final = 5
MAX_CHECKED_PER_PAYMENT: Final = 20
_START: Final = re.compile(r"(?<![A-Z0-9])(?=(RF\d\d(?:[ -]?[A-Z0-9]){1,21}))", re.ASCII)
_GROUP: Final = 4
_SHORTEST: Final = 5
_SEARCHED_TEXT: Final = 2000
_SEARCHED_STARTS: Final = 20


def creditor_reference(text: str) -> str:
    """Return the first valid ISO 11649 reference in a text, without spaces, or an empty text.

    People write it in groups of four, and banks divide texts into lines; a reference may therefore contain spaces.
    Only the first 2,000 characters are searched, and five candidates are checked. The platform's own length comes
    first, because the two check digits accept one of 97 texts, such as a reference with the next word.

    >>> creditor_reference("Loan RF18 5390 0754 7034 thank you")
    'RF18539007547034'
    """
    return first_creditor_reference((text,))


def first_creditor_reference(texts: Iterable[str]) -> str:
    """Return the first valid reference in the texts of a payment, or an empty text; 20 candidates are checked."""
    from stdnum import iso11649

    candidates = (candidate for text in texts for candidate in islice(_candidates(text), MAX_CHECKED_PER_TEXT))
    checked = islice(candidates, MAX_CHECKED_PER_PAYMENT)
    return next((candidate for candidate in checked if iso11649.is_valid(candidate)), "")


def _candidates(text: str) -> Iterator[str]:
    """Return different texts that may be references, the likeliest first."""
    starts = islice(_START.finditer(text[:_SEARCHED_TEXT].upper()), _SEARCHED_STARTS)
    found = dict.fromkeys(candidate for start in starts for candidate in _joined(start[1]))
    return iter(sorted(found, key=lambda candidate: len(candidate) != REFERENCE_LENGTH))


def _joined(text: str) -> list[str]:
    words = text.replace("-", " ").split()
    candidates = ("".join(words[:count]) for count in _likely_lengths(words))
    return [candidate for candidate in candidates if len(candidate) >= _SHORTEST]


def _likely_lengths(words: list[str]) -> list[int]:
    """Return numbers of words that may form a reference, the likeliest first.

    One word, then groups of four of which the last may be shorter, then the rest.
    """
    full = next((count for count, word in enumerate(words) if len(word) != _GROUP), len(words))
    grouped = full + 1 if full < len(words) and len(words[full]) < _GROUP else full
    return list(dict.fromkeys([1, *range(grouped, 1, -1), *range(len(words), 1, -1)]))
