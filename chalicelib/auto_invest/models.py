"""A lender's standing rules and what they did, as items of the lender's own partition."""

from chalicelib.dynamodb.attributes import FlagAttribute, IntegerAttribute, TextAttribute, TimestampAttribute
from chalicelib.dynamodb.model import Item
from chalicelib.loans.models.loan import ByStatus


class RuleItem(Item):
    """A rule: `USER#lender` / `RULE#id`. While it is active it stands in the index by status.

    The bounds by which that index is filtered bear the names of what they bound in a loan, because the index
    holds those attributes: ``asked`` is the lowest rate, ``term`` the longest term. ``loan_id`` is the rule's
    own id, the index's sort key; like ``status_shard`` it is there only while the rule is active.
    """

    class Meta:
        table_name = "loans"

    pk = TextAttribute(hash_key=True)
    sk = TextAttribute(range_key=True)
    status_shard = TextAttribute(null=True)
    status_sort = TextAttribute(null=True)
    rule_id = TextAttribute()
    lender = TextAttribute()
    amount_per_loan = IntegerAttribute()
    min_rate = IntegerAttribute()
    max_term = IntegerAttribute()
    max_share = IntegerAttribute()
    max_exposure = IntegerAttribute()
    deleted = FlagAttribute(null=True)
    committed = IntegerAttribute()
    placed = IntegerAttribute()
    skipped = IntegerAttribute()
    waiting = TextAttribute(null=True)
    measured_at = TimestampAttribute(null=True)
    revision = IntegerAttribute()
    version = IntegerAttribute()

    by_status = ByStatus()


class PlacementItem(Item):
    """A placement that counts towards the exposure: `PLACED#rule#loan`."""

    class Meta:
        table_name = "loans"

    pk = TextAttribute(hash_key=True)
    sk = TextAttribute(range_key=True)
    amount = IntegerAttribute()
    reserved = IntegerAttribute()
    at = TimestampAttribute()


class EffectItem(Item):
    """A loan that a rule skipped, or where its placement has ended: `EFFECT#rule#loan`."""

    class Meta:
        table_name = "loans"

    pk = TextAttribute(hash_key=True)
    sk = TextAttribute(range_key=True)
    outcome = TextAttribute()
    reason = TextAttribute()
    amount = IntegerAttribute(null=True)
    at = TimestampAttribute()
