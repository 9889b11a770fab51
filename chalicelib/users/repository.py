"""Accounts and sessions in DynamoDB. Names are held by items of their own, put only where there is none."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from pynamodb.exceptions import UpdateError
from pynamodb.expressions.update import Action
from pynamodb.models import Model

from chalicelib.dynamodb.database import Database, Key, OptimisticLockError, Page
from chalicelib.dynamodb.transaction import OnConditionFailed, WriteTransaction
from chalicelib.dynamodb.transient_errors import is_failed_condition
from chalicelib.shared.actor import Role
from chalicelib.shared.clock import from_millis, to_millis
from chalicelib.users.domain.field_rules import folded
from chalicelib.users.domain.session import RotatedToken, Session
from chalicelib.users.domain.user import (
    AccountStatus,
    Credentials,
    EmailTaken,
    PersonalDetails,
    ProfileChanges,
    StatusUnchanged,
    User,
    UsernameTaken,
    UserNotFound,
)
from chalicelib.users.models import LISTED, PROFILE, SESSION, UNIQUE, ProfileItem, SessionItem, UniqueItem

NONEXISTENT_USER_ID: Final = "0" * 26
"""The id of no account: a sign-in with an unknown name reads it, so that it costs the same."""


class UserRepository:
    """Accounts by id and by name; sessions by account and family."""

    def __init__(self, database: Database) -> None:
        database.bind(ProfileItem, UniqueItem, SessionItem)
        self._database = database

    def writes(self) -> WriteTransaction:
        """A new transaction."""
        return WriteTransaction(self._database)

    def add(self, user: User, password_hash: str) -> None:
        """Put an account with its two names, or nothing.

        Raises:
            UsernameTaken: somebody has the name.
            EmailTaken: somebody has the e-mail.
        """
        writes = self.writes()
        _add_name(writes, _username_key(user.username), user.username, user.id, lambda _: UsernameTaken())
        _add_name(writes, _email_key(user.email), user.email, user.id, lambda _: EmailTaken())
        writes.put_new(_profile_item(user, password_hash))
        writes.commit()

    def owner_of(self, username_or_email: str) -> str | None:
        """The id of the account with this username or e-mail."""
        key = _email_key if "@" in username_or_email else _username_key
        item = self._database.get(UniqueItem, key(username_or_email), UNIQUE, consistent=True)
        return None if item is None else item.user_id

    def credentials(self, user_id: str) -> Credentials | None:
        """An account with what signing in needs."""
        item = self._database.get(ProfileItem, _user_key(user_id), PROFILE, consistent=True)
        return None if item is None else _credentials(item)

    def find(self, user_id: str) -> User | None:
        """An account."""
        found = self.credentials(user_id)
        return None if found is None else found.user

    def find_many(self, user_ids: Sequence[str]) -> dict[str, User]:
        """Accounts by id; up to 100 in one call. May lag behind a write of this very moment."""
        wanted = [(_user_key(user_id), PROFILE) for user_id in dict.fromkeys(user_ids)]
        found = self._database.get_mixed({PROFILE: ProfileItem}, wanted) if wanted else []
        users = [_user(item) for item in found if isinstance(item, ProfileItem)]
        return {user.id: user for user in users}

    def listed(self, *, limit: int, after: Key | None = None, newest_first: bool = True) -> Page[str]:
        """Ids of all accounts in the order of their registration, from either end."""
        page = self._database.query(
            ProfileItem, LISTED, index="by_creation", limit=limit, after=after, newest_first=newest_first
        )
        return Page(tuple(item.user_id or "" for item in page.items), page.last_key)

    def named(self, prefix: str, *, limit: int, after: Key | None) -> Page[tuple[str, str]]:
        """Pairs of a folded username or e-mail that begins with the prefix, and its owner's id; in order."""
        start = folded(prefix)
        page = self._database.query(
            UniqueItem, start[0], UniqueItem.name.startswith(start), index="by_name", limit=limit, after=after
        )
        return Page(tuple((item.name or "", item.user_id or "") for item in page.items), page.last_key)

    def change(self, user_id: str, changes: ProfileChanges, *, email_before: str | None = None) -> User:
        """Change what is not unique; of the e-mail before only the way it is written.

        Raises:
            NoSuchUser: there is no such account.
            Stale: the account's e-mail changed meanwhile.
        """
        item = ProfileItem(_user_key(user_id), PROFILE)
        try:
            unchanged = ProfileItem.email == email_before if email_before else ProfileItem.pk.exists()
            item.update(_actions(changes), unchanged)
        except UpdateError as error:
            if is_failed_condition(error):
                raise OptimisticLockError if email_before else UserNotFound from error
            raise
        return _user(item)

    def change_email(self, user: User, changes: ProfileChanges, email: str) -> None:
        """Move the account to another e-mail, with the other changes, or change nothing.

        Raises:
            EmailTaken: another account has it.
            Stale: the account's e-mail changed meanwhile.
        """
        writes = self.writes()
        _add_name(writes, _email_key(email), email, user.id, lambda _: EmailTaken())
        writes.delete(UniqueItem(_email_key(user.email), UNIQUE), UniqueItem.user_id == user.id)
        writes.update(ProfileItem(_user_key(user.id), PROFILE), _actions(changes), ProfileItem.email == user.email)
        writes.commit()

    def change_password(self, account: Credentials, password_hash: str) -> None:
        """Replace the password and end all sessions.

        Raises:
            Stale: the password was changed meanwhile.
        """
        actions: list[Action] = [
            ProfileItem.password_hash.set(password_hash),
            ProfileItem.session_epoch.set(account.session_epoch + 1),
        ]
        item = ProfileItem(_user_key(account.user.id), PROFILE)
        unchanged = ProfileItem.password_hash == account.password_hash
        try:
            item.update(actions, unchanged | (ProfileItem.password_hash == password_hash))
        except UpdateError as error:
            if is_failed_condition(error):
                raise OptimisticLockError from error
            raise

    def add_status(
        self, writes: WriteTransaction, user_id: str, status: AccountStatus, expected: AccountStatus
    ) -> None:
        """Add a change of status to a transaction, for an account that has the expected one.

        Committing raises NoSuchUser or StatusUnchanged where there is none.
        """
        writes.update(
            ProfileItem(_user_key(user_id), PROFILE),
            [ProfileItem.status.set(status.value)],
            ProfileItem.status == expected.value,
            on_condition_failed=lambda old: UserNotFound() if old is None else StatusUnchanged(),
        )

    def add_session(self, session: Session) -> None:
        """Put a new session."""
        _session_item(session).save()

    def session_with_owner(self, user_id: str, family: str) -> tuple[Session | None, Credentials | None]:
        """A session and its account, in one call."""
        keys = [(_user_key(user_id), PROFILE), (_user_key(user_id), _family_key(family))]
        kinds: dict[str, type[Model]] = {PROFILE: ProfileItem, SESSION: SessionItem}
        found = self._database.get_mixed(kinds, keys, consistent=True)
        session = next((_session(item) for item in found if isinstance(item, SessionItem)), None)
        account = next((_credentials(item) for item in found if isinstance(item, ProfileItem)), None)
        return session, account

    def replace_session(self, before: Session, after: Session) -> bool:
        """Store a session's next state; False where it is not in the state before any more."""
        item = _session_item(before)
        actions: list[Action] = [
            SessionItem.current.set(after.current),
            SessionItem.replaced.set(_rows(after)),
            SessionItem.expires_at.set(int(after.expires_at.timestamp())),
        ]
        try:
            item.update(actions, SessionItem.current == before.current)
        except UpdateError as error:
            if is_failed_condition(error):
                return False
            raise
        return True

    def end_session(self, user_id: str, family: str) -> None:
        """End a session; nothing happens where there is none."""
        SessionItem(_user_key(user_id), _family_key(family)).delete()


