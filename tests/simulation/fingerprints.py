"""Comparable states: items and queued jobs as text, with random ids and shards replaced."""

import json
import re
from collections import Counter
from typing import Final

from tests.simulation.environment import Environment
from tools.dynamodb_simulator.values import Item

_ULID: Final = re.compile(r"\b[0-7][0-9A-HJKMNP-TV-Z]{25}\b")
_HOT: Final = re.compile(r"((?:platform:\w+|external:cash)#[0-9-]+)#\d+")
_REFERENCE: Final = re.compile(r"\bRF\d{2}[0-9A-Z]{16}\b")  # derived from random ids
_NO_SHARD: Final = r"\1"
_TEXTS: Final[dict[int, tuple[Item, str]]] = {}
_RANDOM: Final = ("ciphertext", "destination", "secret", "previous_secret", "pending_shard", "lease_owner")
_IGNORED: Final = frozenset(
    {"request_id", "duration_ms", "password_hash", "current", "replaced", "lease_until", *_RANDOM}
)
"""Attributes that differ between runs of the same operation."""
_ATTEMPT_RECORDS: Final = ("RUN#", "RECONCILE#", "LIMIT#")
"""Keys of items that record attempts, whatever their outcome."""


def fingerprint(environment: Environment) -> Counter[str]:
    """Return all items except records of attempts, and the queued jobs, which may be there twice."""
    items = ((table.name, item) for table in environment.simulator.tables.values() for item in table.all_items())
    texts = [
        _text_of(table, item)
        for table, item in items
        if not item.get("pk", {"S": ""})["S"].startswith(_ATTEMPT_RECORDS)
    ]
    return Counter(texts) + Counter({f"queue {_ULID.sub('ULID', job.text())}" for job in environment.queue.sent})


def _text_of(table: str, item: Item) -> str:
    """Return an item as text. Most items stay the same object from point to point, so texts are cached by object."""
    known = _TEXTS.get(id(item))
    if known is not None and known[0] is item:
        return known[1]
    text = json.dumps({name: item[name] for name in item if name not in _IGNORED}, sort_keys=True)
    text = f"{table} {_HOT.sub(_NO_SHARD, _REFERENCE.sub('RF', _ULID.sub('ULID', text)))}"
    _TEXTS[id(item)] = (item, text)
    return text


def difference(expected: Counter[str], found: Counter[str]) -> str:
    """Describe the difference between two fingerprints; empty if there is none."""
    missing, extra = expected - found, found - expected
    if not missing and not extra:
        return ""
    lines = [f"- {text:.400}" for text in list(missing)[:4]] + [f"+ {text:.400}" for text in list(extra)[:4]]
    return "state differs\n    " + "\n    ".join(lines)
