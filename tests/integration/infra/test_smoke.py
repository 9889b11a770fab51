"""The smoke flow with and without a running platform."""

from pathlib import Path

import pytest

from infra import smoke
from tests.integration.local.running_platform import free_port, running_server


@pytest.mark.own_process
def test_smoke_flow_passes_on_a_running_platform(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with running_server(tmp_path) as url:
        read_only_requests = smoke.read_only(url).requests
        code = smoke.main([url])

    assert len(read_only_requests) == 6
    assert code == 0
    assert "Smoke test passed" in capsys.readouterr().out


def test_smoke_flow_fails_without_a_server(capsys: pytest.CaptureFixture[str]) -> None:
    code = smoke.main([f"http://127.0.0.1:{free_port()}"])

    assert code == 1
    assert "GET /" in capsys.readouterr().err
