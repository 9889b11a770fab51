"""`make rebuild-projections`: works every projection out anew from the tables and compares; REPAIR=1 mends it."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from chalicelib.reporting.service.projections import Comparison
from chalicelib.shared.settings import InvalidSetting
from local import environment
from local.database import make_tables, shared_database
from local.failure import StartFailure
from local.time_ahead import open_platform

REPAIR = "--repair"
_PAUSE_SECONDS = 3
"""Longer than a stream takes to bring what was written before the first look."""


def main(arguments: Sequence[str]) -> int:
    """Compare, and mend where that is asked for; 1 when a projection is still not what its table says."""
    try:
        environment.prepare()
        with shared_database() as database:
            if environment.is_local_stage():
                make_tables()
            print(f"Database: {database}")
            projections = open_platform().projections
            found = projections.repair(pause_seconds=_PAUSE_SECONDS) if REPAIR in arguments else projections.compare()
    except (StartFailure, InvalidSetting) as error:
        print(error, file=sys.stderr)
        return 1
    for comparison in found:
        print(_told(comparison))
    return 0 if all(comparison.agrees for comparison in found) else 1


def _told(found: Comparison) -> str:
    if found.agrees:
        return f"{found.projection}: {len(found.rebuilt)} counters, all as in the table"
    lines = "".join(f"\n  {name}: {number:+d}" for name, number in found.missing.items())
    return f"{found.projection}: differs; what is missing:{lines}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
