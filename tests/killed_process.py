"""A process that ends in the middle of its work."""

from collections.abc import Callable

import pytest

from chalicelib.dynamodb.transaction import WriteTransaction


class Killed(BaseException):
    """The simulated end of a process."""


def kill_at_write(monkeypatch: pytest.MonkeyPatch, number: int = 1, *, after: bool) -> None:
    """End the process at its n-th transaction from now: before it is sent, or after it was committed."""
    commit = WriteTransaction.commit
    seen = {"writes": 0}

    def commit_and_end(self: WriteTransaction) -> None:
        seen["writes"] += 1
        if seen["writes"] < number or after:
            commit(self)
        if seen["writes"] == number:
            raise Killed

    monkeypatch.setattr(WriteTransaction, "commit", commit_and_end)


def killed_at_write(
    monkeypatch: pytest.MonkeyPatch, run: Callable[[], object], number: int = 1, *, after: bool
) -> None:
    """Run something whose process ends at its n-th transaction."""
    with monkeypatch.context() as patch:
        kill_at_write(patch, number, after=after)
        with pytest.raises(Killed):
            run()
