"""A walk through the API that uses ids and cursors of earlier responses in later requests."""

import random
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from chalicelib.jobs.schedule import JobName
from tests.factories import User

_KINDS: Final = {
    "requested_rate": "loan",
    "lender_username": "offer",
    "max_exposure": "rule",
    "direction": "transfer",
    "masked": "bank account",
    "username": "user",
}
"""Fields that only one kind of resource has; transfers of operators also have a username."""
_SECTIONS: Final = {"users": "user", "transfers": "transfer", "bank-accounts": "bank account", "loans": "loan"}
"""Kinds of resources by the part of the path that lists them."""
_PLAUSIBLE: Final[Mapping[str, tuple[Any, ...]]] = {
    "amount": ("40.00", "100.00", "250.00"),
    "amount_per_loan": ("40.00", "100.00"),
    "max_exposure": ("500.00",),
    "min_rate": ("1.00",),
    "max_term": (360,),
    "max_share": ("100.00",),
    "annual_interest_rate": ("10.00", "12.00"),
    "term_months": (1, 2, 6),
    "remaining_terms": (3, 8),
    "method": ("annuity",),
    "holder": ("Ana Example",),
    "iban": ("DE89370400440532013000", "GB82WEST12345698765432", "NL91ABNA0417164300"),
    "days": (1, 3),
}
_KEYS: Final = ("first", "second", "third")
_MAX_KEPT: Final = 12
_MOSTLY: Final = 0.9


@dataclass
class Walk:
    """A client that reuses values of earlier responses; ``seen`` counts responses by operation and status."""

    people: Mapping[str, User]
    found: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    seen: Counter[tuple[str, int]] = field(default_factory=Counter)

    def prepare(self, case: Any, choice: random.Random) -> str:
        """Put known values into a generated request; return the name of its sender."""
        path = str(case.operation.path)
        for name in case.path_parameters or {}:
            case.path_parameters[name] = self._in_path(name, path, choice, case.path_parameters[name])
        if "cursor" in (case.query or {}):
            case.query["cursor"] = self._one_of("cursor", choice, case.query["cursor"])
        if isinstance(case.body, dict):
            self._fill(case.body, choice)
        headers = dict(case.headers or {})
        if "Idempotency-Key" in headers:
            headers["Idempotency-Key"] = choice.choice(_KEYS)
        case.headers = headers
        is_operators = "/admin/" in path or "/sandbox/clock" in path
        suitable = [name for name in sorted(self.people) if (name == "operator") == is_operators]
        return str(choice.choice(suitable if choice.random() < _MOSTLY else sorted(self.people)))

    def learn(self, case: Any, response: Any) -> None:
        """Keep the values of a response."""
        self.seen[case.operation.label, response.status_code] += 1
        if response.status_code < 300 and "json" in str(response.headers.get("content-type")):
            for kind, text in _values(response.json()):
                self.found[kind] = [text, *(known for known in self.found[kind] if known != text)][:_MAX_KEPT]

    def _in_path(self, name: str, path: str, choice: random.Random, generated: Any) -> Any:
        if name == "name" and "/tasks/" in path:
            return choice.choice([task.value for task in JobName])
        if name == "kind":
            return choice.choice([JobName.LOAN_STATUS_SUMMARY_REPORT.value, JobName.RECONCILE_LEDGER.value])
        if name == "rule_id":
            return self._one_of("rule", choice, generated)
        if name != "id":
            return generated
        if "/ledger/" in path:
            return f"wallet:{self._one_of('user', choice, generated)}"
        sections = (part for part in path.split("/") if part in _SECTIONS)
        return self._one_of(_SECTIONS[next(sections, "loans")], choice, generated)

    def _fill(self, body: dict[str, Any], choice: random.Random) -> None:
        """Make most numbers plausible and most ids known; otherwise hardly any request would succeed."""
        for name in body:
            if name == "offer_id":
                body[name] = self._one_of("offer", choice, body[name])
            elif name == "loan_id":
                body[name] = self._one_of("loan", choice, body[name])
            elif name == "refresh_token":
                body[name] = self._one_of("refresh", choice, body[name])
            elif name in _PLAUSIBLE and choice.random() < _MOSTLY:
                body[name] = choice.choice(_PLAUSIBLE[name])

    def _one_of(self, kind: str, choice: random.Random, generated: Any) -> Any:
        known = self.found[kind]
        return choice.choice(known) if known and choice.random() < _MOSTLY else generated


def _values(content: Any) -> Iterator[tuple[str, str]]:
    """Ids by kind, cursors and tokens of a response."""
    if isinstance(content, list):
        for each in content:
            yield from _values(each)
    if not isinstance(content, dict):
        return
    kinds = [kind for name, kind in _KINDS.items() if name in content]
    if kinds and "id" in content:
        yield kinds[0], str(content["id"])
    for member, kind in (("next_cursor", "cursor"), ("refresh_token", "refresh")):
        if content.get(member):
            yield kind, str(content[member])
    for each in content.values():
        yield from _values(each)
