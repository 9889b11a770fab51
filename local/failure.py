"""What stops a start: told to the person in front of the terminal, without a traceback."""

from __future__ import annotations


class StartFailure(Exception):
    """The platform cannot start here; the message says what to do about it."""
