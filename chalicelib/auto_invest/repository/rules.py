"""Auto-invest rules, their placements and match results in DynamoDB."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final, TypeVar

from pynamodb.constants import STRING
from pynamodb.expressions.condition import Condition

from chalicelib.auto_invest.domain import (
    WAITING_REASONS,
    AutoInvestRule,
    BorrowerExposure,
    MatchResult,
    Outcome,
    Placement,
    PlacementRecord,
)
from chalicelib.auto_invest.models import BorrowerExposureItem, EffectItem, PlacementItem, RuleItem
from chalicelib.auto_invest.repository.mapping import (
    RULE,
    active_partition,
    borrower_key,
    effect_item,
    effect_key,
    effect_of,
    placed_key,
    placed_of,
    placement_item,
    rule_item,
    rule_key,
    rule_of,
)
from chalicelib.dynamodb.database import Database, Key, Page, optimistic_lock_failed
from chalicelib.dynamodb.expressions import Expression, PreparedCondition, PreparedUpdate, placeholder
from chalicelib.dynamodb.model import Item, item_absent, item_exists, version_unchanged
from chalicelib.dynamodb.transaction import WriteTransaction
from chalicelib.loans.domain.errors import LoanNotOpen, OfferExists
from chalicelib.loans.domain.loan import Loan, LoanStatus
from chalicelib.loans.domain.offer import Offer
from chalicelib.loans.models.loan import LoanItem, OfferItem
from chalicelib.loans.repository.mapping import OFFER, lender_key, loan_key, loan_of, offer_item, offer_of
from chalicelib.shared.clock import to_millis
from chalicelib.shared.money import Money

M = TypeVar("M", bound=Item)

_KINDS: Final[Mapping[str, type[Item]]] = {
    "LOAN": LoanItem,
    "OFFER": OfferItem,
    "RULE": RuleItem,
    "PLACED": PlacementItem,
    "EFFECT": EffectItem,
}
_BATCH: Final = 100
_PLACE: Final = PreparedUpdate(
    RuleItem.committed.add(placeholder("amount")),
    RuleItem.placed.add(1),
    RuleItem.version.add(1),
    RuleItem.waiting.remove(),
    RuleItem.waiting_since.remove(),
)
_CAN_PLACE: Final = PreparedCondition(
    (RuleItem.revision == placeholder("revision"))
    & RuleItem.status_shard.exists()
    & (RuleItem.committed <= placeholder("most_committed"))
)
_PLACE_WITH_BORROWER: Final = PreparedUpdate(
    BorrowerExposureItem.committed.add(placeholder("amount")), BorrowerExposureItem.version.add(1)
)
_BORROWER_BELOW_LIMIT: Final = PreparedCondition(
    BorrowerExposureItem.committed.does_not_exist() | (BorrowerExposureItem.committed <= placeholder("most_committed"))
)
_SKIP: Final = PreparedUpdate(RuleItem.skipped.add(1), RuleItem.version.add(1))
_SKIP_AND_WAIT: Final = PreparedUpdate(
    RuleItem.skipped.add(1),
    RuleItem.version.add(1),
    RuleItem.waiting.set(placeholder("reason", STRING)),
    RuleItem.waiting_since.set(placeholder("since")),
)
_END_PLACEMENTS: Final = PreparedUpdate(
    RuleItem.committed.add(placeholder("released")),
    RuleItem.skipped.add(placeholder("skipped")),
    RuleItem.version.add(1),
)
_COMMITTED_AT_LEAST: Final = PreparedCondition(RuleItem.committed >= placeholder("cents"))
_REVISION_UNCHANGED: Final = PreparedCondition(RuleItem.revision == placeholder("revision"))
_RESULT_UNCHANGED: Final = PreparedCondition(EffectItem.at == placeholder("at"))
_ADD_RESERVATIONS: Final = PreparedUpdate(LoanItem.reservations.add(placeholder("number")), LoanItem.version.add(1))


@dataclass(frozen=True, slots=True)
class MatchContext:
    """A rule and a loan, with everything that the decision on a placement depends on, read consistently in one call."""

    rule: AutoInvestRule | None
    loan: Loan | None
    offer: Offer | None
    placement: PlacementRecord | None
    previous_result: MatchResult | None


class RuleRepository:
    """Rules: one partition per lender. The index by status contains the active rules."""

    def __init__(self, database: Database, *, status_shards: int) -> None:
        self._database = database
        self._shards = status_shards

    def writes(self) -> WriteTransaction:
        return WriteTransaction(self._database)

    # Reads

    def find(self, lender_id: str, rule_id: str) -> AutoInvestRule | None:
        """Read a lender's rule, even if it is being deleted."""
        item = self._database.get(RuleItem, lender_key(lender_id), rule_key(rule_id), consistent=True)
        return None if item is None else rule_of(item)

    def page_of_lender(self, lender_id: str, *, limit: int, after: Key | None) -> Page[AutoInvestRule]:
        """Read a lender's rules, newest first, without those that are being deleted.

        It reads all rules, which are few: their borrowers' items are among them, so a page of items may have no rule.
        """
        items = self._database.query_all(
            RuleItem,
            lender_key(lender_id),
            RuleItem.sk.startswith(RULE),
            only=RuleItem.rule_id.exists(),
            newest_first=True,
            consistent=True,
        )
        rest = [item for item in items if not item.deleted and (after is None or item.sk < after["sk"]["S"])]
        more = len(rest) > limit
        return Page(tuple(map(rule_of, rest[:limit])), rest[limit - 1].key() if more else None)

    def matching_rules(self, loan: Loan) -> list[tuple[str, str]]:
        """Read lender id and rule id of every active rule whose rate and term fit the loan, oldest rule first."""
        fits = (RuleItem.min_rate <= loan.requested_rate.basis_points) & (RuleItem.max_term >= loan.term_months)
        found: list[tuple[str, str]] = []
        for shard in range(self._shards):
            items = self._database.query_all(RuleItem, active_partition(shard), only=fits, index=RuleItem.by_status)
            found += [(item.pk.partition("#")[2], item.sk.removeprefix(RULE)) for item in items]
        return found

    def find_match_context(self, lender_id: str, rule_id: str, loan_id: str) -> MatchContext:
        """Read everything that decides whether a rule places an offer on a loan, in one consistent call."""
        own, theirs = lender_key(lender_id), loan_key(loan_id)
        keys = [
            (own, rule_key(rule_id)),
            (own, placed_key(rule_id, loan_id)),
            (own, effect_key(rule_id, loan_id)),
            (theirs, "LOAN"),
            (theirs, OFFER + lender_id),
        ]
        items = self._database.get_mixed(_KINDS, keys, consistent=True)
        return MatchContext(
            rule=next((rule_of(item) for item in items if isinstance(item, RuleItem)), None),
            loan=next((loan_of(item) for item in items if isinstance(item, LoanItem)), None),
            offer=next((offer_of(item) for item in items if isinstance(item, OfferItem)), None),
            placement=next((placed_of(item) for item in items if isinstance(item, PlacementItem)), None),
            previous_result=next((effect_of(item) for item in items if isinstance(item, EffectItem)), None),
        )

    def find_borrower_exposure(self, rule: AutoInvestRule, borrower_id: str) -> BorrowerExposure:
        """Read the rule's principal with a borrower; it is zero before the first placement."""
        key = borrower_key(rule.id, borrower_id)
        item = self._database.get(BorrowerExposureItem, lender_key(rule.lender_id), key, consistent=True)
        return (
            BorrowerExposure(borrower_id, Money(item.committed), item.version)
            if item
            else BorrowerExposure(borrower_id)
        )

    def placements(self, lender_id: str, rule_id: str) -> list[PlacementRecord]:
        """Read all placements that count towards the rule's exposure, newest loan first."""
        where = PlacementItem.sk.startswith(placed_key(rule_id))
        items = self._database.query_all(
            PlacementItem, lender_key(lender_id), where, newest_first=True, consistent=True
        )
        return [placed_of(item) for item in items]

    def with_loans(self, lender_id: str, loan_ids: Sequence[str]) -> Iterator[tuple[str, Loan | None, Offer | None]]:
        """Read each loan and the lender's offer on it consistently, 50 loans per call."""
        for start in range(0, len(loan_ids), _BATCH // 2):
            batch = loan_ids[start : start + _BATCH // 2]
            keys = [(loan_key(each), sort) for each in batch for sort in ("LOAN", OFFER + lender_id)]
            items = self._database.get_mixed(_KINDS, keys, consistent=True)
            loans = {item.loan_id: loan_of(item) for item in items if isinstance(item, LoanItem)}
            offers = {item.loan_id: offer_of(item) for item in items if isinstance(item, OfferItem)}
            yield from ((each, loans.get(each), offers.get(each)) for each in batch)

    def results(self, rule: AutoInvestRule, *, limit: int) -> list[MatchResult]:
        """Read the rule's results for the newest loans, one per loan. A placement replaces an earlier skip."""
        placed = self._newest(PlacementItem, rule, PlacementItem.sk.startswith(placed_key(rule.id)), limit)
        others = self._newest(EffectItem, rule, EffectItem.sk.startswith(effect_key(rule.id)), limit)
        found = {effect.loan_id: effect for effect in map(effect_of, others)}
        for each in map(placed_of, placed):
            found[each.loan_id] = MatchResult(each.loan_id, Outcome.PLACED, None, each.amount, each.at)
        return sorted(found.values(), key=lambda effect: effect.loan_id, reverse=True)[:limit]

    # Writes

    def add_new_rule(self, writes: WriteTransaction, rule: AutoInvestRule) -> None:
        writes.put(rule_item(rule, self._shards), when=item_absent(RuleItem))

    def add_rule(self, writes: WriteTransaction, rule: AutoInvestRule) -> None:
        """Add the next version of a rule, on condition that it hasn't changed since it was read."""
        writes.put(rule_item(rule, self._shards), when=version_unchanged(RuleItem, rule.version))

    def add_placement(
        self, writes: WriteTransaction, rule: AutoInvestRule, loan: Loan, offer: Offer, placement: Placement
    ) -> None:
        """Add an offer by a rule, its reservation in the counters of rule, borrower and loan, and its record.

        The conditions on the rule cover its terms, its status and its limits, not its version. So parallel placements
        on several loans don't conflict.
        """
        most_committed = rule.terms.max_exposure - placement.reserved
        writes.update(
            _bare(rule),
            _PLACE(amount=placement.reserved.cents),
            when=_CAN_PLACE(revision=rule.revision, most_committed=most_committed.cents),
        )
        writes.update(
            BorrowerExposureItem(lender_key(rule.lender_id), borrower_key(rule.id, loan.borrower_id)),
            _PLACE_WITH_BORROWER(amount=placement.amount.cents),
            when=_BORROWER_BELOW_LIMIT(most_committed=(rule.terms.borrower_limit - placement.amount).cents),
        )
        self.add_reservation_count(writes, offer.loan_id, by=1, only_open=True, accepted=loan.accepted)
        writes.put(
            offer_item(offer, self._shards), when=item_absent(OfferItem), on_condition_failed=lambda _: OfferExists()
        )
        record = placement_item(rule, loan, placement, offer.created_at)
        writes.put(record, when=item_absent(PlacementItem))

    def add_reservation_count(
        self,
        writes: WriteTransaction,
        loan_id: str,
        *,
        by: int,
        only_open: bool = False,
        accepted: Money | None = None,
    ) -> None:
        """Add a change of the number of offers with a reservation, as the loan's next version.

        Accepting an offer and unwinding a loan read all offers and require the version, so they never miss an offer
        with a reservation. ``accepted`` requires that so much of the loan is accepted.
        """
        writes.update(
            LoanItem(loan_key(loan_id), "LOAN"),
            _ADD_RESERVATIONS(number=by),
            when=_reservation_condition(by, accepted, only_open=only_open),
            on_condition_failed=(lambda _: LoanNotOpen()) if only_open and accepted is None else optimistic_lock_failed,
        )

    def add_skip(
        self, writes: WriteTransaction, rule: AutoInvestRule, effect: MatchResult, *, was: MatchResult | None
    ) -> None:
        """Add that the rule skipped a loan, on condition that its last result ``was`` is unchanged."""
        unchanged = item_absent(EffectItem) if was is None else _RESULT_UNCHANGED(at=to_millis(was.at))
        writes.put(effect_item(rule.lender_id, rule.id, effect), when=unchanged)
        change = (
            _SKIP_AND_WAIT(reason=effect.reason.value, since=to_millis(effect.at))
            if effect.reason in WAITING_REASONS
            else _SKIP()
        )
        writes.update(_bare(rule), change, when=_REVISION_UNCHANGED(revision=rule.revision))

    def add_ended(
        self, writes: WriteTransaction, lender_id: str, rule_id: str, ended: Sequence[MatchResult], *, freed: Money
    ) -> None:
        """Add the end of placements with reservations of ``freed`` in total, on condition that all still count."""
        skipped = sum(effect.outcome is Outcome.SKIPPED for effect in ended)
        writes.update(
            RuleItem(lender_key(lender_id), rule_key(rule_id)),
            _END_PLACEMENTS(released=-freed.cents, skipped=skipped),
            when=_COMMITTED_AT_LEAST(cents=freed.cents),
        )
        self.add_moved(writes, lender_id, rule_id, ended)

    def add_borrower_exposure(self, writes: WriteTransaction, rule: AutoInvestRule, measured: BorrowerExposure) -> None:
        """Add a measured principal with a borrower, on condition that the item's version is the measured one."""
        item = BorrowerExposureItem(
            lender_key(rule.lender_id),
            borrower_key(rule.id, measured.borrower_id),
            committed=measured.committed.cents,
            version=measured.version + 1,
        )
        writes.put(item, when=version_unchanged(BorrowerExposureItem, measured.version))

    def add_ended_borrowers(self, writes: WriteTransaction, rule: AutoInvestRule, borrower_ids: Iterable[str]) -> None:
        """Add the deletion of borrowers' items; the rule in the same transaction guards that it has no placement."""
        for borrower_id in borrower_ids:
            writes.delete(BorrowerExposureItem(lender_key(rule.lender_id), borrower_key(rule.id, borrower_id)))

    def add_moved(self, writes: WriteTransaction, lender_id: str, rule_id: str, ended: Sequence[MatchResult]) -> None:
        """Add that placements no longer count towards the exposure, with the reasons."""
        for effect in ended:
            counted = PlacementItem(lender_key(lender_id), placed_key(rule_id, effect.loan_id))
            writes.delete(counted, when=item_exists(PlacementItem))
            writes.put(effect_item(lender_id, rule_id, effect))

    def add_forgotten(self, writes: WriteTransaction, rule: AutoInvestRule, *, limit: int) -> bool:
        """Add the deletion of up to ``limit`` records of a deleted rule. Returns False if it has none."""
        placed = self._newest(PlacementItem, rule, PlacementItem.sk.startswith(placed_key(rule.id)), limit)
        others = self._newest(EffectItem, rule, EffectItem.sk.startswith(effect_key(rule.id)), limit)
        for counted in placed:
            writes.delete(counted, when=item_exists(PlacementItem))
        for entry in others[: limit - len(placed)]:
            writes.delete(entry, when=item_exists(EffectItem))
        if placed or others:
            return True
        where = BorrowerExposureItem.sk.startswith(borrower_key(rule.id))
        borrowers = self._newest(BorrowerExposureItem, rule, where, limit)
        for each in borrowers:
            writes.delete(each, when=item_exists(BorrowerExposureItem))
        return bool(borrowers)

    def add_removed(self, writes: WriteTransaction, rule: AutoInvestRule) -> None:
        writes.delete(_bare(rule), when=version_unchanged(RuleItem, rule.version))

    def _newest(self, model: type[M], rule: AutoInvestRule, where: Condition, limit: int) -> tuple[M, ...]:
        """Read a rule's records of one kind, newest loan first."""
        return self._database.query(
            model, lender_key(rule.lender_id), where, limit=limit, newest_first=True, consistent=True
        ).items


def _reservation_condition(by: int, accepted: Money | None, *, only_open: bool) -> Expression:
    parameters = {"number": -by} if by < 0 else {}
    if accepted is not None:
        parameters["accepted"] = accepted.cents
    return _prepared_reservation_condition(frozenset(parameters), only_open=only_open)(**parameters)


@cache
def _prepared_reservation_condition(parameters: frozenset[str], *, only_open: bool) -> PreparedCondition:
    enough = LoanItem.reservations >= placeholder("number") if "number" in parameters else LoanItem.pk.exists()
    if "accepted" in parameters:
        enough &= LoanItem.accepted == placeholder("accepted")
    in_market = LoanItem.refunding.does_not_exist() & LoanItem.hidden.does_not_exist()
    still_open = (LoanItem.status == LoanStatus.REQUESTED.value) & in_market
    return PreparedCondition(enough & still_open if only_open else enough)


def _bare(rule: AutoInvestRule) -> RuleItem:
    return RuleItem(lender_key(rule.lender_id), rule_key(rule.id))
