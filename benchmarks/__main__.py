"""Print the measurements of docs/performance.md: `make bench`."""

import argparse
import sys
from collections.abc import Sequence

from benchmarks import pages
from benchmarks.parts import DEFAULT_TIMES, PARTS, usual


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure the requested parts."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=DEFAULT_TIMES, help="how often each request is measured")
    parser.add_argument("--parts", nargs="*", choices=[*PARTS], default=usual())
    parser.add_argument("--write", action="store_true", help="write docs/performance.md")
    given = parser.parse_args(arguments)
    for part in given.parts or usual():
        text = PARTS[part](given.times)
        print(f"\n## {part}\n\n{text}", flush=True)
        if given.write:
            pages.write(part, text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
