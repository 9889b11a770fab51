"""Items of auto-invest rules, their placements and their results, in the lender's partition."""

from chalicelib.dynamodb.attributes import FlagAttribute, IntegerAttribute, TextAttribute, TimestampAttribute
from chalicelib.loans.models.loan import ByStatus, LoansTable


class RuleItem(LoansTable):
    """A rule: `USER#lender` / `RULE#id`. While it is active, it is in the index by status.

    ``status_shard`` and ``status_sort``, the keys of that index, exist only while the rule is active. The index is
    filtered by ``min_rate`` and ``max_term``.
    """

    status_shard = TextAttribute(null=True)
    status_sort = TextAttribute(null=True)
    rule_id = TextAttribute()
    lender = TextAttribute()
    amount_per_loan = IntegerAttribute()
    min_rate = IntegerAttribute()
    max_term = IntegerAttribute()
    max_share = IntegerAttribute()
    max_exposure = IntegerAttribute()
    min_loan_amount = IntegerAttribute()
    max_per_borrower = IntegerAttribute(null=True)
    deleted = FlagAttribute(null=True)
    committed = IntegerAttribute()
    placed = IntegerAttribute()
    skipped = IntegerAttribute()
    waiting = TextAttribute(null=True)
    waiting_since = TimestampAttribute(null=True)
    measured_at = TimestampAttribute(null=True)
    revision = IntegerAttribute()
    version = IntegerAttribute()

    by_status = ByStatus()


class BorrowerExposureItem(LoansTable):
    """Principal of a rule with one borrower, reserved and outstanding: `RULE#rule#BORROWER#borrower`."""

    committed = IntegerAttribute()
    version = IntegerAttribute()


class PlacementItem(LoansTable):
    """A placement that counts towards the exposure: `PLACED#rule#loan`."""

    borrower = TextAttribute()
    amount = IntegerAttribute()
    reserved = IntegerAttribute()
    at = TimestampAttribute()


class EffectItem(LoansTable):
    """A loan that a rule skipped, or in which its placement has ended: `EFFECT#rule#loan`."""

    outcome = TextAttribute()
    reason = TextAttribute()
    amount = IntegerAttribute(null=True)
    at = TimestampAttribute()