def _user_key(user_id: str) -> str:
    return f"USER#{user_id}"


def _username_key(username: str) -> str:
    return f"USERNAME#{folded(username)}"


def _email_key(email: str) -> str:
    return f"EMAIL#{folded(email)}"


def _family_key(family: str) -> str:
    return f"{SESSION}#{family}"


def _add_name(
    writes: WriteTransaction, key: str, text: str, user_id: str, on_condition_failed: OnConditionFailed
) -> None:
    """Add the item that holds a name; refused where there is one."""
    name = folded(text)
    item = UniqueItem(key, UNIQUE, user_id=user_id, initial=name[0], name=name)
    writes.put_new(item, on_condition_failed=on_condition_failed)


def _actions(changes: ProfileChanges) -> list[Any]:
    actions: list[Any] = []
    if changes.first_name is not None:
        actions.append(ProfileItem.first_name.set(changes.first_name))
    if changes.last_name is not None:
        actions.append(ProfileItem.last_name.set(changes.last_name))
    if changes.email is not None:
        actions.append(ProfileItem.email.set(changes.email))
    for name in sorted(changes.changed_details):
        attribute: Any = getattr(ProfileItem, name)
        value = getattr(changes.details, name)
        actions.append(attribute.remove() if value is None else attribute.set(value))
    return actions


def _profile_item(user: User, password_hash: str) -> ProfileItem:
    return ProfileItem(
        _user_key(user.id),
        PROFILE,
        user_id=user.id,
        listed=LISTED,
        username=user.username,
        email=user.email,
        first_name=user.first_name,
        last_name=user.last_name,
        role=user.role.value,
        status=user.status.value,
        phone_number=user.details.phone_number,
        date_of_birth=user.details.date_of_birth,
        address=user.details.address,
        password_hash=password_hash,
        created_at=user.created_at,
    )


def _user(item: ProfileItem) -> User:
    return User(
        id=item.pk.partition("#")[2],
        username=item.username,
        email=item.email,
        role=Role(item.role),
        created_at=item.created_at,
        first_name=item.first_name or "",
        last_name=item.last_name or "",
        details=PersonalDetails(item.phone_number, item.date_of_birth, item.address),
        status=AccountStatus(item.status),
    )


def _credentials(item: ProfileItem) -> Credentials:
    return Credentials(_user(item), item.password_hash, item.session_epoch or 0)


def _session_item(session: Session) -> SessionItem:
    return SessionItem(
        _user_key(session.user_id),
        _family_key(session.family),
        current=session.current,
        epoch=session.epoch,
        replaced=_rows(session),
        expires_at=int(session.expires_at.timestamp()),
    )


def _rows(session: Session) -> list[list[str | int]]:
    return [[old.digest, old.salt, to_millis(old.at)] for old in session.rotated_tokens]


def _session(item: SessionItem) -> Session:
    return Session(
        user_id=item.pk.partition("#")[2],
        family=item.sk.partition("#")[2],
        current=item.current,
        epoch=item.epoch,
        expires_at=from_millis(item.expires_at * 1000),
        rotated_tokens=tuple(RotatedToken(digest, salt, from_millis(int(at))) for digest, salt, at in item.replaced),
    )
