"""Errors of the operator API."""

from chalicelib.shared.errors import Conflict, Forbidden, NotFound


class AlreadyFrozen(Conflict):
    code = "already_frozen"
    detail = "The account is already frozen."


class NotFrozen(Conflict):
    code = "not_frozen"
    detail = "The account is not frozen."


class OperatorNotFreezable(Forbidden):
    code = "operator_not_freezable"
    detail = "Operator accounts cannot be frozen."


class OwnAccount(Forbidden):
    code = "own_account"
    detail = "Operators cannot disable or sign out themselves. Ask another operator."


class OwnWithdrawal(Forbidden):
    code = "own_withdrawal"
    detail = "Operators cannot reject their own withdrawals. Ask another operator."


class NotAnOperator(Conflict):
    code = "not_an_operator"
    detail = "Only operators can be disabled. Freeze the account instead; its owner can still repay loans."


class UnknownAccount(NotFound):
    code = "account_not_found"
    detail = (
        "Ledger account not found. Accounts are wallet:<id>, receivable:<id>, loan:<id>, platform:fees, "
        "platform:suspense, platform:adjustments and external:cash."
    )
