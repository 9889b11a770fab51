"""Stream triggers: changes of loans, rules and wallets after which a loan or a lender is matched again.

A stream delivers a record until its handler succeeds, so a trigger needs no item of its own (see the decision
record on what triggers auto-invest).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from chalicelib.auto_invest.service.matching import MATCH_LENDER, MATCH_LOAN
from chalicelib.jobs.queue import BackgroundJob
from chalicelib.loans.domain.loan import LoanStatus
from chalicelib.shared.clock import from_millis

Record = Mapping[str, Any]
_REMOVE: Final = "REMOVE"
_WALLET: Final = "wallet:"


def match_changed_loan(record: Record) -> BackgroundJob | None:
    """Match a loan that takes offers and did not before, or not for as much.

    It is new, its funding has lapsed, its borrower has released it, or it was hidden.
    """
    change = record["dynamodb"]
    if record["eventName"] == _REMOVE or change["Keys"]["sk"]["S"] != "LOAN":
        return None
    released = _number(change, "NewImage", "accepted") < _number(change, "OldImage", "accepted")
    opened = released or not _is_in_market(change, "OldImage")
    return BackgroundJob(MATCH_LOAN, _partition_id(change)) if opened and _is_in_market(change, "NewImage") else None


def match_changed_rule(record: Record) -> BackgroundJob | None:
    """Match the lender of a rule that is active under new terms."""
    change = record["dynamodb"]
    if record["eventName"] == _REMOVE or not change["Keys"]["sk"]["S"].startswith("RULE#"):
        return None
    active = bool(_text(change, "NewImage", "status_shard"))
    started = active and _number(change, "NewImage", "revision") != _number(change, "OldImage", "revision")
    return BackgroundJob(MATCH_LENDER, _partition_id(change)) if started else None


@dataclass(frozen=True, slots=True)
class PausedRule:
    """An active or stopped rule that has made no offers since a time, with the code of the reason."""

    lender_id: str
    rule_id: str
    reason: str
    since: datetime


def paused_rule_of(record: Record) -> PausedRule | None:
    """Return the rule that a record of the table `loans` pauses, if it pauses one."""
    change = record["dynamodb"]
    sort, since = str(change["Keys"]["sk"]["S"]), _number(change, "NewImage", "waiting_since")
    is_rule = sort.startswith("RULE#") and bool(_text(change, "NewImage", "rule_id"))
    if not is_rule or not since or since == _number(change, "OldImage", "waiting_since"):
        return None
    reason, rule_id = _text(change, "NewImage", "waiting"), sort.removeprefix("RULE#")
    return PausedRule(_partition_id(change), rule_id, reason, from_millis(since))


def match_credited_wallet(record: Record) -> BackgroundJob | None:
    """Match a lender whose available balance has grown."""
    change = record["dynamodb"]
    account = str(change["Keys"]["account"]["S"])
    grown = _number(change, "NewImage", "available_cents") > _number(change, "OldImage", "available_cents")
    if not grown or not account.startswith(_WALLET):
        return None
    return BackgroundJob(MATCH_LENDER, account.removeprefix(_WALLET))


def _is_in_market(change: Mapping[str, Any], image: str) -> bool:
    is_requested = _text(change, image, "status") == LoanStatus.REQUESTED.value
    is_refunding = bool(_text(change, image, "refunding"))
    return is_requested and not is_refunding and not change.get(image, {}).get("hidden", {}).get("BOOL", False)


def _partition_id(change: Mapping[str, Any]) -> str:
    return str(change["Keys"]["pk"]["S"]).partition("#")[2]


def _text(change: Mapping[str, Any], image: str, name: str) -> str:
    return str(change.get(image, {}).get(name, {}).get("S", ""))


def _number(change: Mapping[str, Any], image: str, name: str) -> int:
    return int(change.get(image, {}).get(name, {}).get("N", 0))
