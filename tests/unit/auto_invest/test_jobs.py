"""Background jobs that changes of stored items create."""

from typing import Any

import pytest

from chalicelib.auto_invest.service.matching import MATCH_LENDER, MATCH_LOAN
from chalicelib.auto_invest.service.triggers import match_changed_loan, match_changed_rule, match_credited_wallet
from chalicelib.jobs.outbox import stored_job
from chalicelib.jobs.queue import BackgroundJob

Image = dict[str, Any] | None


def _job_after(record: dict[str, Any]) -> BackgroundJob | None:
    """Return the only job that a record of the loans table asks for."""
    found = [trigger(record) for trigger in (stored_job, match_changed_loan, match_changed_rule)]
    jobs = [job for job in found if job is not None]
    assert len(jobs) <= 1
    return jobs[0] if jobs else None


def record(pk: str, sk: str, before: Image, after: Image) -> dict[str, Any]:
    change: dict[str, Any] = {"Keys": {"pk": {"S": pk}, "sk": {"S": sk}}}
    return _record(change, before, after)


def wallet(before: int | None, after: int | None, account: str = "wallet:U") -> dict[str, Any]:
    images = [None if cents is None else {"available_cents": {"N": str(cents)}} for cents in (before, after)]
    return _record({"Keys": {"account": {"S": account}}}, *images)


def _record(change: dict[str, Any], before: Image, after: Image) -> dict[str, Any]:
    if before is not None:
        change["OldImage"] = before
    if after is not None:
        change["NewImage"] = after
    name = "INSERT" if before is None else "REMOVE" if after is None else "MODIFY"
    return {"eventName": name, "dynamodb": change}


def status(name: str, accepted: int = 0, **texts: str) -> Image:
    return {
        "status": {"S": name},
        "accepted": {"N": str(accepted)},
        **{key: {"S": text} for key, text in texts.items()},
    }


def rule(revision: int, *, active: bool) -> Image:
    listed = {"status_shard": {"S": "ACTIVE_RULE#0"}} if active else {}
    return {"revision": {"N": str(revision)}, **listed}


LOAN, RULE = ("LOAN#L", "LOAN", BackgroundJob(MATCH_LOAN, "L")), ("USER#U", "RULE#R", BackgroundJob(MATCH_LENDER, "U"))


@pytest.mark.parametrize(
    ("item", "before", "after", "matched"),
    [
        (LOAN, None, status("REQUESTED"), True),
        (LOAN, status("PENDING_FUNDING"), status("REQUESTED"), True),
        (LOAN, status("REQUESTED"), status("REQUESTED"), False),
        (LOAN, status("REQUESTED"), status("PENDING_FUNDING"), False),
        (LOAN, status("REQUESTED", 1), status("REQUESTED", 2), False),
        (LOAN, status("REQUESTED", 2), status("REQUESTED"), True),
        (LOAN, status("REQUESTED", 2), status("REQUESTED", 2, refunding="RELEASE"), False),
        (LOAN, status("REQUESTED", 2, refunding="RELEASE"), status("REQUESTED"), True),
        (LOAN, status("REQUESTED"), None, False),
        (RULE, None, rule(1, active=True), True),
        (RULE, rule(1, active=True), rule(2, active=True), True),
        (RULE, rule(2, active=False), rule(3, active=True), True),
        (RULE, rule(1, active=True), rule(1, active=True), False),
        (RULE, rule(1, active=True), rule(2, active=False), False),
        (RULE, rule(1, active=True), None, False),
    ],
)
def test_open_loans_and_new_rule_terms_are_matched(
    item: tuple[str, str, BackgroundJob], before: Image, after: Image, matched: bool
) -> None:
    pk, sk, job = item

    assert _job_after(record(pk, sk, before, after)) == (job if matched else None)


@pytest.mark.parametrize(
    ("before", "after", "matched"), [(None, 1, True), (5, 6, True), (6, 6, False), (6, 5, False), (None, 0, False)]
)
def test_available_money_is_matched(before: int | None, after: int | None, matched: bool) -> None:
    assert match_credited_wallet(wallet(before, after)) == (BackgroundJob(MATCH_LENDER, "U") if matched else None)


def test_new_outbox_items_are_sent() -> None:
    refund = record("JOB#L", "OUTBOX#REFUND#1", None, {})
    release = record("JOB#U", "OUTBOX#RELEASE_RULE#R-2", None, {})

    assert _job_after(refund) == BackgroundJob("REFUND", "L", "1")
    assert _job_after(release) == BackgroundJob("RELEASE_RULE", "U", "R-2")
    assert _job_after(record("JOB#L", "OUTBOX#REFUND#1", {}, None)) is None


def test_other_items_create_no_jobs() -> None:
    assert _job_after(record("LOAN#L", "OFFER#U", None, {})) is None
    assert _job_after(record("LOAN#L", "SCHEDULE", None, {})) is None
