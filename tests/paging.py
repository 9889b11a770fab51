"""Read a whole list, page by page."""

from typing import Any

from tests.factories import User, ok


def pages_of(person: User, path: str, *, limit: int) -> list[list[Any]]:
    """Return the items of every page; none is longer than ``limit``."""
    found: list[list[Any]] = []
    address = path = f"{path}{'&' if '?' in path else '?'}limit={limit}"
    while True:
        page = ok(person.http.get(address)).json
        assert len(page["items"]) <= limit
        found.append(page["items"])
        if page["next_cursor"] is None:
            return found
        address = f"{path}&cursor={page['next_cursor']}"


def all_of(person: User, path: str, *, limit: int) -> list[Any]:
    """Return the items of all pages in one list."""
    return [item for page in pages_of(person, path, limit=limit) for item in page]
