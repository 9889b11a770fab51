"""Pages of the audit log over days."""

import pytest

from chalicelib.admin.domain.audit import AuditAction, AuditContext, AuditEvent
from chalicelib.admin.service.audit_log import AuditPosition
from chalicelib.dynamodb.errors import OptimisticLockError
from chalicelib.shared.actor import RoleRequired
from tests.engines import Storage
from tests.integration.admin.conftest import Backoffice


def add_entry(office: Backoffice, subject: str) -> None:
    audit_log = office.container.audit_log
    writes = audit_log.writes()
    audit_log.add(writes, office.operator, AuditEvent(AuditAction.FREEZE_USER, subject, AuditContext("why", "r")))
    writes.commit()


def pages(office: Backoffice, limit: int) -> list[list[str]]:
    """Return the subjects on every page."""
    found: list[list[str]] = []
    position: AuditPosition | None = None
    while True:
        page = office.container.audit_log.page(office.operator, limit=limit, position=position)
        found.append([entry.subject for entry in page.entries])
        position = page.position
        if position is None:
            return found


def test_empty_audit_log_is_one_empty_page(office: Backoffice) -> None:
    assert pages(office, 5) == [[]]


@pytest.mark.parametrize(
    ("limit", "expected"),
    [
        (1, [["d"], ["c"], ["b"], ["a"]]),
        (2, [["d", "c"], ["b", "a"]]),
        (3, [["d", "c", "b"], ["a"]]),
        (4, [list("dcba")]),
    ],
)
def test_entries_are_listed_newest_first_across_days(office: Backoffice, limit: int, expected: list[list[str]]) -> None:
    for subject, hours in (("a", 0), ("b", 1), ("c", 23), ("d", 30)):
        office.clock.advance(hours=hours)
        add_entry(office, subject)

    assert pages(office, limit) == expected


def test_days_without_entries_only_shorten_pages(office: Backoffice) -> None:
    add_entry(office, "long ago")
    office.clock.advance(days=150)
    add_entry(office, "now")

    found = pages(office, 10)

    assert [subject for page in found for subject in page] == ["now", "long ago"]
    assert len(found) == 3


def test_audit_log_requires_an_operator(office: Backoffice) -> None:
    with pytest.raises(RoleRequired):
        office.container.audit_log.page(office.user().as_actor(), limit=10)


def test_existing_entries_are_never_replaced(office: Backoffice, storage: Storage) -> None:
    """A second transaction with the same entry id fails."""
    audit_log = office.container.audit_log
    writes = audit_log.writes()
    audit_log.add(writes, office.operator, AuditEvent(AuditAction.FREEZE_USER, "first"))
    writes.commit()
    before = storage.items("audit")

    with pytest.raises(OptimisticLockError):
        writes.commit()

    assert storage.items("audit") == before
