"""Items that tests find in the table of events, and endpoints that they put there."""

from collections import Counter
from datetime import datetime

from chalicelib.container import Container
from chalicelib.events.models import EndpointItem
from chalicelib.shared.ids import new_id
from tests.engines import Storage


def keys(storage: Storage) -> Counter[tuple[str, str]]:
    """Return the keys of all items of the table."""
    return Counter((item["pk"]["S"], item["sk"]["S"]) for item in storage.items("events"))


def recorded(storage: Storage, kind: str) -> list[str]:
    """Return ``<partition>/<sort key>`` of items whose sort key begins with a kind, such as ``EVENT#``, sorted."""
    return sorted(f"{partition}/{sort}" for partition, sort in keys(storage) if sort.startswith(kind))


def add_endpoint(
    container: Container, user_id: str, *, types: str = '["*"]', enabled: bool = True, at: datetime | None = None
) -> str:
    """Put a webhook endpoint, created now or at another business time, and return its id."""
    endpoint_id = new_id(container.clock())
    item = EndpointItem(
        f"USER#{user_id}",
        f"ENDPOINT#{endpoint_id}",
        url="https://example.com/",
        event_types=types,
        enabled=enabled,
        created_at=at or container.clock(),
        secret="sealed",
        version=1,
    )
    container.database.put(item)
    return endpoint_id
