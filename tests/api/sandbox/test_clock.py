"""`/api/sandbox/clock/`: operators advance the business clock of a laptop, with the jobs of every day."""

from dataclasses import replace

import pytest

from chalicelib.admin.service.sandbox_clock import SandboxClockService
from chalicelib.container import Container
from tests.advance import Advance, FixedSandboxClock
from tests.factories import UserFactory, ok

CLOCK = "/api/sandbox/clock/"
ADVANCE = f"{CLOCK}advance/"


def test_clock_shows_business_time_and_is_ready(user_factory: UserFactory) -> None:
    shown = user_factory.operator().call("GET", CLOCK)

    assert shown == {"now": "2026-01-15T09:30:00.000Z", "status": "ready", "jobs": []}


@pytest.mark.parametrize("body", [{"days": 33}, {"to": "2026-02-17"}])
def test_advance_reaches_the_same_time_of_the_target_day(
    user_factory: UserFactory, advance: Advance, body: dict[str, object]
) -> None:
    operator = user_factory.operator()

    started = operator.http.post(ADVANCE, body)
    advance.run()

    assert (started.status, started.json["status"], started.json["jobs"]) == (202, "advancing", [])
    assert started.json["now"] == "2026-01-15T09:30:00.000Z"
    reached = operator.call("GET", CLOCK)
    assert (reached["now"], reached["status"]) == ("2026-02-17T09:30:00.000Z", "ready")


def test_jobs_run_every_day_in_the_order_of_their_times(user_factory: UserFactory, advance: Advance) -> None:
    operator = user_factory.operator()
    ok(operator.http.post(ADVANCE, {"days": 4}))
    advance.run()

    jobs = operator.call("GET", f"{CLOCK}?from=2026-01-17")["jobs"]

    ran = [(job["day"], job["name"]) for job in jobs if job["day"] <= "2026-01-18"]
    of_a_day = [
        "check_overdue_payments", "outbox_sweep", "event_sweep", "expire_stale_loans", "expire_transfers",
        "loan_status_summary_report", "reconcile_ledger", "check_overdue_payments", "outbox_sweep", "event_sweep",
    ]  # fmt: skip
    sunday = [*of_a_day[:7], "cleanup_expired_loan_cache", *of_a_day[7:]]
    assert ran == [("2026-01-17", name) for name in of_a_day] + [("2026-01-18", name) for name in sunday]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"days": 1, "to": "2026-02-01"},
        {"days": 0},
        {"days": -3},
        {"days": 3661},
        {"to": "2036-02-17"},
        {"days": "soon"},
        {"days": 1.5},
        {"to": "2026-01-15"},
        {"to": "2026-01-14"},
        {"to": "2126-01-15"},
        {"to": "tomorrow"},
        {"days": 1, "speed": 2},
    ],
)
def test_invalid_targets_are_rejected(user_factory: UserFactory, body: dict[str, object]) -> None:
    operator = user_factory.operator()

    response = operator.http.post(ADVANCE, body)

    assert response.status == 422, response.body
    assert operator.call("GET", CLOCK)["status"] == "ready"


def test_second_advance_is_rejected_while_the_first_runs(user_factory: UserFactory, advance: Advance) -> None:
    operator = user_factory.operator()
    ok(operator.http.post(ADVANCE, {"days": 3}))

    second = operator.http.post(ADVANCE, {"days": 5})

    assert (second.status, second.json["code"]) == (409, "clock_advancing")
    advance.run()
    assert operator.call("GET", CLOCK)["now"].startswith("2026-01-18")


def test_repeated_request_advances_once(user_factory: UserFactory, advance: Advance) -> None:
    operator = user_factory.operator()
    ok(operator.http.post(ADVANCE, {"days": 3}, key="same"))
    while_advancing = operator.http.post(ADVANCE, {"days": 3}, key="same")
    advance.run()

    afterwards = operator.http.post(ADVANCE, {"days": 3}, key="same")
    other = operator.http.post(ADVANCE, {"days": 4}, key="same")

    assert (while_advancing.status, while_advancing.json["status"]) == (202, "advancing")
    assert (afterwards.status, afterwards.json["status"]) == (202, "ready")
    assert afterwards.json["now"].startswith("2026-01-18")
    assert (other.status, other.json["code"]) == (422, "idempotency_key_reused")


def test_repeated_request_starts_what_an_interrupted_one_recorded(
    user_factory: UserFactory, sandbox_clock: FixedSandboxClock, advance: Advance
) -> None:
    operator = user_factory.operator()
    ok(operator.http.post(ADVANCE, {"days": 3}, key="same"))
    sandbox_clock.target = None  # the process ended between its record and the target

    again = operator.http.post(ADVANCE, {"days": 3}, key="same")

    assert (again.status, again.json["status"]) == (202, "advancing")
    advance.run()
    assert operator.call("GET", CLOCK)["now"].startswith("2026-01-18")


def test_advance_leaves_an_audit_entry(user_factory: UserFactory) -> None:
    operator = user_factory.operator()
    ok(operator.http.post(ADVANCE, {"days": 3}))

    entry = operator.call("GET", "/api/admin/audit/")["items"][0]

    assert (entry["action"], entry["subject"]) == ("ADVANCE_CLOCK", "clock")
    assert entry["details"] == {"to": "2026-01-18"}


@pytest.mark.parametrize("stage", ["dev", "prod"])
def test_other_stages_have_no_clock(
    container: Container, user_factory: UserFactory, sandbox_clock: FixedSandboxClock, stage: str
) -> None:
    elsewhere = replace(container.settings, stage=stage, signing_secret_id="keys")
    operator = user_factory.operator()
    container.sandbox_clock_admin = SandboxClockService(
        sandbox_clock, container.audit_log, container.idempotency, elsewhere
    )

    assert operator.http.get(CLOCK).status == 404
    assert operator.http.post(ADVANCE, {"days": 1}).status == 404
    assert sandbox_clock.target is None


def test_only_operators_advance(user_factory: UserFactory) -> None:
    lender = user_factory.lender()

    assert lender.http.get(CLOCK).status == 403
    assert lender.http.post(ADVANCE, {"days": 1}).status == 403
