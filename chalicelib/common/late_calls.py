"""Calls whose modules are read when the first of them is made, or when somebody asks what can be called."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any, Final

from chalice.app import Blueprint

from chalicelib.common.api import REGISTRY, Endpoint

Respond = Callable[..., Any]
_LATE: Final[list[LateBlueprint]] = []


class LateBlueprint(Blueprint):
    """A blueprint that announces its calls to Chalice, and reads the modules that declare them when it has to.

    ``announced`` gives method and path of each; ``read`` imports the modules, which declare exactly these calls on
    this blueprint. Importing twice changes nothing, so threads may do it at once.
    """

    def __init__(self, name: str, announced: Collection[tuple[str, str]], read: Callable[[], None]) -> None:
        super().__init__(name)
        self.read: Final = read
        self.declared: Final[dict[tuple[str, str], Respond]] = {}
        self.announced: Final = frozenset(announced)
        for method, path in announced:
            super().route(path, methods=[method], content_types=["*/*"])(self._stand_in(method, path))
        _LATE.append(self)

    def route(self, path: str, **facts: Any) -> Callable[[Respond], Respond]:
        """Keep what answers an announced call.

        Raises:
            LookupError: nobody announced it.
        """

        def keep(respond: Respond) -> Respond:
            for method in facts["methods"]:
                if (method, path) not in self.announced:
                    raise LookupError(f"{method} {path} is not announced")
                self.declared[method, path] = respond
            return respond

        return keep

    def _stand_in(self, method: str, path: str) -> Respond:
        def respond(**parameters: str) -> Any:
            self.read()
            return self.declared[method, path](**parameters)

        return respond


def every_call() -> tuple[Endpoint, ...]:
    """All calls of the application, those too that nobody has made yet."""
    for blueprint in _LATE:
        blueprint.read()
    return tuple(REGISTRY)
