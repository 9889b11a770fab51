"""Calls whose modules are read late."""

from __future__ import annotations

import importlib

import pytest

from chalicelib.admin.routes import admin
from chalicelib.common.late_calls import every_call


def test_what_operators_can_call_is_announced_and_nothing_else() -> None:
    importlib.import_module("app")

    declared = {(call.method, call.path) for call in every_call() if call.path.startswith("/api/admin/")}

    assert declared == set(admin.announced) == set(admin.declared)


def test_a_call_that_nobody_announced_is_not_declared() -> None:
    with pytest.raises(LookupError, match="GET /api/admin/surprise is not announced"):
        admin.route("/api/admin/surprise", methods=["GET"])(print)
