"""Scenarios of emails: what the email service reports about them."""

from collections.abc import Callable
from typing import Any, Final

from chalicelib.shared.actor import Role
from local.queues import Message, sqs_event
from tests.example_events import example_event
from tests.simulation.clients import create_account, invocation_action
from tests.simulation.environment import Environment
from tests.simulation.event_services import feedback
from tests.simulation.faults import Action, Scenario

_FUNCTION: Final = "mail_feedback"
_RECIPIENTS: Final = [{"emailAddress": "lena@example.com"}]


def _report(kind: str, **details: Any) -> Callable[[Environment], Action]:
    """Return the preparation of a report about an email that waits to be sent."""

    def prepare(environment: Environment) -> Action:
        user = environment.user(Role.LENDER, "lena")
        create_account(environment, user)
        event = example_event(type_name="account.frozen", recipients=(user.id,))
        environment.container.publisher.record(user.id, event)
        environment.queue.sent.clear()
        text = feedback(f"{event.id}#{user.id}", kind, **details)
        return invocation_action(environment, _FUNCTION, lambda: sqs_event([Message(text)], _FUNCTION))

    return prepare


EMAILS: Final = (
    Scenario("email accepted", _FUNCTION, _report("Send")),
    Scenario(
        "email bounced",
        _FUNCTION,
        _report("Bounce", bounce={"bounceType": "Permanent", "bouncedRecipients": _RECIPIENTS}),
    ),
    Scenario(
        "complaint about an email", _FUNCTION, _report("Complaint", complaint={"complainedRecipients": _RECIPIENTS})
    ),
)
