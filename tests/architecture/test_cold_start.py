"""What a cold start has to load is counted: modules, never seconds."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from functools import cache
from typing import Final

import pytest

from tests.architecture.source import ROOT

OTHERS_MODULES: Final = 475
"""Modules that are not the platform's own; 473 when this was written."""
OWN_MODULES: Final = 182
"""The platform's own; 178 when this was written, and 48 more that only operators need."""

DENIED: Final = (
    "argon2", "asyncio", "aws_xray_sdk", "boto3", "cryptography", "hypothesis", "moto", "multiprocessing", "numpy",
    "pandas", "pkg_resources", "redis", "requests", "s3transfer", "setuptools", "sqlite3", "unittest", "yaml",
)  # fmt: skip

ONLY_OPERATORS_NEED: Final = (
    "chalicelib.admin.domain", "chalicelib.admin.schemas", "chalicelib.admin.service",
    "chalicelib.reporting.repository",
    "chalicelib.reporting.schemas", "chalicelib.reporting.service", "chalicelib.container.keeping",
)  # fmt: skip
"""Operators' calls, tasks and projections."""

_IMPORT: Final = """
import json, os, sys
sys.modules["cryptography"] = None  # installed for tests, not in the bundle
import app
imported = sorted(name for name, module in sys.modules.items() if module)
from chalicelib.container import platform
platform()
from local.events import Match, proxy_event
from local.http_messages import HttpRequest
from local.lambda_context import LambdaContext
request = HttpRequest("GET", "/api/wallets/", (("Host", "localhost"),), b"", source_ip="127.0.0.1")
event = proxy_event(request, Match("/api/wallets", {}), stage="test", binary_types=())
sys.stdout = sys.stderr
answer = app.app(event, LambdaContext())
sys.stdout = sys.__stdout__
served = sorted(name for name, module in sys.modules.items() if module)
import gc
kept = gc.get_freeze_count()
from botocore.client import BaseClient
clients = [each for each in gc.get_objects() if isinstance(each, BaseClient)]
print(json.dumps({
    "imported": imported,
    "served": served,
    "status": answer["statusCode"],
    "collects": gc.isenabled(),
    "kept": kept,
    "clients": len(clients),
    "validating": sum(type(each._serializer).__name__ == "ParamValidationDecorator" for each in clients),
}))
"""


@cache
def cold_start() -> Mapping[str, object]:
    """A fresh interpreter that imports the application and refuses one request of nobody."""
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "COV_"))},
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "any",
        "AWS_SECRET_ACCESS_KEY": "any",
        "STAGE": "local",
    }
    ran = subprocess.run(
        [sys.executable, "-c", _IMPORT], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    found: Mapping[str, object] = json.loads(ran.stdout)
    return found


@pytest.mark.parametrize("when", ["imported", "served"])
def test_nothing_heavy_is_loaded(when: str) -> None:
    loaded = cold_start()[when]
    assert isinstance(loaded, list)

    assert sorted({name.partition(".")[0] for name in loaded} & set(DENIED)) == []


@pytest.mark.parametrize("when", ["imported", "served"])
def test_what_only_operators_need_waits_for_them(when: str) -> None:
    loaded = cold_start()[when]
    assert isinstance(loaded, list)

    assert sorted(set(loaded) & set(ONLY_OPERATORS_NEED)) == []


def test_the_import_stays_within_its_budget_of_modules() -> None:
    loaded = cold_start()["imported"]
    assert isinstance(loaded, list)

    own = [name for name in loaded if name.partition(".")[0] in ("chalicelib", "app")]

    assert len(own) <= OWN_MODULES, len(own)
    assert len(loaded) - len(own) <= OTHERS_MODULES, len(loaded) - len(own)


def test_there_is_one_client_and_it_does_not_validate_what_our_types_have_made() -> None:
    assert cold_start()["status"] == 401
    assert (cold_start()["clients"], cold_start()["validating"]) == (1, 0)


def test_what_the_import_made_is_left_out_of_collections_and_what_requests_make_is_not() -> None:
    kept = cold_start()["kept"]
    assert isinstance(kept, int)

    assert kept > 10_000
    assert cold_start()["collects"] is True
