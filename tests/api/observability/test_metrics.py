"""Each invocation writes one line of Embedded Metric Format."""

import importlib
from collections import Counter
from dataclasses import replace
from typing import Any

import pytest

from chalicelib.cache.backends import InProcessBackend
from chalicelib.cache.service import Cache
from chalicelib.container import Container, install_container
from chalicelib.observability import metrics
from chalicelib.shared.actor import Role
from chalicelib.shared.clock import FixedClock
from chalicelib.shared.context import context_value
from chalicelib.shared.settings import Limit, Settings
from local.lambda_context import LambdaContext
from local.schedules import scheduled_event
from tests.api.observability.conftest import JsonLines
from tests.factories import PASSWORD, UserFactory, funded_loan, ok, open_loan, pay
from tests.http_client import HttpClient


def metrics_of(line: dict[str, Any]) -> dict[str, Any]:
    """The metric values of a line by name."""
    names = [metric["Name"] for directive in line["_aws"]["CloudWatchMetrics"] for metric in directive["Metrics"]]
    values = {name: line[name] for name in names}
    return {name: value[0] if isinstance(value, list) else value for name, value in values.items()}


def last(emitted: JsonLines) -> dict[str, Any]:
    return metrics_of(emitted.lines[-1])


def test_request_is_one_embedded_metric_line(http: HttpClient, emitted: JsonLines) -> None:
    http.get("/health")

    [line] = emitted.lines
    directives = line["_aws"]["CloudWatchMetrics"]
    assert {directive["Namespace"] for directive in directives} == {"P2PLending"}
    assert [sorted(directive["Dimensions"][0]) for directive in directives] == [
        ["service", "stage"],
        ["route", "service", "stage"],
    ]
    assert (line["service"], line["stage"], line["route"]) == ("p2p", "local", "GET /health")
    units = {metric["Name"]: metric["Unit"] for metric in directives[1]["Metrics"]}
    assert units == {"Requests": "Count", "RequestErrors": "Count", "RequestLatency": "Milliseconds"}
    assert isinstance(line["_aws"]["Timestamp"], int)


def test_only_server_errors_are_counted(user_factory: UserFactory, emitted: JsonLines, container: Container) -> None:
    borrower = user_factory.borrower()
    borrower.http.post("/api/wallets/withdraw/", {"amount": "1.00"})
    assert last(emitted)["RequestErrors"] == 0

    def fail(**_: object) -> None:
        raise RuntimeError

    container.database.client.meta.events.register("before-call.dynamodb.GetItem", fail)
    borrower.http.get("/api/wallets/")
    assert last(emitted)["RequestErrors"] == 1


def test_movements_of_money_and_loans_are_counted(user_factory: UserFactory, emitted: JsonLines) -> None:
    borrower, lender = user_factory.borrower("50.00"), user_factory.lender("2000.00")
    deposit = last(emitted)
    loan = funded_loan(borrower, lender, months=3)
    funded = last(emitted)
    paid = pay(borrower, loan["id"])["payment"]
    payment = last(emitted)
    open_loan(borrower)
    requested = last(emitted)

    assert (deposit["Deposits"], deposit["DepositedCents"]) == (1, 200_000)
    assert (funded["LoansFunded"], funded["FundedCents"], funded["FeeCents"]) == (1, 100_000, 375)
    assert (payment["LoanPayments"], payment["PaidCents"]) == (1, int(paid["amount"].replace(".", "")))
    assert requested["LoansRequested"] == 1


def test_rejected_and_repeated_requests_count_nothing(user_factory: UserFactory, emitted: JsonLines) -> None:
    borrower = user_factory.borrower()
    for _ in range(2):
        borrower.http.post("/api/wallets/deposit/", {"amount": "7.00"}, key="once")
    repeated = last(emitted)
    borrower.http.post("/api/wallets/withdraw/", {"amount": "9.00"})

    assert "Deposits" not in repeated
    assert not {"Withdrawals", "Deposits"} & last(emitted).keys()


@pytest.fixture
def cached(settings: Settings, clock: FixedClock, container: Container) -> Container:
    """The platform with a cache and a limit of two reads an hour."""
    limited = replace(settings, throttle_user=Limit(3, 3600))
    built = Container(limited, clock=clock, real_time=clock, queue=container.queue, cache=Cache(InProcessBackend()))
    install_container(built)
    return built


def test_cache_and_limits_are_counted(user_factory: UserFactory, cached: Container, emitted: JsonLines) -> None:
    borrower = user_factory.user(Role.BORROWER)
    seen = []
    for _ in range(4):
        borrower.http.get("/api/wallets/")
        seen.append(last(emitted))

    assert (seen[0]["CacheMisses"], seen[1]["CacheHits"], seen[3]["Throttled"]) == (1, 1, 1)
    borrower.http.post("/api/wallets/deposit/", {"amount": "1.00"})
    assert last(emitted)["CacheInvalidations"] == 1
    cached.database.client.close()


def test_job_is_counted_under_its_function(container: Container, emitted: JsonLines) -> None:
    handler = importlib.import_module("app").on_expire_stale_loans

    handler(scheduled_event("expire", container.clock()), LambdaContext(function_name="expire_stale_loans"))

    [line] = emitted.lines
    assert sorted(line["_aws"]["CloudWatchMetrics"][1]["Dimensions"][0]) == ["function", "service", "stage"]
    assert line["function"] == "expire_stale_loans"
    found = metrics_of(line)
    assert {name: found[name] for name in ("Events", "EventErrors", "EventRecords", "TaskRuns", "TaskErrors")} == {
        "Events": 1,
        "EventErrors": 0,
        "EventRecords": 0,
        "TaskRuns": 1,
        "TaskErrors": 0,
    }


def test_metric_lines_contain_no_personal_data(http: HttpClient, user_factory: UserFactory, emitted: JsonLines) -> None:
    person = user_factory.registered(Role.LENDER, "5.00", name="sarah_unmistakable")
    ok(http.post("/api/users/login/", {"username": "sarah_unmistakable", "password": PASSWORD}))

    assert len(emitted.lines) == 3
    assert [text for text in ("unmistakable", person.id, "example.com", "127.0.0.1") if text in emitted.text] == []


def test_laptop_writes_no_metrics(
    http: HttpClient, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    http.get("/health")
    assert "CloudWatchMetrics" not in capsys.readouterr().out

    monkeypatch.setenv("STAGE", "prod")
    assert metrics.are_on()
    monkeypatch.setenv("METRICS", "off")
    assert not metrics.are_on()


def test_counts_outside_an_invocation_are_dropped() -> None:
    metrics.count("Deposits")

    with context_value(metrics.TALLY, Counter()) as tally:
        metrics.count("Withdrawals", 2)
        metrics.count("Withdrawals")

    assert tally == {"Withdrawals": 3}
