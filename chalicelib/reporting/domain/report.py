"""A stored report."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any


@dataclass(frozen=True, slots=True)
class Report:
    """The figures of one kind and day; ``is_final`` where they do not change any more."""

    kind: str
    day: date
    is_final: bool
    content: dict[str, Any]
