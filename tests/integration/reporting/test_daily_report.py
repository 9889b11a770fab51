"""Daily reports: a year of loans, missed days, killed runs."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from chalicelib.container import Container
from chalicelib.dynamodb.consumed_capacity import record_consumed_capacity
from chalicelib.jobs.schedule import JobName
from chalicelib.reporting.domain.counters import LEDGER
from chalicelib.reporting.domain.report import Report
from chalicelib.reporting.repository.reports import ReportRepository
from chalicelib.reporting.service.reports import DailyReportService, ReportNotFound
from chalicelib.shared.actor import Actor
from chalicelib.shared.clock import FixedClock
from chalicelib.shared.money import Money
from chalicelib.shared.settings import Settings
from tests.engines import Storage
from tests.factories import ServiceFactory
from tests.integration.reporting.expected_report import Figures, Tables, figures_of_report, figures_of_tables
from tests.integration.reporting.sample_loans import (
    OPERATOR,
    create_sample_loans,
)
from tests.integration.reporting.stream_player import StreamPlayer
from tests.killed_process import Killed, kill_at_write
from tests.queues import RecordingQueue

KIND = JobName.LOAN_STATUS_SUMMARY_REPORT
DAY_ONE = date(2026, 1, 15)
ONE_DAY = timedelta(days=1)


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """A late fee of 5.00, and default after 90 days."""
    return replace(settings, late_fee_flat=Money.of("5.00"), default_days=90)


def report(container: Container, day: date | None = None) -> Report:
    return container.reports.find(OPERATOR, KIND.value, day)


def write_reports(container: Container) -> dict[str, int]:
    return container.job_runner.run_scheduled(KIND)


def stored_items(storage: Storage) -> list[dict[str, Any]]:
    """Return all items of reports and counters. Runs are left out: their ids and durations differ."""
    kept = [item for item in storage.items("reports") if not item["pk"]["S"].startswith("RUN#")]
    return sorted(kept, key=lambda item: (item["pk"]["S"], item["sk"]["S"]))


def run_daily_jobs(container: Container, queue: RecordingQueue) -> None:
    """Run the daily jobs, and the background jobs left by the day before."""
    for counts in (container.lifecycle.check_overdue(), container.lifecycle.expire_stale()):
        assert counts["failed"] == 0
    container.worker.send_again()
    while queue.sent:
        container.worker.do(queue.sent.pop())


class Year:
    """Five loans: paid on time, paid late, defaulted after two payments, never subscribed, never fully funded."""

    def __init__(self, container: Container) -> None:
        self._container = container
        lenders = [ServiceFactory(container).lender("9000.00") for _ in range(2)]
        self.punctual, self.late, self.lost = (ServiceFactory(container).borrower("4000.00") for _ in range(3))
        shares = {lenders[0]: "400.00", lenders[1]: "800.00"}
        self.paid_on_time = ServiceFactory(container).funded_loan(self.punctual, shares, months=10)
        self.paid_late = ServiceFactory(container).funded_loan(self.late, {lenders[0]: "900.00"}, months=6)
        self.given_up = ServiceFactory(container).funded_loan(self.lost, {lenders[1]: "700.00"}, months=12)
        ServiceFactory(container).open_loan(self.lost)
        lapsing = ServiceFactory(container).subscribed_loan(self.late, shares)
        container.funding.fund(lenders[0], lapsing)

    def act(self, day: date) -> None:
        """Make the payments and deposits of a day."""
        months = (day.year - DAY_ONE.year) * 12 + day.month - DAY_ONE.month
        if day.day == 15 and 1 <= months <= 10:
            self._pay(self.punctual, self.paid_on_time)
        if day.day == 5 and 2 <= months <= 7:
            self._pay(self.late, self.paid_late)
        if day.day == 14 and months in (1, 2):
            self._pay(self.lost, self.given_up)
        if day == date(2026, 11, 2):
            self._container.payments.pay(self.lost, self.given_up, Money.of("100.00"))
        if day.day == 28:
            self._container.wallets.deposit(self.punctual, Money.of("1.00"), "")

    def _pay(self, borrower: Actor, loan_id: str) -> None:
        self._container.payments.pay(borrower, loan_id)


@pytest.mark.slow
def test_reports_of_a_year_match_ledger_and_schedules(
    container: Container, player: StreamPlayer, clock: FixedClock, storage: Storage, queue: RecordingQueue
) -> None:
    year, day = Year(container), DAY_ONE
    expected: dict[date, Figures] = {}
    tables = Tables([], [])
    daily = DailyReportService(container.projections, ReportRepository(container.database), clock)
    while day < DAY_ONE + timedelta(days=365):
        with record_consumed_capacity() as meter:
            run_daily_jobs(container, queue)
            if day > DAY_ONE:
                year.act(day)
        if meter.write_units or day == DAY_ONE:
            player.play()
            tables = Tables.read(storage)
        expected[day] = figures_of_tables(tables, day)
        clock.advance(days=1)
        day += ONE_DAY
        assert daily.run() == {"written": 1, "postponed": 0, "provisional": 0}

    reported = {each: figures_of_report(report(container, each).content) for each in expected}
    assert reported == expected
    assert_year_covers_all_cases(report(container), reported)


def assert_year_covers_all_cases(last: Report, reported: dict[date, Figures]) -> None:
    assert last.is_final
    assert reported[last.day].statuses == {"COMPLETED": 2, "DEFAULTED": 1, "CANCELLED": 2}  # one lapsed and expired
    assert reported[last.day].fees_to_date == "41.25"  # three loans, and six late instalments
    assert len({each.risk["par30"] for each in reported.values()}) > 4
    assert {each.risk["par90"] for each in reported.values()} == {"0.00"}  # principal is written off before
    assert max(each.late_loans for each in reported.values()) == 2
    assert reported[last.day].written_off != "0.00"
    assert reported[last.day].outstanding == "0.00"


def a_fortnight(container: Container, player: StreamPlayer, clock: FixedClock, *, reports_daily: bool) -> None:
    borrower, running = create_sample_loans(container)
    for number in range(14):
        player.play()
        clock.advance(days=1)
        if reports_daily:
            write_reports(container)
        if number % 3 == 0:
            container.payments.pay(borrower, running, Money.of("10.00"))


def figures(storage: Storage) -> list[tuple[str, str]]:
    """Return the final reports by day."""
    found = [item for item in storage.items("reports") if item["pk"]["S"] == f"REPORT#{KIND}"]
    return sorted((item["sk"]["S"], item["content"]["S"]) for item in found if item["final"]["BOOL"])


def test_daily_runs_and_catch_up_write_equal_reports(
    container: Container, player: StreamPlayer, clock: FixedClock, storage: Storage
) -> None:
    start = clock()
    a_fortnight(container, player, clock, reports_daily=True)
    one_by_one = figures(storage)
    storage.empty()
    player.new_records()
    clock.set_date(start.date())

    a_fortnight(container, player, clock, reports_daily=False)
    assert write_reports(container)["written"] == 14

    assert figures(storage) == one_by_one
    assert len(one_by_one) == 14


@pytest.mark.parametrize("after", [False, True], ids=["before the write", "after the write"])
def test_killed_run_can_be_repeated(
    container: Container,
    player: StreamPlayer,
    clock: FixedClock,
    storage: Storage,
    monkeypatch: pytest.MonkeyPatch,
    after: bool,
) -> None:
    create_sample_loans(container)
    player.play()
    clock.advance(days=2)
    before = stored_items(storage)
    write_reports(container)
    expected = stored_items(storage)

    kills = 0
    while True:
        restore(storage, before)
        with monkeypatch.context() as patch:
            kill_at_write(patch, kills + 1, after=after)
            try:
                write_reports(container)
                break
            except Killed:
                kills += 1
        write_reports(container)
        assert without_provisional(stored_items(storage)) == expected

    assert kills == 8  # the opening, both projections and the report of two days, and the run


def without_provisional(items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Drop the provisional report of today, which the run after a kill may write."""
    return [item for item in items if "final" not in item or item["final"]["BOOL"]]


