"""Reconciliation of the newest bank statement with what is booked, and of its entries with transfers."""

import pytest

from chalicelib.admin.domain.audit import AuditContext
from chalicelib.container import Container
from chalicelib.reporting.service.reconciliation import ReconciliationService
from chalicelib.shared.clock import FixedClock
from chalicelib.shared.settings import Settings
from tests.bank_statements import Transfers, bank_settings, credit, paid, statement
from tests.factories import ServiceFactory
from tests.integration.reporting.reconciliation_runs import report_content
from tests.integration.reporting.sample_loans import OPERATOR


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return bank_settings(settings)


def import_statement(
    container: Container, clock: FixedClock, factory: ServiceFactory, opening: str, number: str = "1"
) -> None:
    """Import a payment of a deposit, and one that no transfer explains; then let the time pass until they count."""
    deposit = Transfers(container).deposit(factory.lender().user_id, "100.00")
    entries = paid(deposit, servicer_reference="A"), credit("7.00", servicer_reference="B")
    container.bank.import_file(OPERATOR, statement(*entries, opening=opening, number=number), AuditContext())
    clock.advance(minutes=5)


def test_booked_statement_has_no_difference(
    container: Container, service: ReconciliationService, service_factory: ServiceFactory, clock: FixedClock
) -> None:
    import_statement(container, clock, service_factory, opening="0.00")

    counts = service.start()

    assert counts["transfers"] == 1
    report = report_content(container)
    assert (report["total"], report["listed"], report["undecided"]) == ("0.00", [], 0)


def test_missing_statement_is_reported(
    container: Container, service: ReconciliationService, service_factory: ServiceFactory, clock: FixedClock
) -> None:
    import_statement(container, clock, service_factory, opening="50.00", number="2")

    service.start()

    assert report_content(container)["listed"] == [
        {"account": "bank statement", "expected": "157.00", "found": "107.00"}
    ]
