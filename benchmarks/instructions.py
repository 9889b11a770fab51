"""How many instructions a request takes, counted by valgrind: the same on a busy machine as on a quiet one.

A process sends a scenario's requests, another prepares the same and does not send them: the difference is theirs.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import product
from pathlib import Path
from typing import Final

from benchmarks.pages import table
from benchmarks.profiles import MONEY
from benchmarks.requests import Feed
from benchmarks.scenarios import Market, scenarios
from benchmarks.stage import engine_with_tables, machine_line, staged

VALGRIND: Final = "valgrind"
_COUNTED: Final = 50
_WARM_UP: Final = 10
_AT_ONCE: Final = 2
_SENT, _SKIPPED = "sent", "skipped"
_TOTAL: Final = re.compile(r"I\s+refs:\s+([\d,]+)")


def is_possible() -> bool:
    """Whether valgrind is there."""
    return shutil.which(VALGRIND) is not None


def measured() -> str:
    """The requests that have a goal.

    Raises:
        SystemExit: valgrind is not there.
    """
    if not is_possible():
        raise SystemExit("Instructions are counted by valgrind: install it first.")
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        counts = list(pool.map(_counted, product(MONEY, (_SENT, _SKIPPED))))
    rows = [
        [f"`{name}`", f"{(sent - skipped) / _COUNTED / 1e6:.2f}"]
        for name, sent, skipped in zip(MONEY, counts[::2], counts[1::2], strict=True)
    ]
    return f"Of {_COUNTED} requests each. {machine_line()}.\n\n{table(('call', 'million instructions'), rows)}"


def _counted(asked: tuple[str, str]) -> int:
    """The instructions of a whole process, its start and its market included."""
    print(f"  {' '.join(asked)}", file=sys.stderr)
    counting = [VALGRIND, "--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null"]
    command = [*counting, sys.executable, "-m", "benchmarks.instructions", *asked]
    environment = {**os.environ, "PYTHONHASHSEED": "0"}
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    [total] = _TOTAL.findall(ended.stderr)
    return int(total.replace(",", ""))


def main(arguments: Sequence[str]) -> int:
    """The process that is watched: a scenario's name, and whether its requests are sent."""
    name, way = arguments
    scenario = next(each for each in scenarios() if each.name == name)
    with (
        tempfile.TemporaryDirectory(prefix="p2p-benchmarks-") as folder,
        engine_with_tables(),
        staged(Path(folder)) as stage,
    ):
        feed = Feed(stage, Market(stage), scenario)
        for _ in range(_WARM_UP):
            feed.send()
        for _ in range(_COUNTED):
            feed.send() if way == _SENT else feed.skip()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
