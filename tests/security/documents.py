"""The OpenAPI document as schemathesis reads it, and the checks that every response must pass."""

from __future__ import annotations

import importlib
from typing import Any, Final

import pytest
import schemathesis
from schemathesis.checks import CHECKS, load_all_checks

from local.gateway import Gateway
from tests.http_client import HttpClient
from tests.security.wsgi import application

NEED_MORE_THAN_A_SCHEMA: Final = frozenset({"positive_data_acceptance", "max_response_time"})
"""Rules of the domain refuse what the schema allows, such as a withdrawal above the balance; time is no matter here."""


@pytest.fixture
def document(http: HttpClient) -> Any:
    """What the application publishes."""
    return schemathesis.openapi.from_wsgi("/api/schema/", application(Gateway(importlib.import_module("app").app)))


def checks_of(operation: Any) -> list[Any]:
    """All that schemathesis knows. Of a query, unknown and empty parameters are ignored by contract: no rejection."""
    load_all_checks()
    left_out = NEED_MORE_THAN_A_SCHEMA | (set() if operation.body else {"negative_data_rejection"})
    return [CHECKS.get_one(name) for name in CHECKS.get_all_names() if name not in left_out]
