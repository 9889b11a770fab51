"""What the tables and the queue hold, as text, with whatever is drawn by chance made equal."""

import json
import re
from collections import Counter
from typing import Final

from tests.simulation.environment import Environment
from tools.dynamodb_simulator.values import Item

_ULID: Final = re.compile(r"\b[0-7][0-9A-HJKMNP-TV-Z]{25}\b")
_HOT: Final = re.compile(r"((?:platform:fees|external:cash)#[0-9-]+)#\d+")
_NO_SHARD: Final = r"\1"
_TEXTS: Final[dict[int, tuple[Item, str]]] = {}
_INCIDENTAL: Final = frozenset({"request_id", "duration_ms", "password_hash", "current", "replaced"})
"""What differs from one run of the same operation to the next, and means nothing."""
_LOGS: Final = ("RUN#", "RECONCILE#", "LIMIT#")
"""Items that tell of tries, whatever came of them."""


def fingerprint(environment: Environment) -> Counter[str]:
    """All items but those that tell of tries, and the work in the queue, which may be there twice."""
    items = ((table.name, item) for table in environment.simulator.tables.values() for item in table.all_items())
    texts = [_shown(table, item) for table, item in items if not item.get("pk", {"S": ""})["S"].startswith(_LOGS)]
    return Counter(texts) + Counter({f"queue {_ULID.sub('ULID', work.text())}" for work in environment.queue.sent})


def _shown(table: str, item: Item) -> str:
    """An item as text; most items stay the same object from point to point, so the text is kept with it."""
    known = _TEXTS.get(id(item))
    if known is not None and known[0] is item:
        return known[1]
    text = json.dumps({name: item[name] for name in item if name not in _INCIDENTAL}, sort_keys=True)
    text = f"{table} {_HOT.sub(_NO_SHARD, _ULID.sub('ULID', text))}"
    _TEXTS[id(item)] = (item, text)
    return text


def difference(expected: Counter[str], found: Counter[str]) -> str:
    missing, extra = expected - found, found - expected
    if not missing and not extra:
        return ""
    lines = [f"- {text:.400}" for text in list(missing)[:4]] + [f"+ {text:.400}" for text in list(extra)[:4]]
    return "state differs\n    " + "\n    ".join(lines)
