"""Lagging indexes: queries on them return what they returned before."""

import copy
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from chalicelib.container import Container

_NOTHING: Final = {"Items": [], "Count": 0, "ScannedCount": 0}


class _HttpResponse:
    """The part of an HTTP response that botocore reads."""

    status_code = 200
    headers: Final[dict[str, str]] = {}


class LaggingIndexes:
    """Record every index query of a container; while indexes lag, the same query gets the same response."""

    def __init__(self, container: Container) -> None:
        events: Any = container.database.client.meta.events
        self._known: dict[str, dict[str, Any]] = {}
        self._request = ""
        self._lag = False
        events.register("before-call.dynamodb.Query", self._before)
        events.register("after-call.dynamodb.Query", self._after)

    @contextmanager
    def lagging(self) -> Iterator[None]:
        """Hide all new writes from indexes; an unknown query finds nothing."""
        self._lag = True
        try:
            yield
        finally:
            self._lag = False

    def _before(self, params: dict[str, Any], **_: Any) -> tuple[_HttpResponse, dict[str, Any]] | None:
        self._request = params["body"].decode() if isinstance(params["body"], bytes) else params["body"]
        if not self._lag or "IndexName" not in json.loads(self._request):
            return None
        return _HttpResponse(), copy.deepcopy(self._known.get(self._request, _NOTHING))

    def _after(self, parsed: dict[str, Any], **_: Any) -> None:
        if not self._lag:
            self._known[self._request] = copy.deepcopy(parsed)
