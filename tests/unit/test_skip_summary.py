"""Skipped tests are named once for each reason."""

import os
import subprocess
import sys
from pathlib import Path

from tests.architecture.source import ROOT


def test_reasons_are_printed_with_their_number_of_tests(tmp_path: Path) -> None:
    (tmp_path / "test_sample.py").write_text(
        "import pytest\n"
        "def test_one(): pytest.skip('Chromium is missing')\n"
        "def test_two(): pytest.skip('Chromium is missing')\n"
        "@pytest.mark.skip(reason='Linux only')\n"
        "def test_three(): pass\n"
        "def test_four(): pass\n"
    )

    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-c", "/dev/null", "-p", "tests.skip_summary", str(tmp_path)],
        cwd=ROOT, env={**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}, capture_output=True, text=True, check=True,
    )  # fmt: skip

    skipped = [line for line in ran.stdout.splitlines() if line.startswith("SKIPPED")]
    assert skipped == ["SKIPPED 2 tests: Chromium is missing", "SKIPPED 1 test: Linux only"]
