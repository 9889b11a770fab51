"""What is installed is pinned, and Lambda gets no tools."""

from __future__ import annotations

import pytest

from tests.architecture.requirements import distributions, is_pinned, lines_of

TOOLS = {
    "pip",
    "setuptools",
    "wheel",
    "chalice",
    "pytest",
    "moto",
    "mypy",
    "ruff",
    "hypothesis",
    "localstack-client",
}


@pytest.mark.parametrize("file_name", ["requirements.txt", "requirements-dev.txt"])
def test_every_requirement_allows_one_version(file_name: str) -> None:
    assert [line for line in lines_of(file_name) if not is_pinned(line)] == []


def test_no_tool_is_in_the_lambda_bundle() -> None:
    assert distributions("requirements.txt") & TOOLS == set()


def test_no_requirement_is_written_twice() -> None:
    assert distributions("requirements.txt") & distributions("requirements-dev.txt") == set()


def test_tokens_are_signed_without_the_large_cryptography_package() -> None:
    assert "cryptography" not in distributions("requirements.txt")
