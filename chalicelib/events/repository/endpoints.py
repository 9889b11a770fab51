"""Webhook endpoints in DynamoDB: one partition per user. An endpoint's item has the lease of the worker that drains it.

Adding one writes the user's counter with its version. So of two simultaneous requests one decides again, and the limit
holds. A lease doesn't change the version, so a worker never delays the owner's changes.
"""

import json
from datetime import datetime
from functools import cache
from typing import Any, Final

from pynamodb.constants import BOOLEAN, NUMBER, STRING

from chalicelib.dynamodb.attributes import RawItem
from chalicelib.dynamodb.database import Database, Key, Page, already_written, every_page
from chalicelib.dynamodb.errors import OptimisticLockError
from chalicelib.dynamodb.expressions import PreparedCondition, PreparedUpdate, placeholder
from chalicelib.dynamodb.model import Item, item_absent, item_exists, version_unchanged
from chalicelib.dynamodb.transaction import WriteTransaction
from chalicelib.events.domain.webhook import DisabledReason, Endpoint, EndpointNotFound
from chalicelib.events.models import EndpointItem, EndpointsItem
from chalicelib.events.repository.webhooks import endpoint_of
from chalicelib.shared.clock import to_millis

_USER: Final = "USER#"
_ENDPOINT: Final = "ENDPOINT#"
_PREFIX: Final = "ENDPOINT"
"""Begins the sort keys of the endpoints, and of their counter."""
_KINDS: Final[dict[str, type[Item]]] = {"ENDPOINT": EndpointItem, "ENDPOINTS": EndpointsItem}
_MODEL: Final[Any] = EndpointItem
_ABSENT_OR_OVER: Final = _MODEL.lease_until.does_not_exist() | (_MODEL.lease_until < placeholder("now"))
_OWNED: Final = _MODEL.lease_owner == placeholder("owner", STRING)

_FREE: Final = PreparedCondition(_MODEL.pk.exists() & _ABSENT_OR_OVER)
_HELD: Final = PreparedCondition(_MODEL.lease_owner.exists())
_IS_OWNER: Final = PreparedCondition(_OWNED)
_IS_OWNER_AND_UNWANTED: Final = PreparedCondition(_OWNED & _MODEL.wanted.does_not_exist())
_IS_ENABLED: Final = PreparedCondition(_MODEL.enabled == placeholder("yes", BOOLEAN, bool))
_TAKE: Final = PreparedUpdate(
    _MODEL.lease_owner.set(placeholder("owner", STRING)),
    _MODEL.lease_until.set(placeholder("until")),
    _MODEL.wanted.remove(),
)
_WANT: Final = PreparedUpdate(_MODEL.wanted.set(placeholder("yes", BOOLEAN, bool)))
_UNWANT: Final = PreparedUpdate(_MODEL.wanted.remove())
_RELEASE: Final = PreparedUpdate(_MODEL.lease_owner.remove(), _MODEL.lease_until.remove(), _MODEL.wanted.remove())
_PAUSE: Final = PreparedUpdate(_MODEL.lease_until.set(placeholder("until")))
_SET_FAILING: Final = PreparedUpdate(_MODEL.failing_since.set(placeholder("since")))
_CLEAR_FAILING: Final = PreparedUpdate(_MODEL.failing_since.remove())
_DISABLE: Final = PreparedUpdate(
    _MODEL.enabled.set(placeholder("no", BOOLEAN, bool)),
    _MODEL.disabled_reason.set(placeholder("reason", STRING)),
    _MODEL.version.set(_MODEL.version + placeholder("one")),
)
_FIXED: Final = (
    _MODEL.url.set(placeholder("url", STRING)),
    _MODEL.event_types.set(placeholder("event_types", STRING)),
    _MODEL.description.set(placeholder("description", STRING)),
    _MODEL.enabled.set(placeholder("enabled", BOOLEAN, bool)),
    _MODEL.secret.set(placeholder("secret", STRING)),
    _MODEL.version.set(placeholder("version")),
)
_OPTIONAL: Final = {"disabled_reason": STRING, "previous_secret": STRING, "previous_secret_expires_at": NUMBER}


class LeaseHeld(Exception):
    """Another worker drains the endpoint."""


