"""Addresses that get no email, for operators."""

from dataclasses import dataclass

from chalicelib.admin.domain.audit import AuditAction, AuditContext, AuditEvent
from chalicelib.admin.service.audit_log import AuditLog
from chalicelib.dynamodb.idempotency import IdempotencyKey, IdempotencyStore, IdempotentResult
from chalicelib.dynamodb.retry import retry_on_conflict
from chalicelib.notifications.domain.suppression import SuppressedAddress, masked_address
from chalicelib.notifications.service.suppressions import SuppressionService
from chalicelib.shared.actor import Actor, Role
from chalicelib.users.service.accounts import UserService


@dataclass(frozen=True, slots=True)
class MaskedAddress:
    """A suppressed address; ``masked`` is empty if it is no longer that of the user's account."""

    address: SuppressedAddress
    masked: str


@dataclass(frozen=True, slots=True)
class MaskedAddressPage:
    """Addresses, newest first; ``position`` is what the next page follows, None on the last page."""

    addresses: tuple[MaskedAddress, ...]
    position: str | None


class SuppressedAddressService:
    """Lists suppressed addresses, and removes them from the list."""

    def __init__(
        self,
        suppressions: SuppressionService,
        users: UserService,
        audit_log: AuditLog,
        idempotency: IdempotencyStore,
    ) -> None:
        self._suppressions = suppressions
        self._users = users
        self._audit_log = audit_log
        self._idempotency = idempotency

    def page(self, actor: Actor, *, limit: int, before: str | None = None) -> MaskedAddressPage:
        """Return a page of the list, newest first.

        Raises:
            RoleRequired: the actor is not an operator.
        """
        page, position = self._suppressions.page(actor, limit=limit, before=before)
        emails = self._users.emails_of(each.user_id for each in page.items if each.user_id)
        found = tuple(
            MaskedAddress(each, self._masked(each, emails.get(each.user_id or "", ""))) for each in page.items
        )
        return MaskedAddressPage(found, position)

    def allow(
        self, actor: Actor, address_id: str, context: AuditContext, idempotency_key: IdempotencyKey | None = None
    ) -> IdempotentResult[None]:
        """Remove an address from the list, with an audit entry in the same transaction.

        Raises:
            RoleRequired: the actor is not an operator.
            SuppressedAddressNotFound: the list does not have it.
            TokenRevoked: the operator's access token is revoked.
        """
        actor.must_be(Role.ADMIN)

        def allow() -> None:
            writes = self._audit_log.writes()
            self._idempotency.add(writes, idempotency_key, {"address": address_id})
            self._suppressions.add_removal(writes, address_id)
            event = AuditEvent(AuditAction.ALLOW_ADDRESS, f"suppressed-address:{address_id}", context)
            self._audit_log.add(writes, actor, event)
            writes.commit()

        return self._idempotency.execute(idempotency_key, lambda: retry_on_conflict(allow), lambda _: None)

    def _masked(self, address: SuppressedAddress, email: str) -> str:
        return masked_address(email) if email and address.id in self._suppressions.ids_of(email) else ""
