"""`make rebuild-projections`: compute every projection from the tables and compare; REPAIR=1 corrects them."""

import sys
from collections.abc import Sequence
from typing import Final

from chalicelib.reporting.service.projections import Comparison
from local.clock import open_container
from local.tools import exit_status, tool_database

_REPAIR: Final = "--repair"
_PAUSE_SECONDS: Final = 3
"""Longer than a stream takes to deliver what was written before the first look."""


def main(arguments: Sequence[str]) -> int:
    """Compare, and correct if requested; return 1 if a projection still differs from its table."""
    return exit_status(lambda: _compare(repair=_REPAIR in arguments))


def _compare(*, repair: bool) -> int:
    with tool_database() as database:
        print(f"Database: {database}")
        projections = open_container().projections
        found = projections.repair(pause_seconds=_PAUSE_SECONDS) if repair else projections.compare()
    for comparison in found:
        print(_summary(comparison))
    return 0 if all(comparison.agrees for comparison in found) else 1


def _summary(found: Comparison) -> str:
    if found.agrees:
        return f"{found.projection}: {len(found.rebuilt)} counters, all as in the table"
    lines = "".join(f"\n  {name}: {number:+d}" for name, number in found.missing.items())
    return f"{found.projection}: differs; missing:{lines}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
