"""Import rules of docs/architecture.md: the contracts hold, and each of them rejects what it forbids."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from collections.abc import Iterable
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any, Final

import pytest

from tests.architecture.requirements import bundled_modules, imported_modules
from tests.architecture.source import PLATFORM, ROOT, sources

_LINTER: Final = Path(sys.executable).parent / "lint-imports"
_FEATURES: Final = (
    "users", "wallets", "loans", "auto_invest", "origination", "servicing", "investments", "reporting", "admin",
)  # fmt: skip
_LAYERS: Final = ("routes", "schemas", "jobs", "service", "repository", "models", "domain")
_SHARED: Final = ("money", "errors", "clock", "ids", "actor", "text", "settings")
_TECHNICAL: Final = {
    "shared": _SHARED,
    "lending_math": ("schedule",),
    "dynamodb": ("database",),
    "observability": ("logging",),
    "cache": ("service",),
    "api": ("routing",),
    "jobs": ("queue",),
    "web": ("routes",),
}


def check_imports(folder: Path) -> str:
    """Run import-linter and return its output, without line breaks inside the names of contracts."""
    ran = subprocess.run(
        [str(_LINTER), "--no-logo", "--no-cache"], cwd=folder, env={**os.environ, "COLUMNS": "400"},
        capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    return ran.stdout + ran.stderr


def broken_contracts(output: str) -> list[str]:
    """Return the names of the contracts that do not hold."""
    assert "Contracts: " in output, output
    return [line.partition(" BROKEN")[0] for line in output.splitlines() if " BROKEN" in line]


@pytest.fixture(scope="module")
def contracts() -> list[dict[str, Any]]:
    """The contracts in pyproject.toml."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    found: list[dict[str, Any]] = settings["tool"]["importlinter"]["contracts"]
    return found


