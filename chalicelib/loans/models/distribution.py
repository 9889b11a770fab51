"""DynamoDB items of loans with more than 20 investors."""

from chalicelib.dynamodb.attributes import IntegerAttribute, PlainListAttribute
from chalicelib.loans.models.loan import LoansTable


class PositionsItem(LoansTable):
    """Positions of up to 500 investors, as in the schedule's item."""

    investors = PlainListAttribute()


class DistributionItem(LoansTable):
    """Shares of up to 500 investors in one payment: lender, cents, cents of interest, and cents refunded.

    The first ``done`` of them are credited.
    """

    credits = PlainListAttribute()
    done = IntegerAttribute()
