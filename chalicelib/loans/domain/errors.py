"""Errors of operations on loans."""

from chalicelib.shared.errors import Conflict, Forbidden, NotFound, Unprocessable
from chalicelib.shared.money import Money, Rate


class LoanNotFound(NotFound):
    code = "loan_not_found"
    detail = "The loan does not exist, or you do not have access to it."


class NotTheBorrower(Forbidden):
    code = "not_the_borrower"
    detail = "Only the borrower of this loan may do this."


class LoanNotOpen(Conflict):
    code = "loan_not_open"
    detail = "This loan is not open for offers."


class LoanNotReady(Conflict):
    code = "loan_not_ready"
    detail = "This loan cannot be funded until accepted offers cover the whole amount."


class LoanNotActive(Conflict):
    code = "loan_not_active"
    detail = "This loan does not accept payments because it is not funded or is already repaid."


class LoanNotCancellable(Conflict):
    code = "loan_not_cancellable"
    detail = "A loan can be cancelled only before it is funded."


class LoanNotReleasable(Conflict):
    code = "loan_not_releasable"
    detail = "Only a loan that has accepted offers and is not fully funded can be released."


class LoanBeingRefunded(Conflict):
    code = "loan_refunding"
    detail = "This loan is being refunded to its lenders."


class OfferExists(Conflict):
    code = "offer_exists"
    detail = "You already have an offer on this loan. Withdraw it before you make another."


class OfferNotFound(NotFound):
    code = "offer_not_found"
    detail = "This loan has no such offer."


class OfferAccepted(Conflict):
    code = "offer_accepted"
    detail = "This offer has already been accepted."


class OfferNotNeeded(Conflict):
    code = "offer_not_needed"
    detail = "The offers listed before this one already cover the whole amount of the loan."


class ClearingRateExceeded(Conflict):
    code = "clearing_rate_exceeded"

    def __init__(self, rate: Rate, highest: Rate) -> None:
        message = f"All lenders of this loan would receive {rate} %, more than the {highest} % that you allow."
        super().__init__(message, clearing_rate=str(rate), max_rate=str(highest))


class AlreadyFunded(Conflict):
    code = "already_funded"
    detail = "Your part of this loan has already been funded."


class RuleNotFound(NotFound):
    code = "rule_not_found"
    detail = "Auto-invest rule not found."


class TooManyRules(Conflict):
    code = "too_many_rules"
    detail = "You already have 20 rules. Change or delete one of them."


class RateTooHigh(Unprocessable):
    code = "rate_too_high"

    def __init__(self, highest: Rate) -> None:
        message = f"must be at most {highest} %, the rate that the borrower requested"
        super().__init__(message.capitalize() + ".", errors=(("annual_interest_rate", message),))


class LoanAmountOutOfRange(Unprocessable):
    """The code is that of any other invalid field, because the limits belong to the deployment."""

    def __init__(self, least: Money, most: Money) -> None:
        super().__init__(errors=(("amount", f"must be between {least} and {most}"),))


class OfferTooSmall(Unprocessable):
    code = "offer_too_small"

    def __init__(self, least: Money) -> None:
        message = f"must be at least {least}, the minimum for this loan"
        super().__init__(message.capitalize() + ".", errors=(("amount", message),))


class OfferTooLarge(Unprocessable):
    code = "offer_too_large"

    def __init__(self, largest: Money) -> None:
        message = f"must be at most {largest}, the amount of the loan"
        super().__init__(message.capitalize() + ".", errors=(("amount", message),))


class NothingToReschedule(Conflict):
    code = "nothing_to_reschedule"
    detail = "This loan has no future instalments to reschedule."


class ProposalNotFound(NotFound):
    code = "proposal_not_found"
    detail = "This loan has no such proposal."


class ProposalNotOpen(Conflict):
    code = "proposal_not_open"
    detail = "This proposal has already been accepted, or a newer change has replaced it."


class ProposalLapsed(Conflict):
    code = "proposal_lapsed"
    detail = "This proposal has lapsed. Ask for a new one."


class ProposalTooExpensive(Conflict):
    """The new terms cost more today than when they were proposed."""

    code = "proposal_too_expensive"

    def __init__(self, shown: Money, now: Money) -> None:
        detail = f"The total interest would now be {now}, more than the {shown} proposed. Ask for a new proposal."
        super().__init__(detail, total_interest=str(now))
