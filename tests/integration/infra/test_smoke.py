"""The smoke flow against a platform that runs, and against one that does not."""

from __future__ import annotations

from pathlib import Path

import pytest

from infra import smoke
from tests.e2e.server import running_server
from tests.integration.local.running_platform import free_port


@pytest.mark.own_process
def test_the_smoke_flow_passes_on_a_platform_that_works(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with running_server(tmp_path) as url:
        code = smoke.main([url])

    assert code == 0
    assert "Smoke test passed" in capsys.readouterr().out


@pytest.mark.own_process
def test_without_the_flow_nothing_is_left_behind(tmp_path: Path) -> None:
    with running_server(tmp_path) as url:
        asked = smoke.read_only(url).requests

    assert len(asked) == 6


def test_the_smoke_flow_fails_where_nobody_answers(capsys: pytest.CaptureFixture[str]) -> None:
    code = smoke.main([f"http://127.0.0.1:{free_port()}"])

    assert code == 1
    assert "GET /" in capsys.readouterr().err
