"""Events of real accounts: operators freeze them, and their users change password and email."""

from chalicelib.admin.domain.audit import AuditContext
from chalicelib.container import Container
from chalicelib.shared.actor import Role
from chalicelib.shared.clock import FixedClock
from chalicelib.users.domain.user import ProfileChanges
from tests.factories import PASSWORD, UserFactory
from tests.integration.derivation.stream_history import StreamHistory


def test_each_freeze_and_unfreeze_is_an_event(
    history: StreamHistory, user_factory: UserFactory, container: Container, clock: FixedClock
) -> None:
    ana, operator = user_factory.registered(Role.LENDER), user_factory.registered(Role.ADMIN)
    history.new_events()

    for _ in range(2):
        container.account_freezes.freeze(operator.actor, ana.id, AuditContext("suspected fraud"))
        clock.advance(minutes=1)
        container.account_freezes.unfreeze(operator.actor, ana.id, AuditContext("cleared"))
        clock.advance(minutes=1)
    events = history.new_events()

    assert [event.type for event in events] == ["account.frozen", "account.unfrozen"] * 2
    assert {event.recipients for event in events} == {(ana.id,)}
    assert [event.data for event in events] == [{"user_id": ana.id}] * 4


def test_changes_of_credentials_are_events(
    history: StreamHistory, user_factory: UserFactory, container: Container, clock: FixedClock
) -> None:
    ana = user_factory.registered(Role.LENDER)
    history.new_events()

    container.users.change_profile(
        ana.actor, ProfileChanges(email="ana.new@example.com"), PASSWORD, address="192.0.2.1"
    )
    clock.advance(minutes=1)
    container.sessions.change_password(ana.actor, current=PASSWORD, new="another good phrase", address="192.0.2.1")
    events = history.new_events()

    assert [event.type for event in events] == ["security.email_changed", "security.password_changed"]
    assert [(event.recipients, event.data) for event in events] == [((ana.id,), {"user_id": ana.id})] * 2
