"""Requirements are pinned, and the Lambda bundle contains no development tools."""

import pytest

from tests.architecture.requirements import distributions, is_pinned, lines_of

EXCLUDED = frozenset(
    {
        "pip", "setuptools", "wheel", "chalice", "pytest", "moto", "mypy", "ruff", "hypothesis", "localstack-client",
        "cryptography",
    }
)  # fmt: skip


@pytest.mark.parametrize("file_name", ["requirements.txt", "requirements-dev.txt"])
def test_every_requirement_is_pinned_to_one_version(file_name: str) -> None:
    assert [line for line in lines_of(file_name) if not is_pinned(line)] == []


def test_lambda_bundle_excludes_tools_and_cryptography() -> None:
    assert distributions("requirements.txt") & EXCLUDED == set()


def test_no_requirement_is_listed_twice() -> None:
    assert distributions("requirements.txt") & distributions("requirements-dev.txt") == set()
