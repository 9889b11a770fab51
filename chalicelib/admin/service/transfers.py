"""Transfers of all users, and notifications that were refused, for operators."""

from dataclasses import dataclass

from chalicelib.shared.actor import Actor
from chalicelib.transfers.domain.transfer import Direction, Transfer, TransferStatus
from chalicelib.transfers.service.queries import TransferQueries
from chalicelib.users.service.accounts import UserService


@dataclass(frozen=True, slots=True)
class OwnedTransfer:
    """A transfer with its user's name; the name is empty if the account is gone."""

    transfer: Transfer
    username: str


@dataclass(frozen=True, slots=True)
class OwnedTransferPage:
    """Transfers, newest first; ``position`` is the id that the next page follows, None on the last page."""

    transfers: tuple[OwnedTransfer, ...]
    position: str | None


class TransferAdminService:
    def __init__(self, transfers: TransferQueries, users: UserService) -> None:
        self._transfers = transfers
        self._users = users

    def page(
        self,
        actor: Actor,
        *,
        limit: int,
        before: str | None = None,
        direction: Direction | None = None,
        status: TransferStatus | None = None,
    ) -> OwnedTransferPage:
        """Return stored transfers of all users, newest first, with the names of their users.

        Raises:
            RoleRequired: the actor is not an operator.
        """
        page = self._transfers.page_for_operators(actor, limit=limit, before=before, direction=direction, status=status)
        names = self._users.names_of(transfer.user_id for transfer in page.transfers)
        owned = tuple(OwnedTransfer(each, names.get(each.user_id, "")) for each in page.transfers)
        return OwnedTransferPage(owned, page.position)
