"""Budget of a cold start, in modules that are imported, not in seconds."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from functools import cache
from typing import Final

import pytest

from tests.architecture.source import ROOT

LIBRARY_MODULES: Final = 478
"""Modules of libraries; 477 when the limit was set."""
OWN_MODULES: Final = 425
"""Modules of the platform: 310 without events and notifications, 405 with them. Each feature adds a few."""

DENIED: Final = (
    "argon2", "asyncio", "aws_xray_sdk", "boto3", "cryptography", "defusedxml", "hypothesis", "moto", "multiprocessing",
    "numpy", "pandas", "pkg_resources", "redis", "requests", "s3transfer", "segno", "setuptools", "sqlite3", "stdnum",
    "unittest", "yaml",
)  # fmt: skip

_IMPORT: Final = """
import json, os, sys
sys.modules["cryptography"] = None  # installed for tests, not in the bundle
import app
imported = sorted(name for name, module in sys.modules.items() if module)
from chalicelib.container import get_container
get_container()
from local.events import Match, proxy_event
from local.http_messages import HttpRequest
from local.lambda_context import LambdaContext
request = HttpRequest("GET", "/api/wallets/", (("Host", "localhost"),), b"", source_ip="127.0.0.1")
event = proxy_event(request, Match("/api/wallets", {}), stage="test", binary_types=())
sys.stdout = sys.stderr
response = app.app(event, LambdaContext())
sys.stdout = sys.__stdout__
served = sorted(name for name, module in sys.modules.items() if module)
import gc
frozen = gc.get_freeze_count()
from botocore.client import BaseClient
clients = [each for each in gc.get_objects() if isinstance(each, BaseClient)]
print(json.dumps({
    "imported": imported,
    "served": served,
    "status": response["statusCode"],
    "enabled": gc.isenabled(),
    "frozen": frozen,
    "clients": len(clients),
    "validating": sum(type(each._serializer).__name__ == "ParamValidationDecorator" for each in clients),
}))
"""


@cache
def cold_start() -> Mapping[str, object]:
    """Import the application in a new interpreter and let it reject one anonymous request."""
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
def test_heavy_libraries_are_not_imported(when: str) -> None:
    loaded = cold_start()[when]
    assert isinstance(loaded, list)

    assert sorted({name.partition(".")[0] for name in loaded} & set(DENIED)) == []


def test_import_stays_within_its_budget_of_modules() -> None:
    loaded = cold_start()["imported"]
    assert isinstance(loaded, list)

    own = [name for name in loaded if name.partition(".")[0] in ("chalicelib", "app")]

    assert len(own) <= OWN_MODULES, len(own)
    assert len(loaded) - len(own) <= LIBRARY_MODULES, len(loaded) - len(own)


def test_the_only_client_skips_parameter_validation() -> None:
    assert cold_start()["status"] == 401
    assert (cold_start()["clients"], cold_start()["validating"]) == (1, 0)


def test_imported_objects_are_exempt_from_garbage_collection() -> None:
    frozen = cold_start()["frozen"]
    assert isinstance(frozen, int)

    assert frozen > 10_000
    assert cold_start()["enabled"] is True
