"""Parsing of large bank statements: time and memory for files of up to 4 MiB."""

import time
import tracemalloc
from statistics import median
from typing import Final

from benchmarks.application import machine_line
from benchmarks.pages import table
from chalicelib.transfers.iso20022.camt053 import parse_statements
from chalicelib.transfers.iso20022.secure_xml import MAX_BYTES
from tests.bank_files import REFERENCE, Detail, Entry, Statement, document

_ATTEMPTS: Final = 3
_CURRENCY: Final = "EUR"
_FILES: Final = {
    "500 entries": (500, False),
    "4 MiB of single entries": (0, False),
    "4 MiB in one batch": (0, True),
}


def measured() -> str:
    """The time and the peak memory of parsing, by file."""
    rows = []
    for name, (count, is_batch) in _FILES.items():
        count = count or _largest_count(is_batch=is_batch)
        file = _file(count, is_batch=is_batch)
        seconds = median(_seconds(file) for _ in range(_ATTEMPTS))
        size = f"{len(file) / 1024**2:.2f}"
        rows.append([name, f"{count:,}", size, f"{seconds:.2f}", f"{_peak_bytes(file) / 1024**2:.0f}"])
    heads = ("file", "payments", "MiB", "s CPU", "MiB of memory at the peak")
    return f"Median of {_ATTEMPTS} attempts. {machine_line()}.\n\n{table(heads, rows)}"


def _file(count: int, *, is_batch: bool) -> bytes:
    details = [
        Detail("10.00", name="Ann Smith", reference=REFERENCE, text="Savings", end_to_end_id=f"E{number}")
        for number in range(count)
    ]
    if is_batch:
        return document(Statement([Entry(f"{10 * count}.00", tuple(details), servicer_reference="BATCH")]))
    entries = [Entry("10.00", (detail,), servicer_reference=f"B{number}") for number, detail in enumerate(details)]
    return document(Statement(entries))


def _largest_count(*, is_batch: bool) -> int:
    """Return how many payments fit into the largest file."""
    one, thousand = (len(_file(count, is_batch=is_batch)) for count in (1, 1000))
    return int((MAX_BYTES - one) / ((thousand - one) / 999) * 0.99)


def _seconds(file: bytes) -> float:
    start = time.process_time()
    parse_statements(file, currency=_CURRENCY)
    return time.process_time() - start


def _peak_bytes(file: bytes) -> int:
    tracemalloc.start()
    parse_statements(file, currency=_CURRENCY)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak
