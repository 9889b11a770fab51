"""Who may import whom: the contracts hold, and each of them catches what it forbids."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from tests.architecture.requirements import bundled_modules, imported_modules
from tests.architecture.source import PLATFORM, ROOT, sources

_LINTER: Final = Path(sys.executable).parent / "lint-imports"
_WINGS: Final = ("web", "admin", "reports", "loans", "wallets", "users", "common")
_FEATURES: Final = ("users", "wallets", "loans", "reports", "admin")
_ROOMS: Final = ("routes", "schemas", "jobs", "service", "repository", "models")
_PURE: Final = ("money", "errors", "clock", "ids", "actor")


def check_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(_LINTER), "--no-logo", "--no-cache"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.fixture
def building(tmp_path: Path) -> Path:
    """The rooms and wings of the platform, all of them empty, under the project's own contracts."""
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    modules = [f"chalicelib/{wing}/__init__.py" for wing in _WINGS]
    modules += [f"chalicelib/{feature}/{room}.py" for feature in _FEATURES for room in _ROOMS]
    modules += [f"chalicelib/{feature}/domain/__init__.py" for feature in _FEATURES]
    modules += [f"chalicelib/common/{name}.py" for name in (*_PURE, "api")]
    for module in (
        "chalicelib/__init__.py",
        "chalicelib/wiring.py",
        "local/__init__.py",
        "local/seed.py",
        *modules,
    ):
        path = tmp_path / module
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text('"""Empty."""\n')
    return tmp_path


def test_the_contracts_hold() -> None:
    done = check_imports(ROOT)

    assert done.returncode == 0, done.stdout + done.stderr


def test_an_empty_building_breaks_no_contract(building: Path) -> None:
    done = check_imports(building)

    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("importer", "imported"),
    [
        ("loans/routes.py", "chalicelib.loans.service"),
        ("loans/routes.py", "chalicelib.loans.schemas"),
        ("loans/routes.py", "chalicelib.container"),
        ("loans/jobs.py", "chalicelib.container"),
        ("web/__init__.py", "chalicelib.container"),
        ("wiring.py", "chalicelib.loans.repository"),
        ("loans/service.py", "chalicelib.wallets.service"),
        ("loans/repository.py", "chalicelib.loans.models"),
        ("loans/models.py", "pynamodb.models"),
        ("loans/schemas.py", "pydantic"),
        ("../local/seed.py", "chalicelib.container"),
    ],
)
def test_what_the_plan_allows_passes(building: Path, importer: str, imported: str) -> None:
    plant(building, importer, imported)

    done = check_imports(building)

    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("importer", "imported", "contract"),
    [
        ("loans/service.py", "chalicelib.loans.routes", "Rooms: routes and jobs"),
        ("loans/repository.py", "chalicelib.loans.service", "Rooms: routes and jobs"),
        ("loans/domain/__init__.py", "chalicelib.loans.models", "Rooms: routes and jobs"),
        ("loans/service.py", "chalicelib.loans.schemas", "Rooms: routes and jobs"),
        ("loans/schemas.py", "chalicelib.loans.repository", "The loans' repository"),
        ("wallets/service.py", "chalicelib.loans.service", "Wings"),
        ("common/api.py", "chalicelib.users.service", "Wings"),
        ("loans/service.py", "chalicelib.container", "Wings"),
        ("loans/domain/__init__.py", "boto3", "Domain and the pure part"),
        ("common/money.py", "pydantic", "Domain and the pure part"),
        ("common/clock.py", "redis", "Domain and the pure part"),
        ("loans/service.py", "chalicelib.loans.models", "The loans' models"),
        ("loans/repository.py", "chalicelib.wallets.models", "The wallets' models"),
        ("loans/routes.py", "chalicelib.loans.repository", "The loans' repository"),
        ("loans/service.py", "chalicelib.wallets.repository", "The wallets' repository"),
        ("loans/service.py", "chalice", "neither Chalice nor pydantic"),
        ("loans/repository.py", "pydantic", "neither Chalice nor pydantic"),
        ("loans/jobs.py", "chalice.app", "neither Chalice nor pydantic"),
        ("loans/schemas.py", "chalicelib.container", "Only routes, jobs, web"),
        ("common/api.py", "local.seed", "knows nothing of the laptop"),
    ],
)
def test_what_the_plan_forbids_is_caught(building: Path, importer: str, imported: str, contract: str) -> None:
    plant(building, importer, imported)

    done = check_imports(building)

    broken = [line for line in done.stdout.splitlines() if line.endswith("BROKEN")]
    assert any(contract in line for line in broken), done.stdout + done.stderr


def plant(building: Path, importer: str, imported: str) -> None:
    with (building / "chalicelib" / importer).open("a") as module:
        module.write(f"import {imported}\n")


def test_only_app_py_declares_functions_for_events() -> None:
    """A handler that a blueprint declares is packaged under a module that never runs app.py's middleware."""
    decorators = (
        "schedule",
        "on_cw_event",
        "on_sqs_message",
        "on_dynamodb_record",
        "on_sns_message",
        "lambda_function",
    )

    found = [
        source.at(function)
        for source in sources("chalicelib")
        for function in source.functions()
        for decorator in function.decorator_list
        if getattr(getattr(decorator, "func", decorator), "attr", "") in decorators
    ]

    assert found == []


def test_what_the_platform_imports_is_in_the_lambda_bundle() -> None:
    missing = imported_modules(sources(*PLATFORM)) - bundled_modules()

    assert missing == set()
