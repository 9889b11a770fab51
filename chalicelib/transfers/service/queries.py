"""Reads of transfers: a user's own, and those of everyone for operators."""

from dataclasses import dataclass
from itertools import product
from typing import Final

from chalicelib.shared.actor import Actor, Role
from chalicelib.transfers.domain.derived import derived_from
from chalicelib.transfers.domain.transfer import TRANSITIONS, Direction, Transfer, TransferNotFound, TransferStatus
from chalicelib.transfers.repository.transfers import TransferRepository
from chalicelib.wallets.domain.ledger import wallet_account
from chalicelib.wallets.service import WalletService

_POSTINGS: Final = 100


@dataclass(frozen=True, slots=True)
class TransferPage:
    """Transfers, newest first; ``position`` is the id that the next page follows, None on the last page."""

    transfers: tuple[Transfer, ...]
    position: str | None


class TransferQueries:
    """Reads of transfers.

    Args:
        repository: stored transfers.
        wallets: the history from which transfers of the instant provider are derived.
        is_instant: whether there are derived transfers.
    """

    def __init__(self, repository: TransferRepository, wallets: WalletService, *, is_instant: bool) -> None:
        self._repository = repository
        self._wallets = wallets
        self._is_instant = is_instant

    def find(self, actor: Actor, transfer_id: str) -> Transfer:
        """Return a transfer of the actor.

        Raises:
            TransferNotFound: there is none that the actor may see.
        """
        stored = self._repository.find(transfer_id)
        if stored is None and self._is_instant:
            account = wallet_account(actor.user_id)
            postings = self._wallets.newest_postings(account, limit=1, upto=transfer_id)
            if postings and postings[0].transaction_id == transfer_id:
                stored = derived_from(postings[0])
        if stored is None or stored.user_id != actor.user_id:
            raise TransferNotFound
        return stored

    def page(
        self,
        actor: Actor,
        *,
        limit: int,
        before: str | None = None,
        direction: Direction | None = None,
        status: TransferStatus | None = None,
    ) -> TransferPage:
        """Return the actor's transfers, newest first, older than the transfer ``before``. Pages may be short."""
        page = self._repository.page_of_user(
            actor.user_id, limit=limit, before=before, direction=direction, status=status
        )
        found = {transfer.id: transfer for transfer in page.items}
        reached = [str(page.last_key["listed"]["S"])] if page.last_key else []
        if self._is_instant and status in (None, TransferStatus.SETTLED):
            postings, last = self._wallets.postings_of(wallet_account(actor.user_id), limit=_POSTINGS, after=before)
            derived = [transfer for transfer in map(derived_from, postings) if transfer]
            found = {**{each.id: each for each in derived if direction in (None, each.direction)}, **found}
            reached += [last] if last else []
        return _newest(found, limit, reached)

    def page_for_operators(
        self,
        actor: Actor,
        *,
        limit: int,
        before: str | None = None,
        direction: Direction | None = None,
        status: TransferStatus | None = None,
    ) -> TransferPage:
        """Return stored transfers of all users, newest first.

        It reads one page of the index for each combination of direction and status that the filters leave open.

        Raises:
            RoleRequired: the actor is not an operator.
        """
        actor.must_be(Role.ADMIN)
        found: dict[str, Transfer] = {}
        reached: list[str] = []
        directions = [direction] if direction else list(Direction)
        statuses = [status] if status else list(TransferStatus)
        for each_direction, each_status in product(directions, statuses):
            if each_status in TRANSITIONS[each_direction]:
                page = self._repository.page_by_status(each_direction, each_status, limit=limit, before=before)
                found.update({transfer.id: transfer for transfer in page.items})
                reached += [page.items[-1].id] if page.last_key and page.items else []
        return _newest(found, limit, reached)


def _newest(found: dict[str, Transfer], limit: int, reached: list[str]) -> TransferPage:
    """Merge lists that were read in part.

    Args:
        found: transfers of all lists.
        limit: the most transfers to return.
        reached: for each list that continues, the id up to which it was read.
    """
    bound = max(reached, default=None)
    complete = sorted((each for each in found if bound is None or each >= bound), reverse=True)
    if len(complete) > limit:
        return TransferPage(tuple(found[each] for each in complete[:limit]), complete[limit - 1])
    return TransferPage(tuple(found[each] for each in complete), bound)
