"""Reading the audit trail over days."""

from __future__ import annotations

import pytest

from chalicelib.admin.domain.audit import AuditAction, AuditContext, AuditEvent
from chalicelib.admin.service.audit_log import AuditPosition
from chalicelib.dynamodb.database import OptimisticLockError
from chalicelib.shared.actor import RoleRequired
from tests.engines import Storage
from tests.integration.admin.conftest import Town


def write_down(town: Town, subject: str) -> None:
    trail = town.container.audit_log
    writes = trail.writes()
    trail.add(writes, town.operator, AuditEvent(AuditAction.FREEZE_USER, subject, AuditContext("why", "r")))
    writes.commit()


def pages(town: Town, limit: int) -> list[list[str]]:
    """The subjects on every page of the whole trail."""
    found: list[list[str]] = []
    position: AuditPosition | None = None
    while True:
        page = town.container.audit_log.page(town.operator, limit=limit, position=position)
        found.append([entry.subject for entry in page.entries])
        position = page.position
        if position is None:
            return found


def test_an_empty_trail_is_one_empty_page(town: Town) -> None:
    assert pages(town, 5) == [[]]


@pytest.mark.parametrize(
    ("limit", "expected"),
    [
        (1, [["d"], ["c"], ["b"], ["a"]]),
        (2, [["d", "c"], ["b", "a"]]),
        (3, [["d", "c", "b"], ["a"]]),
        (4, [list("dcba")]),
    ],
)
def test_entries_come_newest_first_over_midnights(town: Town, limit: int, expected: list[list[str]]) -> None:
    for subject, hours in (("a", 0), ("b", 1), ("c", 23), ("d", 30)):
        town.clock.advance(hours=hours)
        write_down(town, subject)

    assert pages(town, limit) == expected


def test_a_long_silence_makes_pages_short_and_loses_nothing(town: Town) -> None:
    write_down(town, "long ago")
    town.clock.advance(days=150)
    write_down(town, "now")

    found = pages(town, 10)

    assert [subject for page in found for subject in page] == ["now", "long ago"]
    assert len(found) == 3


def test_the_trail_is_for_operators(town: Town) -> None:
    with pytest.raises(RoleRequired):
        town.container.audit_log.page(town.person().as_actor(), limit=10)


def test_an_entry_that_is_there_is_never_replaced(town: Town, storage: Storage) -> None:
    """Two entries with one id: the second transaction fails as a whole."""
    trail = town.container.audit_log
    writes = trail.writes()
    trail.add(writes, town.operator, AuditEvent(AuditAction.FREEZE_USER, "first"))
    writes.commit()
    before = storage.items("audit")

    with pytest.raises(OptimisticLockError):
        writes.commit()

    assert storage.items("audit") == before
