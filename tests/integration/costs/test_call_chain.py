"""The call chain of a funding: its depth from the handler to the SDK, and the functions that it takes."""

import sys
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Final

import botocore

import chalicelib
from tests.factories import UserFactory, subscribed_loan

MAX_DEPTH: Final = 16
MAX_FUNCTIONS: Final = 170
"""Named functions; comprehensions and lambdas belong to the function around them."""
_OWN_CODE: Final = str(Path(chalicelib.__file__).parent)
_SDK: Final = str(Path(botocore.__file__).parent)


def own_frames(frame: FrameType | None) -> Iterator[str]:
    """Yield our own frames from the innermost to the handler."""
    while frame is not None:
        if frame.f_code.co_filename.startswith(_OWN_CODE):
            yield f"{frame.f_code.co_filename.removeprefix(_OWN_CODE)}:{frame.f_code.co_qualname}"
        frame = frame.f_back


def test_funding_has_a_short_call_chain(user_factory: UserFactory) -> None:
    borrower = user_factory.borrower()
    lender = user_factory.lender("5000.00")
    first, second = subscribed_loan(borrower, lender), subscribed_loan(borrower, lender)
    lender.http.post(f"/api/loans/{first['id']}/fund/", key="first")  # prepares what is built on first use
    functions: set[str] = set()
    deepest: list[str] = []

    def profile(frame: FrameType, event: str, argument: object) -> None:
        code = frame.f_code
        if event != "call":
            return
        if code.co_filename.startswith(_OWN_CODE) and "<" not in code.co_name:
            functions.add(f"{code.co_filename}:{code.co_qualname}")
        if code.co_filename.startswith(_SDK):
            chain = list(own_frames(frame))
            deepest[:] = chain if len(chain) > len(deepest) else deepest

    sys.setprofile(profile)
    try:
        funded = lender.http.post(f"/api/loans/{second['id']}/fund/", key="fund")
    finally:
        sys.setprofile(None)

    assert funded.status == 200
    assert len(deepest) <= MAX_DEPTH, deepest
    assert len(functions) <= MAX_FUNCTIONS, sorted(functions)
