"""Comparison of what users see with the cache and without it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from chalicelib.container import Container, install_container
from tests.factories import User
from tests.http_client import HttpClient
from tests.integration.cache.builders import ManualTime

Seen = tuple[int, Any]


@dataclass(frozen=True, slots=True)
class CacheComparison:
    """Everything that users see. Cursors are left out: each response seals them again."""

    http: HttpClient
    cached: Container
    uncached: Container
    time_of_day: ManualTime

    def assert_nothing_is_stale(self, people: Iterable[User], loan_ids: Iterable[str]) -> None:
        """Check that users see the stored state, immediately and after the indexes have caught up."""
        audience, loans = list(people), list(loan_ids)
        truth = self._all(self.uncached, audience, loans)
        for seconds in (0, 3):
            self.time_of_day.advance(seconds)
            assert self._all(self.cached, audience, loans) == truth

    def _all(self, container: Container, people: list[User], loan_ids: list[str]) -> dict[str, Seen]:
        install_container(container)
        seen = {
            f"{person.actor.username} {path}": self._read(person, path) for person in people for path in paths(loan_ids)
        }
        install_container(self.cached)
        return seen

    def _read(self, person: User, path: str) -> Seen:
        response = person.http.get(path)
        body = response.json
        pages = [body.get("items")]
        while body.get("next_cursor") and "limit" in path:
            body = person.http.get(f"{path}&cursor={body['next_cursor']}").json
            pages.append(body["items"])
        return response.status, pages if "items" in body else body


def paths(loan_ids: list[str]) -> Iterator[str]:
    """Every path whose response is cached."""
    yield from ("/api/wallets/", "/api/loans/available/?limit=2", "/api/loans/available/?max_amount=500&limit=1")
    yield from ("/api/loans/my-loans/", "/api/loans/my-loans/?limit=1", "/api/loans/my-loans/?status=FUNDED")
    for loan_id in loan_ids:
        yield f"/api/loans/{loan_id}/"
        yield f"/api/loans/{loan_id}/schedule/"
