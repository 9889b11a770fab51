"""Reports of all kinds, and their rows in CSV."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

Figure = str | int | bool | None
Json = Figure | Sequence["Json"] | Mapping[str, "Json"]


@dataclass(frozen=True, slots=True)
class Report:
    """The figures of one kind and day. A final report does not change any more."""

    kind: str
    day: date
    is_final: bool
    content: dict[str, Any]


def csv_rows(content: Mapping[str, Json]) -> Iterator[tuple[str, str, str, str]]:
    """Yield section, line, figure and value. The first value of a list's member names its line."""
    for name, value in content.items():
        if isinstance(value, Mapping):
            yield from _section(name, value)
        elif isinstance(value, str | int | None):
            yield "", "", name, _text(value)
        else:
            yield from _lines(name, value)


def _section(section: str, content: Mapping[str, Json]) -> Iterator[tuple[str, str, str, str]]:
    for subsection, line, figure, value in csv_rows(content):
        yield f"{section}.{subsection}" if subsection else section, line, figure, value


def _lines(section: str, members: object) -> Iterator[tuple[str, str, str, str]]:
    if not isinstance(members, list | tuple):
        return
    for member in members:
        key, *figures = member.items()
        for name, value in figures:
            yield section, _text(key[1]), name, _text(value)


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else str(value)
