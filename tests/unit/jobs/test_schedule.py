"""The table of event functions, and what is derived from it."""

from __future__ import annotations

import json
from operator import attrgetter
from typing import Any, Final

import app
from chalicelib.container import Container
from chalicelib.jobs.schedule import QUEUES, SCHEDULED_JOBS, STREAMS
from chalicelib.shared.settings import Settings
from infra.handlers import Handler, Source, handlers
from tests.architecture.source import ROOT

FUNCTIONS: Final = (*SCHEDULED_JOBS, *STREAMS, *QUEUES)


def test_app_declares_every_function_of_the_table() -> None:
    declared = set(handlers())

    assert declared == {
        Handler("api_handler", Source.HTTP),
        *(Handler(each.name, Source.CLOCK, each.schedule, f"on_{each.name}") for each in SCHEDULED_JOBS),
        *(Handler(each.name, Source.STREAM, each.source, f"on_{each.name}") for each in STREAMS),
        *(Handler(each.name, Source.QUEUE, each.source, f"on_{each.name}") for each in QUEUES),
    }


def test_lambda_finds_every_function_in_app_under_its_own_name() -> None:
    found = [getattr(app, f"on_{each.name}").func.__code__.co_name for each in FUNCTIONS]

    assert found == [f"on_{each.name}" for each in FUNCTIONS]


def test_every_handler_is_a_method_of_a_service() -> None:
    container = Container(Settings())

    found = [attrgetter(each.handler)(container) for each in FUNCTIONS]

    container.database.connection.client.close()
    assert all(callable(each) for each in found)


def test_chalice_configuration_follows_the_table() -> None:
    configured: dict[str, Any] = json.loads((ROOT / ".chalice/config.json").read_text("utf-8"))["lambda_functions"]
    api = configured.pop("api_handler")

    assert configured == {
        each.name: {
            "iam_policy_file": f"policy-{each.name}.json",
            "lambda_memory_size": each.memory_mb,
            "lambda_timeout": each.timeout_seconds,
        }
        for each in FUNCTIONS
    }
    assert api["lambda_timeout"] == 29
