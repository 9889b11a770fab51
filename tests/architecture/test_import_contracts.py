"""The import contracts hold, and each of them rejects what it forbids."""

import ast
import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pathlib import Path
from types import FunctionType
from typing import Any, Final

import pytest

from tests.architecture.requirements import bundled_modules, imported_modules
from tests.architecture.source import PLATFORM, ROOT, sources

_LINTER: Final = Path(sys.executable).parent / "lint-imports"
_CONTRACTS: Final[dict[str, dict[str, Any]]] = {
    contract["id"]: contract
    for contract in tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]["contracts"]
}
_FEATURES: Final = tuple(name.removeprefix("chalicelib.") for name in _CONTRACTS["layers"]["containers"])
_FOLDERS: Final = tuple(
    name.strip()
    for layer in _CONTRACTS["features"]["layers"]
    for name in layer.replace("|", ":").split(":")
    if not name.startswith("(")
)
_LAYERS: Final = ("routes", "schemas", "jobs", "service", "repository", "models")
_PURE: Final = tuple(
    name.removeprefix("chalicelib.") for name in _CONTRACTS["pure"]["source_modules"] if ".shared." in name
)
_ALLOWED: Final = (
    ("loans.routes", "chalicelib.loans.service"),
    ("loans.routes", "chalicelib.loans.schemas"),
    ("loans.routes", "chalicelib.container"),
    ("loans.jobs", "chalicelib.container"),
    ("web.routes", "chalicelib.container"),
    ("container", "chalicelib.loans.repository"),
    ("loans.service", "chalicelib.wallets.service"),
    ("loans.service", "chalicelib.wallets.domain"),
    ("origination.service", "chalicelib.loans.repository"),
    ("servicing.service", "chalicelib.lending_math"),
    ("loans.repository", "chalicelib.loans.models"),
    ("loans.models", "pynamodb.models"),
    ("loans.schemas", "pydantic"),
)
_FORBIDDEN: Final = (
    ("loans.service", "chalicelib.loans.routes", "layers"),
    ("loans.repository", "chalicelib.loans.service", "layers"),
    ("loans.domain", "chalicelib.loans.models", "layers"),
    ("loans.service", "chalicelib.loans.schemas", "layers"),
    ("wallets.service", "chalicelib.loans.service", "features"),
    ("loans.domain", "chalicelib.servicing.service", "features"),
    ("api", "chalicelib.users.service", "features"),
    ("lending_math", "chalicelib.dynamodb", "features"),
    ("shared.ids", "chalicelib.cache", "features"),
    ("loans.domain", "boto3", "pure"),
    ("lending_math", "pynamodb", "pure"),
    ("shared.money", "pydantic", "pure"),
    ("shared.clock", "redis", "pure"),
    ("loans.service", "chalicelib.loans.models", "models-loans"),
    ("loans.repository", "chalicelib.wallets.models", "models-wallets"),
    ("loans.schemas", "chalicelib.loans.repository", "repository-loans"),
    ("wallets.routes", "chalicelib.wallets.repository", "repository-wallets"),
    ("loans.service", "chalicelib.wallets.repository", "repository-wallets"),
    ("loans.service", "chalice", "framework"),
    ("loans.repository", "pydantic", "framework"),
    ("loans.jobs", "chalice", "framework"),
    ("loans.schemas", "chalicelib.container", "container"),
    ("api", "local.seed", "local"),
)


def check_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(_LINTER), "--no-logo", "--no-cache"],
        cwd=folder, env={**os.environ, "COLUMNS": "500"}, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip


def skeleton(folder: Path) -> Path:
    """Write the platform's folders and layers, with empty modules, and the project's own contracts."""
    shutil.copy(ROOT / "pyproject.toml", folder)
    packages = ["chalicelib", "local", *(f"chalicelib.{name}" for name in _FOLDERS)]
    packages += [f"chalicelib.{feature}.domain" for feature in _FEATURES]
    modules = [f"chalicelib.{feature}.{layer}" for feature in _FEATURES for layer in _LAYERS]
    modules += [f"chalicelib.{name}" for name in (*_PURE, "container", "web.routes")]
    for path in (*(f"{name}/__init__" for name in packages), *modules, "local.seed"):
        file = folder / f"{path.replace('.', '/')}.py"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text('"""Empty."""\n')
    return folder


def add_import(folder: Path, importer: str, imported: str) -> None:
    path = folder / importer.replace(".", "/")
    file = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    with file.open("a") as module:
        module.write(f"import {imported}\n")


@pytest.fixture(scope="module")
def violations(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The linter's report on a platform with every forbidden import, by the contract's name."""
    folder = skeleton(tmp_path_factory.mktemp("forbidden"))
    for importer, imported, _ in _FORBIDDEN:
        add_import(folder, f"chalicelib.{importer}", imported)
    report = check_imports(folder).stdout.partition("Broken contracts")[2]
    names = sorted(
        (report.index(f"\n{each['name']}\n"), each["name"])
        for each in _CONTRACTS.values()
        if f"\n{each['name']}\n" in report
    )
    ends = [start for start, _ in names[1:]] + [len(report)]
    return {name: report[start:end] for (start, name), end in zip(names, ends, strict=True)}


def test_platform_keeps_the_contracts() -> None:
    checked = check_imports(ROOT)

    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_allowed_imports_pass(tmp_path: Path) -> None:
    folder = skeleton(tmp_path)
    for importer, imported in _ALLOWED:
        add_import(folder, f"chalicelib.{importer}", imported)
    add_import(folder, "local.seed", "chalicelib.container")

    checked = check_imports(folder)

    assert checked.returncode == 0, checked.stdout + checked.stderr


@pytest.mark.parametrize(("importer", "imported", "contract"), _FORBIDDEN)
def test_forbidden_imports_are_rejected(
    violations: dict[str, str], importer: str, imported: str, contract: str
) -> None:
    reported = violations[_CONTRACTS[contract]["name"]]

    assert f"chalicelib.{importer} -> {imported} " in reported, reported


def test_names_are_imported_from_their_defining_module() -> None:
    """A re-export would get around the contracts, which see modules and not names."""
    found = [
        f"{importer}: {name} is defined in {origin}, not in {module}"
        for importer, module, name in _imported_names()
        if (origin := _defining_module(module, name)) not in (None, module)
    ]

    assert found == []


def _imported_names() -> Iterator[tuple[str, str, str]]:
    for source in sources(*PLATFORM):
        for node in ast.walk(source.tree):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("chalicelib."):
                yield from ((source.name, str(node.module), alias.name) for alias in node.names)


@cache
def _defining_module(module: str, name: str) -> str | None:
    """Return the module that defines a class or function; None for constants and submodules."""
    value = getattr(import_module(module), name, None)
    return value.__module__ if isinstance(value, type | FunctionType) else None


def test_only_app_py_declares_event_handlers() -> None:
    """Chalice packages a blueprint's handler under a module that does not run the middleware of app.py."""
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


def test_lambda_bundle_contains_every_imported_package() -> None:
    # The cipher of the stage local, which has the development tools, imports cryptography when it is used.
    missing = imported_modules(sources(*PLATFORM)) - bundled_modules() - {"cryptography"}

    assert missing == set()
