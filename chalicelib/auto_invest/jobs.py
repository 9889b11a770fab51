"""Which changes of stored items ask for work: read from the records of the tables' streams.

A record comes again until its handler has taken it, so a trigger needs no item of its own (see the decision
record on what triggers auto-invest).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from chalicelib.auto_invest.service.matching import MATCH_LENDER, MATCH_LOAN
from chalicelib.jobs.queue import BackgroundJob
from chalicelib.jobs.worker import job_to_send
from chalicelib.loans.domain.loan import LoanStatus

Record = Mapping[str, Any]
_INSERT: Final = "INSERT"
_REMOVE: Final = "REMOVE"
_WALLET: Final = "wallet:"


def jobs_after_loan_changes(record: Record) -> BackgroundJob | None:
    """What a change in the loans table asks for: work put in the outbox; matching of a loan or of a rule."""
    if record["eventName"] == _REMOVE:
        return None
    change = record["dynamodb"]
    sort = str(change["Keys"]["sk"]["S"])
    subject = str(change["Keys"]["pk"]["S"]).partition("#")[2]
    if sort == "LOAN":
        return BackgroundJob(MATCH_LOAN, subject) if _opens(change) else None
    if sort.startswith("RULE#"):
        return BackgroundJob(MATCH_LENDER, subject) if _starts(change) else None
    return job_to_send(change["Keys"]) if record["eventName"] == _INSERT else None


def jobs_after_wallet_changes(record: Record) -> BackgroundJob | None:
    """What a change in the wallets table asks for: matching for whoever has more available than before."""
    change = record["dynamodb"]
    account = str(change["Keys"]["account"]["S"])
    grown = _number(change, "NewImage", "available_cents") > _number(change, "OldImage", "available_cents")
    if not grown or not account.startswith(_WALLET):
        return None
    return BackgroundJob(MATCH_LENDER, account.removeprefix(_WALLET))


def _opens(change: Mapping[str, Any]) -> bool:
    """Whether a loan takes offers that took none before: it was requested, or its funding has lapsed."""
    open_now = _text(change, "NewImage", "status") == LoanStatus.REQUESTED.value
    return open_now and _text(change, "OldImage", "status") != LoanStatus.REQUESTED.value


def _starts(change: Mapping[str, Any]) -> bool:
    """Whether a rule is active under terms that it was not active under before."""
    active = bool(_text(change, "NewImage", "status_shard"))
    return active and _number(change, "NewImage", "revision") != _number(change, "OldImage", "revision")


def _text(change: Mapping[str, Any], image: str, name: str) -> str:
    return str(change.get(image, {}).get(name, {}).get("S", ""))


def _number(change: Mapping[str, Any], image: str, name: str) -> int:
    return int(change.get(image, {}).get(name, {}).get("N", 0))
