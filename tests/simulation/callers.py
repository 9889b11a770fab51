"""Those who call the platform in a scenario: clients that ask again, workers, the clock; and whom they call for."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from typing import Final

from chalicelib.common.actor import Role
from chalicelib.common.money import Money, Rate
from chalicelib.users.domain.user import User
from chalicelib.users.repository import UserRepository
from tests.http_client import Answer
from tests.lending import request_loan
from tests.people import Person
from tests.simulation.faults import FAILED, Action
from tests.simulation.world import World

_KEYS: Final = count(1)
_SERVER_ERROR: Final = 500
_COME_AGAIN: Final = "retry-after"


def asking(send: Callable[[str | None], Answer], *, key: bool = True) -> Action:
    """A client: it takes a server's error, and an answer that says when to come again, as a reason to ask again."""
    given = f"key-{next(_KEYS)}" if key else None

    def ask() -> str:
        answer = send(given)
        if answer.status >= _SERVER_ERROR or _COME_AGAIN in answer.headers:
            return FAILED
        return "done" if answer.status < 400 else f"refused {answer.status} {answer.code}"

    return ask


def posting(person: Person, path: str, body: object = None, *, key: bool = True) -> Action:
    """A client that posts."""
    return asking(lambda given: person.http.post(path, body, key=given), key=key)


def two(world: World, *, lender_has: str = "2000.00", borrower_has: str = "") -> tuple[Person, Person]:
    """A borrower and a lender."""
    borrower = world.person(Role.BORROWER, "bob", borrower_has)
    return borrower, world.person(Role.LENDER, "lena", lender_has)


def many(
    world: World, borrower: Person, parts: int, *, funded: int, amount_each: int = 1000
) -> tuple[str, list[Person]]:
    """A loan of equal parts, all accepted, ``funded`` of them paid in."""
    loans, total = world.platform.loans, Money(amount_each * parts)
    loan = request_loan(borrower, amount=str(total))
    lenders = [world.person(Role.LENDER, f"lender{number}", "1000.00") for number in range(parts)]
    for lender in lenders:
        made = loans.offers.make(lender.actor, loan["id"], Rate.percent("11.00"), Money(amount_each)).value
        loans.offers.accept(borrower.actor, loan["id"], made.id)
    for lender in lenders[:funded]:
        loans.funding.fund(lender.actor, loan["id"])
    return loan["id"], lenders


def working(world: World, kind: str) -> Action:
    """The worker, with the piece of work of this kind that waits in the queue after the streams were followed."""
    world.follow()
    [work] = [piece for piece in dict.fromkeys(world.queue.sent) if piece.kind == kind]
    world.queue.sent.clear()

    def do() -> str:
        world.platform.loans.worker.do(work)
        return "done"

    return do


def registered(world: World, person: Person) -> None:
    """Give a person the account that operators look for."""
    email = f"{person.actor.username}@example.com"
    account = User(person.id, person.actor.username, email, person.actor.role, world.clock())
    UserRepository(world.platform.database).add(account, "no password opens it")


def scheduled(world: World, run: Callable[[], dict[str, int]]) -> Action:
    """A job of the clock: one that counts a failure is run again."""

    def act() -> str:
        return FAILED if run().get("failed") else "done"

    return act
