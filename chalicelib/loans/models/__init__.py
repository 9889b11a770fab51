"""A loan and all that belongs to it as DynamoDB items of one partition."""

from chalicelib.loans.models.core import LoanItem, OfferItem, PaymentItem, ScheduleItem
from chalicelib.loans.models.work import DistributionItem, OutboxItem, PositionsItem

__all__ = [
    "DistributionItem",
    "LoanItem",
    "OfferItem",
    "OutboxItem",
    "PaymentItem",
    "PositionsItem",
    "ScheduleItem",
]
