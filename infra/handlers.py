"""Lambda handlers that app.py declares, with their event sources."""

import importlib
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

API: Final = "api_handler"


class Source(Enum):
    HTTP = "http"
    STREAM = "stream"
    QUEUE = "queue"
    SCHEDULE = "schedule"


@dataclass(frozen=True, slots=True)
class Handler:
    name: str
    source: Source
    of: str = ""
    function: str = "app"

    @property
    def logical_id(self) -> str:
        """Logical id in the template, as derived by Chalice."""
        return "APIHandler" if self.name == API else logical_id_of(self.name)


def logical_id_of(name: str) -> str:
    """Return the logical id that Chalice derives from the name of a function."""
    return "".join(part.capitalize() for part in name.split("_"))


def handlers() -> tuple[Handler, ...]:
    application = importlib.import_module("app").app
    return Handler(API, Source.HTTP), *_declared(application.event_sources)


def _declared(configs: list[Any]) -> Iterator[Handler]:
    for config in configs:
        function = config.handler_string.rpartition(".")[2]
        match type(config).__name__:
            case "DynamoDBEventConfig":
                yield Handler(config.name, Source.STREAM, config.stream_arn.split("/")[1], function)
            case "SQSEventConfig":
                yield Handler(config.name, Source.QUEUE, config.queue_arn.rpartition(":")[2], function)
            case "ScheduledEventConfig":
                yield Handler(config.name, Source.SCHEDULE, str(config.schedule_expression), function)
