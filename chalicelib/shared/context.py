"""Values of context variables for the duration of a block."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypeVar

T = TypeVar("T")


@contextmanager
def context_value(variable: ContextVar[T], value: T) -> Iterator[T]:
    """Set a context variable inside a ``with`` block and restore it afterwards."""
    token = variable.set(value)
    try:
        yield value
    finally:
        variable.reset(token)
