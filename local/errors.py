"""Errors that end a program with a message instead of a traceback."""


class StartError(Exception):
    """The platform cannot start; the message says how to solve it."""
