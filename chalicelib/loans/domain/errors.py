"""Errors of operations on loans."""

from __future__ import annotations

from chalicelib.shared.errors import Conflict, Forbidden, NotFound, Unprocessable
from chalicelib.shared.money import Money, Rate


class LoanNotFound(NotFound):
    """There is no such loan, or the caller may not know of it."""

    code = "loan_not_found"
    detail = "There is no such loan, or you do not have access to it."


class NotTheBorrower(Forbidden):
    """Only the borrower of the loan may do this."""

    code = "not_the_borrower"
    detail = "Only the borrower of this loan may do this."


class LoanNotOpen(Conflict):
    """The loan accepts no offers and no acceptances any more."""

    code = "loan_not_open"
    detail = "This loan is not open for offers."


class LoanNotReady(Conflict):
    """The loan can't be funded yet: it is not fully subscribed, or this lender's offer is not accepted."""

    code = "loan_not_ready"
    detail = "This loan cannot be funded yet: accepted offers must cover the whole amount first."


class LoanNotActive(Conflict):
    """Payments need a loan that was funded and is not paid off."""

    code = "loan_not_active"
    detail = "This loan accepts no payments: it is not funded, or it is fully paid."


class LoanNotCancellable(Conflict):
    """The loan was funded or has ended."""

    code = "loan_not_cancellable"
    detail = "A loan can be cancelled only before it is funded."


class LoanBeingRefunded(Conflict):
    """An unwind is in progress."""

    code = "loan_refunding"
    detail = "This loan is being refunded to its lenders."


class OfferExists(Conflict):
    """A lender makes one offer for a loan."""

    code = "offer_exists"
    detail = "You already have an offer on this loan. Withdraw it to make another."


class OfferNotFound(NotFound):
    """There is no such offer on this loan."""

    code = "offer_not_found"
    detail = "There is no such offer on this loan."


class OfferAccepted(Conflict):
    """An accepted offer can't be withdrawn or accepted again."""

    code = "offer_accepted"
    detail = "This offer has already been accepted."


class AlreadyFunded(Conflict):
    """The lender has funded its part, or the whole loan is funded."""

    code = "already_funded"
    detail = "Your part of this loan has already been funded."


class RuleNotFound(NotFound):
    """The lender has no such auto-invest rule."""

    code = "rule_not_found"
    detail = "There is no such rule."


class TooManyRules(Conflict):
    """The lender has 20 auto-invest rules already."""

    code = "too_many_rules"
    detail = "You already have 20 rules. Change one of them, or delete one first."


class RateTooHigh(Unprocessable):
    """The offered rate is above the requested one."""

    code = "rate_too_high"

    def __init__(self, highest: Rate) -> None:
        message = f"give a rate of at most {highest} %, which the borrower requested"
        super().__init__(message.capitalize() + ".", errors=(("annual_interest_rate", message),))


class OfferTooLarge(Unprocessable):
    """The offer is larger than the loan."""

    code = "offer_too_large"

    def __init__(self, largest: Money) -> None:
        message = f"give at most {largest}, the amount of the loan"
        super().__init__(message.capitalize() + ".", errors=(("amount", message),))


class ExceedsPayoff(Conflict):
    """The payment exceeds the payoff."""

    code = "exceeds_payoff"

    def __init__(self, payoff: Money) -> None:
        super().__init__(f"Paying {payoff} today closes the loan; send at most that.", payoff_amount=str(payoff))


class NothingToReschedule(Conflict):
    """No unpaid instalment is in the future, or the loan is not running."""

    code = "nothing_to_reschedule"
    detail = "This loan has no future instalments that could be rescheduled."
