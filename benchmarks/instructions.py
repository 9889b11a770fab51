"""Instructions per request, counted by valgrind, so that the load of the machine does not matter.

One process sends a scenario's requests; another prepares them without sending. The difference is their cost.
"""

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

from benchmarks.application import database_with_tables, machine_line, running_application
from benchmarks.pages import table
from benchmarks.profiles import MONEY
from benchmarks.requests import Feed
from benchmarks.scenarios import Market, scenarios

VALGRIND: Final = "valgrind"
_COUNTED: Final = 50
_WARM_UP: Final = 10
_PROCESSES: Final = 2
_SENT, _SKIPPED = "sent", "skipped"
_TOTAL: Final = re.compile(r"I\s+refs:\s+([\d,]+)")


def is_possible() -> bool:
    """Return whether valgrind is installed."""
    return shutil.which(VALGRIND) is not None


def measured() -> str:
    """The requests that have a target.

    Raises:
        SystemExit: valgrind is not installed.
    """
    if not is_possible():
        raise SystemExit("Instructions are counted by valgrind: install it first.")
    with ThreadPoolExecutor(_PROCESSES) as pool:
        counts = list(pool.map(_counted, product(MONEY, (_SENT, _SKIPPED))))
    rows = [
        [f"`{name}`", f"{(sent - skipped) / _COUNTED / 1e6:.2f}"]
        for name, sent, skipped in zip(MONEY, counts[::2], counts[1::2], strict=True)
    ]
    return f"Of {_COUNTED} requests each. {machine_line()}.\n\n{table(('call', 'million instructions'), rows)}"


def _counted(arguments: tuple[str, str]) -> int:
    """The instructions of a whole process, including its start and the preparation of its data."""
    print(f"  {' '.join(arguments)}", file=sys.stderr)
    counting = [VALGRIND, "--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null"]
    command = [*counting, sys.executable, "-m", "benchmarks.instructions", *arguments]
    environment = {**os.environ, "PYTHONHASHSEED": "0"}
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    [total] = _TOTAL.findall(ended.stderr)
    return int(total.replace(",", ""))


def main(arguments: Sequence[str]) -> int:
    """Run the measured process; the arguments are a scenario's name, and `sent` or `skipped`."""
    name, way = arguments
    scenario = next(each for each in scenarios() if each.name == name)
    with (
        tempfile.TemporaryDirectory(prefix="p2p-benchmarks-") as folder,
        database_with_tables(),
        running_application(Path(folder)) as application,
    ):
        feed = Feed(application, Market(application), scenario)
        for _ in range(_WARM_UP):
            feed.send()
        for _ in range(_COUNTED):
            feed.send() if way == _SENT else feed.skip()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
