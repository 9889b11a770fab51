"""A loan and all that belongs to it as DynamoDB items of one partition, and lenders' rules in theirs."""

from chalicelib.loans.models.core import LoanItem, OfferItem, PaymentItem, ScheduleItem
from chalicelib.loans.models.rules import EffectItem, PlacementItem, RuleItem
from chalicelib.loans.models.work import DistributionItem, OutboxItem, PositionsItem

__all__ = [
    "DistributionItem",
    "EffectItem",
    "LoanItem",
    "OfferItem",
    "OutboxItem",
    "PaymentItem",
    "PlacementItem",
    "PositionsItem",
    "RuleItem",
    "ScheduleItem",
]