def restore(storage: Storage, items: list[dict[str, Any]]) -> None:
    """Replace the items of the reports table."""
    table = f"{storage.prefix}reports"
    for item in storage.items("reports"):
        storage.client.delete_item(TableName=table, Key={"pk": item["pk"], "sk": item["sk"]})
    for item in items:
        storage.client.put_item(TableName=table, Item=item)


def test_report_waits_for_complete_transactions(
    container: Container, service_factory: ServiceFactory, player: StreamPlayer, clock: FixedClock
) -> None:
    service_factory.lender("10.00")
    records = player.new_records()["ledger"]
    container.projections.apply(LEDGER, records[:1])
    clock.advance(days=1)

    assert write_reports(container)["postponed"] == 1

    container.projections.apply(LEDGER, records)
    assert write_reports(container) == {"written": 1, "postponed": 0, "provisional": 0}
    assert report(container, DAY_ONE).content["cash"] == {"deposits": "10.00", "withdrawals": "0.00", "net": "10.00"}


def test_report_of_today_is_provisional(
    container: Container, service_factory: ServiceFactory, player: StreamPlayer, clock: FixedClock
) -> None:
    with pytest.raises(ReportNotFound):
        report(container)
    lender = service_factory.lender("10.00")
    player.play()
    assert write_reports(container) == {"written": 0, "postponed": 0, "provisional": 1}
    assert report(container).content["cash"]["deposits"] == "10.00"
    assert not report(container).is_final

    container.wallets.deposit(lender, Money.of("5.00"), "")
    player.play()
    clock.advance(days=1)
    write_reports(container)

    assert report(container).content["cash"]["deposits"] == "15.00"
    assert report(container).is_final
