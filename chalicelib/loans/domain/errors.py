"""Why the platform declines to do something with a loan."""

from __future__ import annotations

from chalicelib.shared.errors import Conflict, Forbidden, NotFound, Unprocessable
from chalicelib.shared.money import Money, Rate


class LoanNotFound(NotFound):
    """There is no such loan, or the caller may not know of it."""

    code = "loan_not_found"
    detail = "There is no such loan, or it is not yours to see."


class NotTheBorrower(Forbidden):
    """Only the borrower of the loan may do this."""

    code = "not_the_borrower"
    detail = "Only the borrower of this loan may do this."


class LoanNotOpen(Conflict):
    """The loan takes no offers and no acceptances any more."""

    code = "loan_not_open"
    detail = "This loan is not open for offers."


class LoanNotReady(Conflict):
    """The loan can't be funded yet: the accepted offers do not cover it, or this lender's is not accepted."""

    code = "loan_not_ready"
    detail = "This loan is not ready to be funded: accepted offers must cover the whole amount first."


class LoanNotActive(Conflict):
    """Payments need a loan that was funded and is not paid off."""

    code = "loan_not_active"
    detail = "This loan takes no payments: it is not funded, or nothing is left to pay."


class LoanNotCancellable(Conflict):
    """The loan was funded or has ended."""

    code = "loan_not_cancellable"
    detail = "Only a loan that is not funded yet can be cancelled."


class LoanBeingRefunded(Conflict):
    """Money already put in is on its way back."""

    code = "loan_refunding"
    detail = "This loan is being wound back; money already put in is on its way to the lenders."


class OfferExists(Conflict):
    """A lender makes one offer for a loan."""

    code = "offer_exists"
    detail = "You have an offer on this loan already; withdraw it to make another."


class OfferNotFound(NotFound):
    """There is no such offer on this loan."""

    code = "offer_not_found"
    detail = "There is no such offer on this loan."


class OfferAccepted(Conflict):
    """An accepted offer can't be withdrawn or accepted again."""

    code = "offer_accepted"
    detail = "This offer is accepted already."


class AlreadyFunded(Conflict):
    """This lender has funded its part, or the whole loan is funded."""

    code = "already_funded"
    detail = "This part of the loan is funded already."


class RuleNotFound(NotFound):
    """The lender has no such standing rule."""

    code = "rule_not_found"
    detail = "You have no such rule."


class TooManyRules(Conflict):
    """A lender has a limited number of standing rules."""

    code = "too_many_rules"
    detail = "You have 20 rules already: change one of them, or delete one first."


class RateTooHigh(Unprocessable):
    """The offered rate is above what the borrower asked for."""

    code = "rate_too_high"

    def __init__(self, highest: Rate) -> None:
        message = f"give a rate of at most {highest} %, which the borrower asked for"
        super().__init__(message.capitalize() + ".", errors=(("annual_interest_rate", message),))


class OfferTooLarge(Unprocessable):
    """The offer is for more than the loan."""

    code = "offer_too_large"

    def __init__(self, largest: Money) -> None:
        message = f"give at most {largest}, the amount of the loan"
        super().__init__(message.capitalize() + ".", errors=(("amount", message),))


class ExceedsPayoff(Conflict):
    """More than closing the loan takes."""

    code = "exceeds_payoff"

    def __init__(self, payoff: Money) -> None:
        super().__init__(f"Paying {payoff} today closes the loan; send at most that.", payoff_amount=str(payoff))


class NothingToReschedule(Conflict):
    """No unpaid instalment lies in the future, or the loan is not running."""

    code = "nothing_to_reschedule"
    detail = "This loan has no future instalments that could be rescheduled."
