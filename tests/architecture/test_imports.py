"""Import rules of docs/architecture.md: the contracts hold, and each of them rejects what it forbids."""

from __future__ import annotations

import ast
import itertools
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterable
from functools import cache
from importlib import import_module
from pathlib import Path
from types import FunctionType
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


def create_empty_platform(folder: Path) -> Path:
    """Write every feature and technical folder with every layer, all of them empty, and the project's contracts."""
    (folder / "pyproject.toml").write_bytes((ROOT / "pyproject.toml").read_bytes())
    modules = ["__init__", "container"]
    modules += [f"{feature}/{layer}" for feature in _FEATURES for layer in ("__init__", *_LAYERS)]
    modules += [f"{folder}/{name}" for folder, names in _TECHNICAL.items() for name in ("__init__", *names)]
    for module in (*(f"chalicelib/{name}" for name in modules), "local/__init__", "local/seed"):
        path = folder / f"{module}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text('"""Empty."""\n')
    return folder


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


def test_contracts_allow_what_the_design_allows(tmp_path: Path) -> None:
    platform = create_empty_platform(tmp_path)
    for importer, imported in _ALLOWED:
        add_import(platform, importer, imported)

    output = check_imports(platform)

    assert broken_contracts(output) == [], output


_ORDER: Final = (
    "shared", "lending_math", "cache", "api", "users", "wallets", "loans", "auto_invest", "origination", "servicing",
    "investments", "reporting", "admin", "web",
)  # fmt: skip
_UPWARD: Final = tuple(itertools.pairwise(_ORDER))
_WITH_REPOSITORY: Final = ("users", "wallets", "loans", "auto_invest", "investments", "reporting", "admin")
_FORBIDDEN: Final = (
    ("loans.service", "loans.routes", "Inside a feature"),
    ("loans.repository", "loans.service", "Inside a feature"),
    ("loans.domain", "loans.models", "Inside a feature"),
    ("loans.service", "loans.schemas", "Inside a feature"),
    ("loans.service", "container", "Only routes, job entry points"),
    ("loans.schemas", "container", "Only routes, job entry points"),
    ("users.domain", "boto3", "standard library alone"),
    ("lending_math.schedule", "pydantic", "standard library alone"),
    *((f"shared.{name}", "pydantic", "standard library alone") for name in _SHARED if name != "settings"),
    ("loans.service", "chalice", "neither Chalice nor pydantic"),
    ("loans.repository", "pydantic", "neither Chalice nor pydantic"),
    ("loans.jobs", "chalice", "neither Chalice nor pydantic"),
    ("loans.service", "loans.models", "loans.models is imported"),
    ("wallets.repository", "users.models", "users.models is imported"),
    *((f"{name}.routes", f"{name}.repository", f"{name}.repository is imported") for name in _WITH_REPOSITORY),
    *((f"{name}.schemas", f"{name}.repository", f"{name}.repository is imported") for name in _WITH_REPOSITORY),
    ("admin.service", "loans.repository", "loans.repository is imported"),
    ("reporting.jobs", "wallets.repository", "wallets.repository is imported"),
    ("api.routing", "local.seed", "local programs"),
    *((f"{lower}.{_TECHNICAL.get(lower, ('service',))[0]}", higher, "in one order") for lower, higher in _UPWARD),
)


@pytest.fixture(scope="module")
def reported(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What import-linter says about each contract when every forbidden import has been made."""
    platform = create_empty_platform(tmp_path_factory.mktemp("platform"))
    for importer, imported, _ in _FORBIDDEN:
        add_import(platform, importer.replace(".", "/"), _absolute(imported))
    output = check_imports(platform)
    _, _, details = output.partition("Broken contracts")
    sections = re.split(r"\n(?P<name>\S.*)\n-+\n", details)[1:]
    return dict(zip(sections[::2], sections[1::2], strict=True))


@pytest.mark.parametrize(("importer", "imported", "contract"), _FORBIDDEN)
def test_contracts_reject_forbidden_imports(
    reported: dict[str, str], importer: str, imported: str, contract: str
) -> None:
    violation = f"chalicelib.{importer} -> {_absolute(imported)} ("

    assert any(contract in name and violation in text for name, text in reported.items()), reported


def _absolute(module: str) -> str:
    return f"chalicelib.{module}" if module.partition(".")[0] in (*_FEATURES, *_TECHNICAL, "container") else module


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
    for source in sources("app.py", "chalicelib", "local"):
        for node in ast.walk(source.tree):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("chalicelib."):
                yield from ((source.name, str(node.module), alias.name) for alias in node.names)


@cache
def _defining_module(module: str, name: str) -> str | None:
    """Return the module that defines a class or function; None for constants and submodules."""
    value = getattr(import_module(module), name, None)
    return value.__module__ if isinstance(value, type | FunctionType) else None


def test_only_app_py_declares_functions_for_events() -> None:
    """Chalice packages a handler that a blueprint declares under a module that never runs app.py's middleware."""
    decorators = (
        "schedule", "on_cw_event", "on_sqs_message", "on_dynamodb_record", "on_sns_message", "lambda_function",
    )  # fmt: skip

    found = [
        source.at(function)
        for source in sources("chalicelib")
        for function in source.functions()
        for decorator in function.decorator_list
        if getattr(getattr(decorator, "func", decorator), "attr", "") in decorators
    ]

    assert found == []


def test_imported_packages_are_in_the_lambda_bundle() -> None:
    missing = imported_modules(sources(*PLATFORM)) - bundled_modules()

    assert missing == set()
