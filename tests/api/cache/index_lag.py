"""Indexes that stand still: queries on them give what they gave before, as a lagging index does."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from chalicelib.container import Container

_NOTHING: Final = {"Items": [], "Count": 0, "ScannedCount": 0}


class _Answered:
    """The part of an HTTP answer that botocore looks at."""

    status_code = 200


class LaggingIndexes:
    """Remembers every index query of a platform; while they lag, the same query gives the same answer."""

    def __init__(self, container: Container) -> None:
        events: Any = container.database.client.meta.events
        self._known: dict[str, dict[str, Any]] = {}
        self._asked = ""
        self._lag = False
        events.register("before-call.dynamodb.Query", self._before)
        events.register("after-call.dynamodb.Query", self._after)

    @contextmanager
    def standing_still(self) -> Iterator[None]:
        """Indexes show nothing that is written now; a query that was never asked finds nothing."""
        self._lag = True
        try:
            yield
        finally:
            self._lag = False

    def _before(self, params: dict[str, Any], **_: Any) -> tuple[_Answered, dict[str, Any]] | None:
        self._asked = params["body"].decode() if isinstance(params["body"], bytes) else params["body"]
        if not self._lag or "IndexName" not in json.loads(self._asked):
            return None
        return _Answered(), copy.deepcopy(self._known.get(self._asked, _NOTHING))

    def _after(self, parsed: dict[str, Any], **_: Any) -> None:
        if not self._lag:
            self._known[self._asked] = copy.deepcopy(parsed)
