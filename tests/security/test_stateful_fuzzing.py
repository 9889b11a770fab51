"""Walks through all operations of the OpenAPI document; each step uses values from earlier responses.

`FUZZ_STEPS` says how long the walk is; `make security` sets a longer one than CI.
"""

import os
import random
import sys
from collections import defaultdict
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from schemathesis.generation import GenerationMode

from chalicelib.container import Container
from chalicelib.shared.actor import Role
from chalicelib.shared.clock import FixedClock
from tests.engines import Storage
from tests.factories import UserFactory, funded_loan, make_offer, open_loan, subscribed_loan
from tests.queues import RecordingQueue
from tests.security.documents import checks_of, document
from tests.security.scenes import SceneFactory
from tests.security.session_walk import Walk
from tests.simulation.invariants import assert_invariants

__all__ = ["document"]
STEPS: Final = int(os.environ.get("FUZZ_STEPS", "600"))
_DAYS: Final = (0, 0, 0, 1, 20)
_OFTEN: Final = 4
_BEGIN: Final = frozenset({"POST /api/loans/", "POST /api/loans/auto-invest/"})
_PAY: Final = "POST /api/loans/{id}/pay/"


@pytest.fixture
def walk(container: Container, user_factory: UserFactory, clock: FixedClock) -> Walk:
    """A borrower, two lenders and an operator; a running loan, a subscribed one, and one with an offer."""
    scene_factory = SceneFactory(container, user_factory, clock)
    roles = {"borrower": Role.BORROWER, "lender": Role.LENDER, "other lender": Role.LENDER, "operator": Role.ADMIN}
    people = {name: scene_factory.user(role) for name, role in roles.items()}
    borrower, lender = people["borrower"], people["lender"]
    loans = [funded_loan(borrower, lender), subscribed_loan(borrower, lender), open_loan(borrower)]
    found = {"loan": [loan["id"] for loan in loans], "offer": [make_offer(lender, loans[2]["id"])["id"]]}
    return Walk(people, defaultdict(list, found))


def _calls_per_round(operation: str) -> int:
    """The number of calls of an operation per round; operations that change a loan are called more often."""
    if operation == _PAY:
        return 3 * _OFTEN
    return _OFTEN if "/loans/{id}/" in operation or operation in _BEGIN else 1


def _rounds(number: int) -> hypothesis_settings:
    """Settings for so many rounds through all operations, without shrinking: each step depends on those before."""
    return hypothesis_settings(
        max_examples=number,
        phases=(Phase.generate,),
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )


def _report(walk: Walk, operations: int, capsys: pytest.CaptureFixture[str]) -> set[str]:
    """Print the progress of the walk; return the operations that succeeded."""
    walked = {label for label, _ in walk.seen}
    done = {label for label, status in walk.seen if status < 300}
    with capsys.disabled():
        about = f"{walk.seen.total()} steps, {len(walked)} of {operations} operations, {len(done)} carried out"
        sys.stdout.write(f"\n  schemathesis, step by step: {about} ")
    return done


def test_every_step_of_a_session_is_documented(
    document: Any,
    walk: Walk,
    container: Container,
    tables: Storage,
    clock: FixedClock,
    queue: RecordingQueue,
    capsys: pytest.CaptureFixture[str],
) -> None:
    operations = [found.ok() for found in document.get_all_operations()]
    requests = {each.label: each.as_strategy(generation_mode=GenerationMode.POSITIVE) for each in operations}
    labels = [each for each in requests for _ in range(_calls_per_round(each))]
    checks = {each.label: checks_of(each) for each in operations}

    def step(label: str, data: Any) -> None:
        case = data.draw(requests[label])
        sender = walk.people[walk.prepare(case, random.Random(data.draw(st.integers(0, 2**32))))]
        headers = {"Authorization": f"Bearer {sender.http.token}"}
        response = case.call(headers=headers)
        walk.learn(case, response)
        case.validate_response(response, checks=checks[label], headers=headers)

    @_rounds(max(1, STEPS // len(labels)))
    @given(st.data())
    def some_steps(data: Any) -> None:
        for label in data.draw(st.permutations(labels)):
            step(label, data)
        clock.advance(days=data.draw(st.sampled_from(_DAYS)))
        while queue.sent:
            container.worker.do(queue.sent.pop())

    some_steps()
    done = _report(walk, len(operations), capsys)
    assert_invariants(tables)
    assert {label for label, _ in walk.seen} == set(requests)
    assert len(done) > len(requests) / 2  # or it would prove little
