"""Scenarios of webhook endpoints: requests of their owners, and the worker that delivers events."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Final, Self

from chalicelib.events.service.wakeups import delivery_job
from chalicelib.events.service.webhook_client import Response
from chalicelib.shared.actor import Role
from tests.example_events import example_event
from tests.factories import User, ok
from tests.simulation.clients import delete_action, job_action, post_action, request_action
from tests.simulation.environment import Environment
from tests.simulation.faults import Action, Scenario
from tests.webhook_routes import WEBHOOK_ENDPOINT

_ROUTE: Final = "/api/webhook-endpoints"


class SimulatedReceiver:
    """Takes the place of the HTTP client: it responds to every message with one status."""

    def __init__(self, status: int) -> None:
        self._status = status

    def check(self, url: str, *, seconds: float) -> None:
        """Allow every address."""

    def session(self) -> Self:
        return self

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Close nothing."""

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Response:
        return Response(self._status, None, 1, "ok")


def _user(environment: Environment) -> User:
    return environment.user(Role.LENDER, "lena")


def _endpoint(user: User) -> str:
    return str(ok(user.http.post(f"{_ROUTE}/", WEBHOOK_ENDPOINT)).json["id"])


def _create(environment: Environment) -> Action:
    return post_action(_user(environment), f"{_ROUTE}/", WEBHOOK_ENDPOINT)


def _create_last(environment: Environment) -> Action:
    """The tenth endpoint; there can't be another one."""
    user = _user(environment)
    for _ in range(9):
        _endpoint(user)
    return post_action(user, f"{_ROUTE}/", WEBHOOK_ENDPOINT)


def _change(body: Mapping[str, object]) -> Callable[[Environment], Action]:
    def prepare(environment: Environment) -> Action:
        user = _user(environment)
        path = f"{_ROUTE}/{_endpoint(user)}/"
        return request_action(lambda _: user.http.patch(path, dict(body)), key=False)

    return prepare


def _delete(environment: Environment) -> Action:
    user = _user(environment)
    return delete_action(user, f"{_ROUTE}/{_endpoint(user)}/")


def _post(action: str) -> Callable[[Environment], Action]:
    def prepare(environment: Environment) -> Action:
        environment.container.__dict__["webhook_client"] = SimulatedReceiver(200)
        user = _user(environment)
        return post_action(user, f"{_ROUTE}/{_endpoint(user)}/{action}/")

    return prepare


def _resend(environment: Environment) -> Action:
    environment.container.__dict__["webhook_client"] = SimulatedReceiver(200)
    user = _user(environment)
    path = f"{_ROUTE}/{_endpoint(user)}"
    delivery = ok(user.http.post(f"{path}/test/")).json
    environment.settle()
    return post_action(user, f"{path}/deliveries/{delivery['id']}/resend/")


def _deliver(status: int, number: int) -> Callable[[Environment], Action]:
    """Return the preparation of a worker with some deliveries to one endpoint."""

    def prepare(environment: Environment) -> Action:
        environment.container.__dict__["webhook_client"] = SimulatedReceiver(status)
        environment.container.webhook_delivery.lease = timedelta(seconds=-1)  # a killed worker's is over immediately
        user = _user(environment)
        endpoint = _endpoint(user)
        for each in range(number):
            environment.container.publisher.record(user.id, example_event(each))
        environment.queue.sent.clear()
        return job_action(environment, delivery_job(user.id, endpoint))

    return prepare


_PREPARATIONS: Final[tuple[tuple[str, str, Callable[[Environment], Action], bool], ...]] = (
    ("create", f"POST {_ROUTE}", _create, False),
    ("create the last", f"POST {_ROUTE}", _create_last, False),
    ("describe", f"PATCH {_ROUTE}/{{id}}", _change({"description": "mine"}), False),
    ("disable", f"PATCH {_ROUTE}/{{id}}", _change({"enabled": False}), True),
    ("delete", f"DELETE {_ROUTE}/{{id}}", _delete, True),
    ("rotate the secret", f"POST {_ROUTE}/{{id}}/rotate-secret", _post("rotate-secret"), False),
    ("test", f"POST {_ROUTE}/{{id}}/test", _post("test"), True),
    ("send again", f"POST {_ROUTE}/{{id}}/deliveries/{{delivery_id}}/resend", _resend, True),
    ("deliver", "job DELIVER", _deliver(200, 5), False),
    ("deliver to an endpoint that is gone", "job DELIVER", _deliver(410, 1), True),
)
WEBHOOKS: Final = tuple(
    Scenario(f"webhooks: {name}", covers, prepare, settles_first=settles_first, moves_no_money=True)
    for name, covers, prepare, settles_first in _PREPARATIONS
)
