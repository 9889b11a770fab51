"""Those who call the platform in a scenario: clients that ask again, workers, the clock; and whom they call for."""

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
from tests.simulation.faults import FAILED, Action

_KEYS: Final = count(1)
_SERVER_ERROR, _UNAVAILABLE = 500, 503
_COME_AGAIN: Final = "retry-after"


def requesting(send: Callable[[str | None], Response], *, key: bool = True) -> Action:
    """A client: it takes a server's error, and an answer that says when to come again, as a reason to ask again."""
    given = f"key-{next(_KEYS)}" if key else None

    return lambda: _came_to(send(given))


def _came_to(answer: Response) -> str:
    """What an answer means to a client. An error of ours must say when to come again."""
    if answer.status >= _SERVER_ERROR:
        assert answer.status == _UNAVAILABLE, (answer.status, answer.body)
        assert _COME_AGAIN in answer.headers, answer.headers
    if _COME_AGAIN in answer.headers:
        return FAILED
    return "done" if answer.status < 400 else f"refused {answer.status} {answer.code}"


def posting(person: User, path: str, body: object = None, *, key: bool = True) -> Action:
    """A client that posts."""
    return requesting(lambda given: person.http.post(path, body, key=given), key=key)


def two_lenders(environment: Environment, *, lender_has: str = "2000.00", borrower_has: str = "") -> tuple[User, User]:
    """A borrower and a lender."""
    borrower = environment.person(Role.BORROWER, "bob", borrower_has)
    return borrower, environment.person(Role.LENDER, "lena", lender_has)


def many_lenders(
    environment: Environment, borrower: User, parts: int, *, funded: int, amount_each: int = 1000
) -> tuple[str, list[User]]:
    """A loan of equal parts, all accepted, ``funded`` of them paid in."""
    container, total = environment.container, Money(amount_each * parts)
    loan = open_loan(borrower, amount=str(total))
    lenders = [environment.person(Role.LENDER, f"lender{number}", "1000.00") for number in range(parts)]
    for lender in lenders:
        made = container.offers.make(lender.actor, loan["id"], Rate.percent("11.00"), Money(amount_each)).value
        container.offers.accept(borrower.actor, loan["id"], made.id)
    for lender in lenders[:funded]:
        container.funding.fund(lender.actor, loan["id"])
    return loan["id"], lenders


def reading(person: User, path: str, **headers: str) -> Action:
    """Somebody who looks; being shown something else is another answer."""

    def look() -> str:
        answer = person.http.get(path, headers=headers)
        came_to = _came_to(answer)
        return came_to if came_to == FAILED else f"{came_to} {sha256(answer.body).hexdigest()}"

    return look


def running_worker(environment: Environment, kind: str, subject: str | None = None) -> Action:
    """The worker, with the work of this kind that waits in the queue after the streams were followed, or is named."""
    environment.follow()
    waiting = [piece for piece in dict.fromkeys(environment.queue.sent) if piece.kind == kind]
    [work] = [BackgroundJob(kind, subject)] if subject else waiting
    environment.queue.sent.clear()
    return running_job(environment, work)


def running_job(environment: Environment, work: BackgroundJob) -> Action:
    """The worker, with a piece of work."""
    do = invoking(environment, "work", lambda: sqs_event([Message(work.text())]))

    def visit() -> str:
        environment.visited.add(f"work {work.kind}")
        return do()

    return visit


def scheduled(environment: Environment, function: str) -> Action:
    """A function of the clock; one that counts a failure is run again."""
    return invoking(environment, function, lambda: scheduled_event(function, environment.clock()))


def reading_stream(environment: Environment, function: str, table: str) -> Action:
    """A function of a stream, with everything that has happened in a table."""
    records = [
        {**record, "awsRegion": REGION} for record in environment.simulator.tables[f"{PREFIX}{table}"].records(0)
    ]
    return invoking(environment, function, lambda: stream_event(records))


def invoking(environment: Environment, function: str, event: Callable[[], dict[str, Any]]) -> Action:
    """Lambda: it gives an event again where the function raises, or names a record of it."""

    def invoke() -> str:
        try:
            answer = environment.invoke(function, event())
        except JobFailed:
            return FAILED
        returned = answer if isinstance(answer, dict) else {}
        return FAILED if returned.get("failed") or returned.get("batchItemFailures") else "done"

    return invoke


def operator(environment: Environment) -> User:
    """An operator."""
    return environment.person(Role.ADMIN, "olga")


def registered(environment: Environment, person: User) -> None:
    """Give a person the account that operators look for."""
    email = f"{person.actor.username}@example.com"
    account = Account(person.id, person.actor.username, email, person.actor.role, environment.clock())
    UserRepository(environment.container.database).add(account, "no password opens it")