class EndpointRepository:
    """Webhook endpoints by user and id."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def writes(self) -> WriteTransaction:
        return WriteTransaction(self._database)

    def find(self, user_id: str, endpoint_id: str) -> Endpoint | None:
        """Read an endpoint consistently."""
        item = self._database.get(EndpointItem, _USER + user_id, _ENDPOINT + endpoint_id, consistent=True)
        return None if item is None else endpoint_of(item)

    def page(self, user_id: str, *, limit: int, after: Key | None) -> Page[Endpoint]:
        """Read a user's endpoints consistently, newest first."""
        page = self._database.query(
            EndpointItem,
            _USER + user_id,
            EndpointItem.sk.startswith(_ENDPOINT),
            limit=limit,
            after=after,
            newest_first=True,
            consistent=True,
        )
        return Page(tuple(map(endpoint_of, page.items)), page.last_key)

    def counted(self, user_id: str) -> tuple[int, int]:
        """Return the number of a user's endpoints and the version of the counter, read consistently."""
        key, where = _USER + user_id, EndpointItem.sk.startswith(_PREFIX)
        pages = every_page(lambda after: self._database.query_mixed(_KINDS, key, where, after=after, consistent=True))
        items = [item for page in pages for item in page.items]
        version = next((item.version for item in items if isinstance(item, EndpointsItem)), 0)
        return sum(isinstance(item, EndpointItem) for item in items), version

    def add(self, writes: WriteTransaction, endpoint: Endpoint, counter: int) -> None:
        """Add a new endpoint. Committing raises OptimisticLockError if one was added since ``counter`` was read."""
        item = EndpointItem(
            *_key(endpoint),
            url=endpoint.url,
            event_types=json.dumps(endpoint.event_types),
            description=endpoint.description or None,
            enabled=endpoint.enabled,
            created_at=endpoint.created_at,
            secret=endpoint.secret,
            version=endpoint.version,
        )
        writes.put(item, when=item_absent(EndpointItem), on_condition_failed=already_written)
        writes.put(
            EndpointsItem(_USER + endpoint.user_id, version=counter + 1),
            when=version_unchanged(EndpointsItem, counter) if counter else item_absent(EndpointsItem),
        )

    def add_change(self, writes: WriteTransaction, before: Endpoint, after: Endpoint) -> None:
        """Add what changed of an endpoint, except its lease.

        Committing raises EndpointNotFound if it was deleted, and OptimisticLockError if it changed meanwhile.
        """
        optional = {
            "disabled_reason": after.disabled_reason and after.disabled_reason.value,
            "previous_secret": after.previous_secret,
            "previous_secret_expires_at": after.previous_secret_expires_at
            and to_millis(after.previous_secret_expires_at),
        }
        given = {name: value for name, value in optional.items() if value is not None}
        change = _change(frozenset(given), forgets_failures=before.failing_since != after.failing_since)
        writes.update(
            EndpointItem(*_key(before)),
            change(
                url=after.url,
                event_types=json.dumps(after.event_types),
                description=after.description,
                enabled=after.enabled,
                secret=after.secret,
                version=before.version + 1,
                **given,
            ),
            when=version_unchanged(EndpointItem, before.version),
            on_condition_failed=_changed_or_gone,
        )

    def add_removal(self, writes: WriteTransaction, user_id: str, endpoint_id: str) -> None:
        """Add the deletion of an endpoint. Committing raises EndpointNotFound if there is none."""
        writes.delete(
            EndpointItem(_USER + user_id, _ENDPOINT + endpoint_id),
            when=item_exists(EndpointItem),
            on_condition_failed=lambda _: EndpointNotFound(),
        )

    def add_enabled(self, writes: WriteTransaction, endpoint: Endpoint) -> None:
        """Add the condition that an endpoint is as it was read, so that it is still enabled."""
        writes.check(
            EndpointItem(*_key(endpoint)),
            when=version_unchanged(EndpointItem, endpoint.version),
            on_condition_failed=_changed_or_gone,
        )

    def add_disabled(self, writes: WriteTransaction, endpoint: Endpoint, reason: DisabledReason) -> None:
        """Add that an endpoint is disabled. Committing raises OptimisticLockError if it isn't enabled."""
        writes.update(
            EndpointItem(*_key(endpoint)),
            _DISABLE(no=False, reason=reason.value, one=1),
            when=_IS_ENABLED(yes=True),
        )

    # Leases

    def take_lease(self, user_id: str, endpoint_id: str, owner: str, now: datetime, until: datetime) -> Endpoint:
        """Take the lease of an endpoint for one worker.

        Args:
            owner: a unique name of the worker.
            now: real time; a lease that ended before is free.
            until: when this lease ends if it isn't released.

        Raises:
            EndpointNotFound: there is no such endpoint.
            LeaseHeld: another worker has it.
        """

        def refused(old: RawItem | None) -> Exception:
            if old is None:
                return EndpointNotFound()
            item = EndpointItem.from_raw_data(old)
            return _TakenBefore(item) if item.lease_owner == owner else LeaseHeld()

        try:
            raw = self._database.update(
                EndpointItem(_USER + user_id, _ENDPOINT + endpoint_id),
                _TAKE(owner=owner, until=to_millis(until)),
                when=_FREE(now=to_millis(now)),
                on_condition_failed=refused,
            )
        except _TakenBefore as taken:
            return endpoint_of(taken.item)
        return endpoint_of(EndpointItem.from_raw_data(raw))

    def want(self, user_id: str, endpoint_id: str) -> None:
        """Ask the holder of a lease to look for due deliveries again before it releases it.

        Raises:
            OptimisticLockError: the lease was released.
        """
        item = EndpointItem(_USER + user_id, _ENDPOINT + endpoint_id)
        self._database.update(item, _WANT(yes=True), when=_HELD())

    def release(self, endpoint: Endpoint, owner: str) -> bool:
        """Release a lease unless another worker wants another look. Returns whether the worker is done."""

        def refused(old: RawItem | None) -> Exception:
            is_wanted = old is not None and EndpointItem.from_raw_data(old).lease_owner == owner
            return _Wanted() if is_wanted else OptimisticLockError()

        try:
            self._database.update(
                EndpointItem(*_key(endpoint)),
                _RELEASE(),
                when=_IS_OWNER_AND_UNWANTED(owner=owner),
                on_condition_failed=refused,
            )
        except _Wanted:
            return False
        except OptimisticLockError:  # it ended, was released before, or the endpoint was deleted
            return True
        return True

    def hand_over(self, endpoint: Endpoint, owner: str) -> None:
        """Release a lease although another worker may want another look: a job that will have one is sent."""
        self._update_lease(endpoint, owner, _RELEASE)

    def pause(self, endpoint: Endpoint, owner: str, until: datetime) -> None:
        """Let a lease end at a moment, so that no worker drains the endpoint before."""
        self._update_lease(endpoint, owner, _PAUSE, until=to_millis(until))

    def clear_wanted(self, endpoint: Endpoint, owner: str) -> None:
        """Note that the holder of a lease looks again."""
        self._update_lease(endpoint, owner, _UNWANT)

    def set_failing_since(self, endpoint: Endpoint, owner: str, since: datetime | None) -> None:
        """Store the first failure since the last success, if the worker still has the lease."""
        if since is None:
            self._update_lease(endpoint, owner, _CLEAR_FAILING)
        else:
            self._update_lease(endpoint, owner, _SET_FAILING, since=to_millis(since))

    def _update_lease(self, endpoint: Endpoint, owner: str, change: PreparedUpdate, **parameters: Any) -> None:
        try:
            self._database.update(EndpointItem(*_key(endpoint)), change(**parameters), when=_IS_OWNER(owner=owner))
        except OptimisticLockError:
            return  # another worker has the lease, or the endpoint was deleted


class _TakenBefore(Exception):
    """The first attempt took the lease, and its response was lost."""

    def __init__(self, item: EndpointItem) -> None:
        self.item = item
        super().__init__("the lease was taken before")


class _Wanted(Exception):
    """Another worker came meanwhile."""


def _key(endpoint: Endpoint) -> tuple[str, str]:
    return _USER + endpoint.user_id, _ENDPOINT + endpoint.id


@cache
def _change(given: frozenset[str], *, forgets_failures: bool) -> PreparedUpdate:
    """Return the update that sets the optional attributes that are given, and removes the others."""
    optional = [
        getattr(_MODEL, name).set(placeholder(name, kind)) if name in given else getattr(_MODEL, name).remove()
        for name, kind in _OPTIONAL.items()
    ]
    return PreparedUpdate(*_FIXED, *optional, *([_MODEL.failing_since.remove()] if forgets_failures else []))


def _changed_or_gone(old: RawItem | None) -> Exception:
    return EndpointNotFound() if old is None else OptimisticLockError()
