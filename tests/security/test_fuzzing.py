"""Thousands of requests that schemathesis generates from the OpenAPI document: every response is as documented.

`FUZZ_EXAMPLES` says how many requests each operation gets in each mode; `make security` sets more than CI.
"""

import os
import sys
from collections import Counter
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis.core.failures import FailureGroup
from schemathesis.generation import GenerationMode

from chalicelib.container import Container
from chalicelib.loans.domain.loan import LoanStatus
from chalicelib.shared.clock import FixedClock
from tests.factories import UserFactory
from tests.security.documents import checks_of, document
from tests.security.scenes import STATES, Scene, SceneFactory

__all__ = ["document"]
EXAMPLES: Final = int(os.environ.get("FUZZ_EXAMPLES", "6"))
ROLES: Final = ("borrower", "lender", "other lender", "operator")


@pytest.fixture
def scenes(container: Container, user_factory: UserFactory, clock: FixedClock) -> dict[LoanStatus, Scene]:
    """A loan in each state except DEFAULTED, which needs months, with its users."""
    scene_factory = SceneFactory(container, user_factory, clock)
    return {state: scene_factory.scene(state) for state in STATES if state is not LoanStatus.DEFAULTED}


def _run(operation: Any, mode: GenerationMode, scenes: dict[LoanStatus, Scene], seen: Counter[int]) -> None:
    checks = checks_of(operation)

    @hypothesis_settings(
        max_examples=EXAMPLES,
        phases=(Phase.explicit, Phase.generate),
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(operation.as_strategy(generation_mode=mode), st.sampled_from(list(scenes)), st.sampled_from(ROLES))
    def check_response(case: Any, state: LoanStatus, role: str) -> None:
        scene = scenes[state]
        if mode is GenerationMode.POSITIVE and "id" in (case.path_parameters or {}):
            is_user_route = "/users/" in case.operation.path
            case.path_parameters["id"] = scene.user_id if is_user_route else scene.loan_id
        if mode is GenerationMode.POSITIVE and "rule_id" in (case.path_parameters or {}):
            case.path_parameters["rule_id"] = scene.rule_id
        headers = {"Authorization": f"Bearer {scene.clients[role].token}"}
        response = case.call(headers=headers)
        seen[response.status_code] += 1
        case.validate_response(response, checks=checks, headers=headers)

    check_response()


def test_every_response_is_documented(
    document: Any, scenes: dict[LoanStatus, Scene], capsys: pytest.CaptureFixture[str]
) -> None:
    operations = [found.ok() for found in document.get_all_operations()]
    seen: Counter[int] = Counter()
    failures: list[str] = []

    for operation in operations:
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            try:
                _run(operation, mode, scenes, seen)
            except Unsatisfiable:  # an operation without input has no invalid input
                assert mode is GenerationMode.NEGATIVE
            except FailureGroup as failure:  # all operations are tried before the test fails
                failures += [f"{operation.label} ({mode.value}): {each}" for each in failure.exceptions]

    with capsys.disabled():
        about = f"{len(operations)} operations, {seen.total()} cases, {len(failures)} failures"
        sys.stdout.write(f"\n  schemathesis: {about}; {dict(sorted(seen.items()))} ")
    assert failures == [], "\n\n".join(failures)
    assert {200, 403, 404, 422} <= set(seen)
