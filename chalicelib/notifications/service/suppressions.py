"""The list of addresses that get no email."""

import hashlib
import hmac
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from chalicelib.dynamodb.database import Page
from chalicelib.dynamodb.errors import AlreadyWrittenError
from chalicelib.dynamodb.transaction import WriteTransaction
from chalicelib.notifications.domain.suppression import SuppressedAddress, SuppressionReason
from chalicelib.notifications.repository.suppressions import SuppressionRepository
from chalicelib.shared.actor import Actor, Role
from chalicelib.shared.clock import Clock, from_millis
from chalicelib.shared.ids import derived_id
from chalicelib.users.domain.field_rules import folded

PURPOSE: Final = "suppressed-addresses"


class SuppressionService:
    """Recognises addresses by a keyed digest, so that the table does not contain them.

    Args:
        keys: returns the valid keys, the current one first.
    """

    def __init__(
        self, repository: SuppressionRepository, keys: Callable[[], tuple[bytes, ...]], real_time: Clock
    ) -> None:
        self._repository = repository
        self._keys = keys
        self._real_time = real_time

    def contains(self, address: str) -> bool:
        """Return True if no email may be sent to an address.

        An entry under the previous signing key is moved to the current one, so that it outlives the next rotation.
        """
        current, *earlier = self.ids_of(address)
        if self._repository.find(current):
            return True
        found = next(filter(None, map(self._repository.find, earlier)), None)
        if found is None:
            return False
        writes = self._repository.writes()
        self._repository.add(writes, replace(found, id=current))
        self._repository.add_removal(writes, found.id)
        writes.commit()
        return True

    def add(self, writes: WriteTransaction, address: str, user_id: str | None, reason: SuppressionReason) -> None:
        """Add an address to a transaction. Committing raises AlreadyWrittenError if it is on the list."""
        entry = SuppressedAddress(self.ids_of(address)[0], user_id, reason, self._real_time())
        self._repository.add(writes, entry)

    def suppress(self, address: str, user_id: str | None, reason: SuppressionReason) -> bool:
        """Add an address. Returns False if it is on the list."""
        writes = self._repository.writes()
        self.add(writes, address, user_id, reason)
        try:
            writes.commit()
        except AlreadyWrittenError:
            return False
        return True

    def page(
        self, actor: Actor, *, limit: int, before: str | None = None
    ) -> tuple[Page[SuppressedAddress], str | None]:
        """Return a page of the list, newest first, and the position that the next page follows.

        Raises:
            RoleRequired: the actor is not an operator.
        """
        actor.must_be(Role.ADMIN)
        return self._repository.page(limit=limit, before=before)

    def add_removal(self, writes: WriteTransaction, address_id: str) -> None:
        """Add the removal of an address. Committing raises SuppressedAddressNotFound if it is not on the list."""
        self._repository.add_removal(writes, address_id)

    def ids_of(self, address: str) -> list[str]:
        """Return the ids of an address under each valid key, the current key first."""
        text = folded(address.strip()).encode()
        return [derived_id(_NO_TIME, hmac.digest(key, text, hashlib.sha256).hex()) for key in self._keys()]


_NO_TIME: Final = from_millis(0)
