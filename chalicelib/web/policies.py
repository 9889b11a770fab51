"""The Content-Security-Policy of each page: nothing runs, and nothing is loaded, that we did not package."""

from __future__ import annotations

_SHELL = (
    "default-src 'none'; script-src 'self'; connect-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)

_NO_MARKUP_FROM_STRINGS = "require-trusted-types-for 'script'; trusted-types 'none'"

CONSOLE = f"{_SHELL}; style-src 'self'; img-src 'self'; {_NO_MARKUP_FROM_STRINGS}"
"""Our own pages: every script is a file of ours, and no string becomes markup."""

SWAGGER = f"{_SHELL}; style-src 'self'; img-src 'self' data:"
"""Swagger UI draws its symbols from data URLs and writes markup, so Trusted Types are off."""

REDOC = f"{_SHELL}; style-src 'self' 'unsafe-inline'; img-src 'self' data:; worker-src blob:"
"""ReDoc writes style elements at run time, and searches in a worker that it makes from a blob."""
