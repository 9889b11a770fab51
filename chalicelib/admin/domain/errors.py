"""What operators are refused."""

from __future__ import annotations

from chalicelib.shared.errors import Conflict, Forbidden, NotFound


class AlreadyFrozen(Conflict):
    """The account is frozen."""

    code = "already_frozen"
    detail = "The account is frozen already."


class NotFrozen(Conflict):
    """The account is not frozen."""

    code = "not_frozen"
    detail = "The account is not frozen."


class OperatorNotFreezable(Forbidden):
    """Operators cannot shut each other, or themselves, out."""

    code = "operator_not_freezable"
    detail = "Operators' accounts cannot be frozen."


class UnknownAccount(NotFound):
    """No account of the ledger has this name."""

    code = "account_not_found"
    detail = "The ledger has no such account. Accounts are wallet:<id>, loan:<id>, platform:fees, external:cash."
