"""The operators' calls of the API, on one blueprint."""

from chalicelib.admin.routes.blueprint import admin

__all__ = ["admin"]
