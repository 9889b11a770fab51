"""Which characters a text that people write may hold, so that it looks the same to everybody who reads it."""

import unicodedata
from typing import Final

_NO_TEXT: Final = frozenset({"Cc", "Cs", "Co", "Cn", "Zl", "Zp"})
_JOINERS: Final = frozenset("\u200c\u200d")
"""They shape words of Persian and of Indian scripts, and join emoji: names cannot do without them."""


def is_misleading(text: str) -> bool:
    """Return True if a text has control characters, line ends, or invisible marks that change how it reads.

    Marks of direction make a text run backwards, so that one name shows as another; blanks without width make
    two texts that look alike. Source: Unicode Technical Report 36, sections 2.5 and 2.6.
    """
    return any(_is_unwanted(character) for character in text)


def _is_unwanted(character: str) -> bool:
    category = unicodedata.category(character)
    return category in _NO_TEXT or (category == "Cf" and character not in _JOINERS)
