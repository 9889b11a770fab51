"""The README's tour, run as it is written: its commands, and the output that it shows."""

import re
import subprocess
from pathlib import Path

import pytest

from tests.architecture.source import ROOT
from tests.integration.local.running_platform import running_server

_BLOCK = re.compile(r"```(sh|text) tour\n(.*?)```", re.DOTALL)


@pytest.mark.own_process
def test_readme_tour_prints_its_documented_output(tmp_path: Path) -> None:
    blocks = _BLOCK.findall((ROOT / "README.md").read_text("utf-8"))
    commands = "".join(text for kind, text in blocks if kind == "sh")
    promised = "".join(text for kind, text in blocks if kind == "text")

    with running_server(tmp_path, THROTTLE_RATE="", THROTTLE_AUTH="", THROTTLE_USER="", THROTTLE_ANON="") as url:
        script = commands.replace("http://localhost:8000", url)
        ran = subprocess.run(["bash", "-euo", "pipefail"], input=script, capture_output=True, text=True, timeout=300)

    assert ran.stderr == ""
    assert ran.stdout == promised
