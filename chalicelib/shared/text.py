"""Checks of text that users write: it must look the same to every reader."""

import unicodedata
from typing import Final

_NO_TEXT: Final = frozenset({"Cc", "Cs", "Co", "Cn", "Zl", "Zp"})
_JOINERS: Final = frozenset("\u200c\u200d")
"""Joiners are part of words in Persian and Indian scripts and of emoji, so names may contain them."""


def is_misleading(text: str) -> bool:
    """Return True if a text has control characters, line ends, or invisible marks that change how it reads.

    Direction marks can reverse a text, so that one name appears as another; zero-width spaces make different texts
    look alike. Source: Unicode Technical Report 36, sections 2.5 and 2.6.
    """
    return any(_is_unwanted(character) for character in text)


def _is_unwanted(character: str) -> bool:
    category = unicodedata.category(character)
    return category in _NO_TEXT or (category == "Cf" and character not in _JOINERS)
