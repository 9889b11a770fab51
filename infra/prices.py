"""`python -m infra.prices`: compute the price of a million requests from docs/costs.md, for docs/operations.md.

Source: the published on-demand prices of us-east-1 (API Gateway REST, Lambda on arm64, DynamoDB standard class,
CloudWatch Logs, WAF), first tier, without free tiers and taxes, as of November 2026.
"""

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Final

DOCS: Final = Path(__file__).resolve().parent.parent / "docs"
BEGIN: Final = "<!-- prices: python -m infra.prices writes this table -->"
END: Final = "<!-- end of prices -->"

GATEWAY: Final = Decimal("3.50")
LAMBDA_REQUEST: Final = Decimal("0.20")
LAMBDA_GIGABYTE_SECOND: Final = Decimal("0.0000133334")
WRITE_UNIT: Final = Decimal("0.625")
READ_UNIT: Final = Decimal("0.125")
LOGS_GIGABYTE: Final = Decimal("0.50")
FIREWALL: Final = Decimal("0.60")

MEMORY_GIGABYTES: Final = Decimal(1)
SECONDS_OF_CODE: Final = Decimal("0.010")
SECONDS_A_TRIP: Final = Decimal("0.006")
LOGS_KILOBYTES: Final = Decimal("1.5")
_MILLION: Final = Decimal(1_000_000)
_ROW: Final = re.compile(
    r"^\| `(?P<call>(GET|POST|PUT|PATCH|DELETE) [^`]+)` \| (?P<trips>\d+) / (?P<writes>\d+) / (?P<reads>[\d.]+) \|"
)


@dataclass(frozen=True, slots=True)
class Call:
    """Row of docs/costs.md: a route with its round trips and capacity units."""

    name: str
    trips: int
    writes: Decimal
    reads: Decimal

    @property
    def database(self) -> Decimal:
        """Price of DynamoDB, in dollars per million requests."""
        return self.writes * WRITE_UNIT + self.reads * READ_UNIT

    @property
    def compute(self) -> Decimal:
        """Price of API Gateway, Lambda, logs and firewall, in dollars per million requests."""
        seconds = SECONDS_OF_CODE + SECONDS_A_TRIP * self.trips
        memory = seconds * MEMORY_GIGABYTES * LAMBDA_GIGABYTE_SECOND * _MILLION
        return GATEWAY + LAMBDA_REQUEST + memory + LOGS_KILOBYTES * LOGS_GIGABYTE + FIREWALL


def calls() -> Iterator[Call]:
    """Yield the rows of docs/costs.md."""
    for line in (DOCS / "costs.md").read_text(encoding="utf-8").splitlines():
        if row := _ROW.match(line):
            yield Call(row["call"], int(row["trips"]), Decimal(row["writes"]), Decimal(row["reads"]))


def table() -> str:
    lines = ["| a million of | DynamoDB | the rest | together |", "|---|---|---|---|"]
    for call in calls():
        total = call.database + call.compute
        lines.append(f"| `{call.name}` | {call.database:.2f} | {call.compute:.2f} | {total:.2f} |")
    return "\n".join(lines)


def main() -> int:
    """Write the table between its markers in docs/operations.md."""
    path = DOCS / "operations.md"
    before, _, rest = path.read_text(encoding="utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    path.write_text(f"{before}{BEGIN}\n\n{table()}\n\n{END}{after}", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
