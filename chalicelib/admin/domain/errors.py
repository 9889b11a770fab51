"""Errors of the operator API."""

from __future__ import annotations

from chalicelib.shared.errors import Conflict, Forbidden, NotFound


class AlreadyFrozen(Conflict):
    """The account is already frozen."""

    code = "already_frozen"
    detail = "The account is already frozen."


class NotFrozen(Conflict):
    """The account is not frozen."""

    code = "not_frozen"
    detail = "The account is not frozen."


class OperatorNotFreezable(Forbidden):
    """Operators' accounts cannot be frozen."""

    code = "operator_not_freezable"
    detail = "Operators' accounts cannot be frozen."


class UnknownAccount(NotFound):
    """The ledger has no account of this name."""

    code = "account_not_found"
    detail = "The ledger has no such account. Accounts are wallet:<id>, loan:<id>, platform:fees, external:cash."
