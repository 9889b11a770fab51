"""The templates as `chalice package` merges them and `infra` finishes them; each is made once."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from infra import STAGES
from infra.package import write_template
from infra.template import Template
from tests.integration.infra.reading import Read


@pytest.fixture(scope="session", params=STAGES)
def stage(request: pytest.FixtureRequest) -> str:
    """Every stage in turn."""
    return str(request.param)


@pytest.fixture(scope="session")
def template(stage: str, tmp_path_factory: pytest.TempPathFactory) -> Template:
    """The whole template of a stage. pytest asks for it anew with each file, and it takes seconds."""
    return _written(stage, tmp_path_factory.getbasetemp() / f"template-{stage}")


@cache
def _written(stage: str, folder: Path) -> Template:
    folder.mkdir()
    return write_template(stage, folder)


@pytest.fixture(scope="session")
def read(template: Template) -> Read:
    """The template's resources, by what a test asks for."""
    return Read(template)
