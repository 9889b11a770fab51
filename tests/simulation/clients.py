"""Actions of scenarios: clients that repeat requests, workers, scheduled and stream functions; and their users."""

from collections.abc import Callable
from hashlib import sha256
from itertools import count
from typing import Any, Final

from chalicelib.jobs.queue import BackgroundJob
from chalicelib.jobs.runner import JobFailed
from chalicelib.shared.actor import Role
from chalicelib.shared.money import Money, Rate
from chalicelib.users.domain.user import User as Account
from chalicelib.users.repository import UserRepository
from local.queues import Message, sqs_event
from local.schedules import scheduled_event
from local.stream_poller import stream_event
from tests.engines import REGION
from tests.factories import User, open_loan
from tests.http_client import Response
from tests.simulation.environment import PREFIX, Environment
from tests.simulation.faults import DONE, FAILED, Action

_KEYS: Final = count(1)
_FIRST_ERROR, _SERVER_ERROR, _UNAVAILABLE = 400, 500, 503
_RETRY_AFTER: Final = "retry-after"


def request_action(send: Callable[[str | None], Response], *, key: bool = True) -> Action:
    """Return the action of a client that repeats a request after a server error or a response with `Retry-After`.

    Args:
        send: sends the request with an idempotency key.
        key: the client sends a key, the same each time.
    """
    idempotency_key = f"key-{next(_KEYS)}" if key else None

    return lambda: _outcome_of(send(idempotency_key))


def _outcome_of(response: Response) -> str:
    """Return the outcome for the client. A server error must be 503 with `Retry-After`."""
    if response.status >= _SERVER_ERROR:
        assert response.status == _UNAVAILABLE, (response.status, response.body)
        assert _RETRY_AFTER in response.headers, response.headers
    if _RETRY_AFTER in response.headers:
        return FAILED
    return DONE if response.status < _FIRST_ERROR else f"rejected {response.status} {response.code}"


def post_action(user: User, path: str, body: object = None, *, key: bool = True) -> Action:
    """Return the action of a client that sends a POST request."""
    return request_action(lambda idempotency_key: user.http.post(path, body, key=idempotency_key), key=key)


def delete_action(user: User, path: str, *, key: bool = True) -> Action:
    """Return the action of a client that sends a DELETE request."""
    return request_action(lambda idempotency_key: user.http.delete(path, key=idempotency_key), key=key)


def read_action(user: User, path: str) -> Action:
    """Return the action of a client that reads; its outcome contains a hash of the response."""

    def read() -> str:
        response = user.http.get(path)
        outcome = _outcome_of(response)
        return outcome if outcome == FAILED else f"{outcome} {sha256(response.body).hexdigest()}"

    return read


def worker_action(environment: Environment, kind: str, subject: str | None = None) -> Action:
    """Return the action of the worker with the queued job of a kind, or with a new one for ``subject``."""
    environment.process_streams()
    queued = [job for job in dict.fromkeys(environment.queue.sent) if job.kind == kind]
    [job] = [BackgroundJob(kind, subject)] if subject else queued
    environment.queue.sent.clear()
    return job_action(environment, job)


def job_action(environment: Environment, job: BackgroundJob) -> Action:
    """Return the action of the worker with a job."""
    function, _ = environment.worker_of(job.kind)
    invoke = invocation_action(environment, function, lambda: sqs_event([Message(job.text())]))

    def work() -> str:
        environment.visited.add(f"job {job.kind}")
        return invoke()

    return work


def scheduled_action(environment: Environment, function: str) -> Action:
    """Return the action of a scheduled function."""
    return invocation_action(environment, function, lambda: scheduled_event(function, environment.clock()))


def stream_action(environment: Environment, function: str, table: str) -> Action:
    """Return the action of a stream function with all records of a table."""
    records = [
        {**record, "awsRegion": REGION} for record in environment.simulator.tables[f"{PREFIX}{table}"].records(0)
    ]
    return invocation_action(environment, function, lambda: stream_event(records))


def invocation_action(environment: Environment, function: str, event: Callable[[], dict[str, Any]]) -> Action:
    """Return the action of Lambda, which delivers an event again if the function raises or reports failed records."""

    def invoke() -> str:
        try:
            result = environment.invoke(function, event())
        except JobFailed:
            return FAILED
        reported = result if isinstance(result, dict) else {}
        return FAILED if reported.get("failed") or reported.get("batchItemFailures") else DONE

    return invoke


def borrower_and_lender(
    environment: Environment, *, lender_balance: str = "2000.00", borrower_balance: str = ""
) -> tuple[User, User]:
    """Create a borrower and a lender."""
    borrower = environment.user(Role.BORROWER, "bob", borrower_balance)
    return borrower, environment.user(Role.LENDER, "lena", lender_balance)


def loan_in_parts(environment: Environment, borrower: User, parts: int, *, funded: int) -> tuple[str, list[User]]:
    """Create a loan of equal parts of 100.00, all accepted, ``funded`` of them funded; return its id and lenders."""
    container, part = environment.container, Money.of("100.00")
    loan = open_loan(borrower, amount=str(Money(part.cents * parts)))
    lenders = [environment.user(Role.LENDER, f"lender{number}", "1000.00") for number in range(parts)]
    for lender in lenders:
        offer = container.offers.make(lender.actor, loan["id"], Rate.percent("11.00"), part).value.offer
        container.offers.accept(borrower.actor, loan["id"], [offer.id])
    for lender in lenders[:funded]:
        container.funding.fund(lender.actor, loan["id"])
    return loan["id"], lenders


def operator(environment: Environment) -> User:
    """Create an operator."""
    return environment.user(Role.ADMIN, "olga")


def create_account(environment: Environment, user: User) -> None:
    """Create the account of a user, which operators search for."""
    email = f"{user.actor.username}@example.com"
    account = Account(user.id, user.actor.username, email, user.actor.role, environment.clock())
    UserRepository(environment.container.database).add(account, "not a hash")