@pytest.fixture
def empty_platform(tmp_path: Path) -> Path:
    """Every feature and technical folder with every layer, all of them empty, under the project's own contracts."""
    (tmp_path / "pyproject.toml").write_bytes((ROOT / "pyproject.toml").read_bytes())
    modules = ["__init__", "container"]
    modules += [f"{feature}/{layer}" for feature in _FEATURES for layer in ("__init__", *_LAYERS)]
    modules += [f"{folder}/{name}" for folder, names in _TECHNICAL.items() for name in ("__init__", *names)]
    for module in (*(f"chalicelib/{name}" for name in modules), "local/__init__", "local/seed"):
        path = tmp_path / f"{module}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text('"""Empty."""\n')
    return tmp_path


def test_contracts_hold() -> None:
    output = check_imports(ROOT)

    assert broken_contracts(output) == [], output


def test_contracts_name_every_feature(contracts: list[dict[str, Any]]) -> None:
    features = {path.parent.name for path in (ROOT / "chalicelib").glob("*/routes*")} - {"web"}
    containers = next(contract["containers"] for contract in contracts if contract["id"] == "layers")

    assert {f"chalicelib.{feature}" for feature in features} == set(containers)


_ALLOWED: Final = (
    ("loans/routes", "chalicelib.loans.service"),
    ("loans/routes", "chalicelib.loans.schemas"),
    ("loans/routes", "chalicelib.container"),
    ("loans/jobs", "chalicelib.container"),
    ("web/routes", "chalicelib.container"),
    ("container", "chalicelib.loans.repository"),
    ("loans/service", "chalicelib.wallets.service"),
    ("loans/service", "chalicelib.wallets.domain"),
    ("loans/repository", "chalicelib.loans.models"),
    ("loans/models", "pynamodb.models"),
    ("loans/schemas", "pydantic"),
    ("shared/settings", "pydantic"),
    ("cache/service", "redis"),
    ("auto_invest/service", "chalicelib.loans.repository"),
    ("origination/service", "chalicelib.loans.repository"),
    ("servicing/service", "chalicelib.loans.repository"),
    ("investments/service", "chalicelib.loans.repository"),
    ("../local/seed", "chalicelib.container"),
)


def test_contracts_allow_what_the_design_allows(empty_platform: Path) -> None:
    for importer, imported in _ALLOWED:
        add_import(empty_platform, importer, imported)

    output = check_imports(empty_platform)

    assert broken_contracts(output) == [], output


_ORDER: Final = (
    "shared", "lending_math", "cache", "api", "users", "wallets", "loans", "auto_invest", "origination", "servicing",
    "investments", "reporting", "admin", "web",
)  # fmt: skip
_UPWARD: Final = tuple(zip(_ORDER, _ORDER[1:], strict=False))
_FORBIDDEN: Final = (
    ("loans/service", "chalicelib.loans.routes", "Inside a feature"),
    ("loans/repository", "chalicelib.loans.service", "Inside a feature"),
    ("loans/domain", "chalicelib.loans.models", "Inside a feature"),
    ("loans/service", "chalicelib.loans.schemas", "Inside a feature"),
    ("loans/service", "chalicelib.container", "Only routes, job entry points"),
    ("loans/schemas", "chalicelib.container", "Only routes, job entry points"),
    ("loans/domain", "boto3", "standard library alone"),
    ("loans/domain", "chalicelib.dynamodb.database", "standard library alone"),
    ("lending_math/schedule", "pydantic", "standard library alone"),
    *((f"shared/{name}", "pydantic", "standard library alone") for name in _SHARED if name != "settings"),
    ("loans/service", "chalice", "neither Chalice nor pydantic"),
    ("loans/repository", "pydantic", "neither Chalice nor pydantic"),
    ("loans/jobs", "chalice.app", "neither Chalice nor pydantic"),
    ("loans/service", "chalicelib.loans.models", "chalicelib.loans.models"),
    *((f"{name}/routes", f"chalicelib.{name}.repository", f"chalicelib.{name}.repository") for name in _FEATURES),
    *((f"{name}/schemas", f"chalicelib.{name}.repository", f"chalicelib.{name}.repository") for name in _FEATURES),
    ("admin/service", "chalicelib.loans.repository", "chalicelib.loans.repository"),
    ("reporting/jobs", "chalicelib.wallets.repository", "chalicelib.wallets.repository"),
    ("reporting/repository", "chalicelib.wallets.models", "chalicelib.wallets.models"),
    ("api/routing", "local.seed", "local programs"),
)


@pytest.mark.parametrize(("importer", "imported", "contract"), _FORBIDDEN)
def test_contracts_reject_forbidden_imports(empty_platform: Path, importer: str, imported: str, contract: str) -> None:
    add_import(empty_platform, importer, imported)
    if imported.startswith("chalicelib.dynamodb"):
        add_import(empty_platform, "dynamodb/database", "botocore")

    output = check_imports(empty_platform)

    assert any(contract in name for name in broken_contracts(output)), output


@pytest.mark.parametrize(("lower", "higher"), _UPWARD)
def test_contracts_reject_imports_against_the_order(empty_platform: Path, lower: str, higher: str) -> None:
    module = _TECHNICAL.get(lower, ("service",))[0]
    add_import(empty_platform, f"{lower}/{module}", f"chalicelib.{higher}")

    output = check_imports(empty_platform)

    assert any("in one order" in name for name in broken_contracts(output)), output


def add_import(platform: Path, importer: str, imported: str) -> None:
    with (platform / "chalicelib" / f"{importer}.py").open("a") as module:
        module.write(f"import {imported}\n")


def test_no_module_imports_a_name_from_where_it_is_not_defined() -> None:
    """A re-export would get around the contracts, which see modules and not names."""
    found = [
        f"{importer}: {name} is defined in {origin}, not in {module}"
        for importer, module, name in _imported_names()
        if (origin := _defining_module(module, name)) not in (None, module)
    ]

    assert found == []


def _imported_names() -> Iterable[tuple[str, str, str]]:
    import ast

    for source in sources("app.py", "chalicelib", "local"):
        for node in ast.walk(source.tree):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("chalicelib."):
                yield from ((source.name, str(node.module), alias.name) for alias in node.names)


@cache
def _defining_module(module: str, name: str) -> str | None:
    """Return the module of ours that defines a class or function; None for constants and submodules."""
    value = getattr(import_module(module), name, None)
    origin = getattr(value, "__module__", None)
    return origin if isinstance(value, type) or (callable(value) and str(origin).startswith("chalicelib.")) else None


def test_only_app_py_declares_functions_for_events() -> None:
    """Chalice packages a handler that a blueprint declares under a module that never runs app.py's middleware."""
    decorators = (
        "schedule",
        "on_cw_event",
        "on_sqs_message",
        "on_dynamodb_record",
        "on_sns_message",
        "lambda_function",
    )
    names = {f".{name}(" for name in decorators}

    found = [source.name for source in sources("chalicelib") if any(name in source.text for name in names)]

    assert found == []


def test_imported_packages_are_in_the_lambda_bundle() -> None:
    missing = imported_modules(sources(*PLATFORM)) - bundled_modules()

    assert missing == set()
