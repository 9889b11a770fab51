"""The content security policies of the pages: they run and load packaged files only."""

_SHARED = (
    "default-src 'none'; script-src 'self'; connect-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)

_TRUSTED_TYPES = "require-trusted-types-for 'script'; trusted-types 'none'"

CONSOLE = f"{_SHARED}; style-src 'self'; img-src 'self'; {_TRUSTED_TYPES}"
"""Own pages: scripts from files only, and no markup from strings."""

SWAGGER = f"{_SHARED}; style-src 'self'; img-src 'self' data:"
"""Swagger UI: it loads icons from data URLs and writes markup, so Trusted Types are off."""

REDOC = f"{_SHARED}; style-src 'self' 'unsafe-inline'; img-src 'self' data:; worker-src blob:"
"""ReDoc: it adds style elements at run time and searches in a worker created from a blob."""
