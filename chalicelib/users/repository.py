"""Accounts and sessions in DynamoDB. An item per username and per email keeps these unique."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Final

from pynamodb.constants import LIST, STRING

from chalicelib.dynamodb.attributes import RawItem, to_raw_list
from chalicelib.dynamodb.database import Database, Key, Page
from chalicelib.dynamodb.errors import OptimisticLockError
from chalicelib.dynamodb.expressions import PreparedCondition, PreparedUpdate, placeholder
from chalicelib.dynamodb.model import Item, item_absent, item_exists
from chalicelib.dynamodb.transaction import WriteTransaction
from chalicelib.shared.actor import Actor, Role, TokenRevoked
from chalicelib.shared.clock import from_millis, to_millis
from chalicelib.users.domain.field_rules import folded
from chalicelib.users.domain.known_network import KnownNetwork, Networks
from chalicelib.users.domain.session import RotatedToken, Session
from chalicelib.users.domain.user import (
    AccountStatus,
    Credentials,
    EmailTaken,
    NameKind,
    PersonalDetails,
    PreviousEmail,
    ProfileChanges,
    StatusUnchanged,
    User,
    UsernameTaken,
    UserNotFound,
)
from chalicelib.users.models import (
    FIRST_NAME,
    LAST_NAME,
    LISTED,
    PROFILE,
    SESSION,
    UNIQUE,
    NameItem,
    ProfileItem,
    SessionItem,
    UniqueItem,
)

NONEXISTENT_USER_ID: Final = "0" * 26
"""The id of no account: a sign-in with an unknown name reads it, so that it costs the same."""
_KINDS: Final = {UNIQUE: NameKind.USERNAME, FIRST_NAME: NameKind.FIRST_NAME, LAST_NAME: NameKind.LAST_NAME}
_valid_from: Any = ProfileItem.tokens_valid_from
_NOT_REVOKED: Final = _valid_from.does_not_exist() | (_valid_from <= placeholder("issued_ms"))
_EXISTS: Final = PreparedCondition(ProfileItem.pk.exists() & _NOT_REVOKED)
_EMAIL_UNCHANGED: Final = PreparedCondition((ProfileItem.email == placeholder("email", STRING)) & _NOT_REVOKED)
_OWNED_BY: Final = PreparedCondition(UniqueItem.user_id == placeholder("user_id", STRING))
_STATUS_IS: Final = PreparedCondition(ProfileItem.status == placeholder("status", STRING))
_SET_STATUS: Final = PreparedUpdate(ProfileItem.status.set(placeholder("status", STRING)))
_END_SESSIONS: Final = (
    ProfileItem.session_epoch.set(placeholder("session_epoch")),
    ProfileItem.tokens_valid_from.set(placeholder("valid_from")),
)
_SET_PASSWORD: Final = PreparedUpdate(
    ProfileItem.password_hash.set(placeholder("password_hash", STRING)), *_END_SESSIONS
)
_SIGN_OUT: Final = PreparedUpdate(*_END_SESSIONS)
_DISABLE: Final = PreparedUpdate(ProfileItem.disabled.set(True), *_END_SESSIONS)
_ENABLE: Final = PreparedUpdate(ProfileItem.disabled.remove())
_EPOCH_IS: Final = PreparedCondition(ProfileItem.session_epoch == placeholder("session_epoch"))
_IS_DISABLED: Final = PreparedCondition(ProfileItem.disabled == True)  # noqa: E712 - an expression
_SESSIONS_UNCHANGED: Final = PreparedCondition(
    (ProfileItem.session_epoch == placeholder("session_epoch")) & _NOT_REVOKED
)
_MOST_PREVIOUS_EMAILS: Final = 10
_SET_NETWORKS: Final = PreparedUpdate(ProfileItem.known_networks.set(placeholder("networks", LIST, to_raw_list)))
_SET_TOKENS: Final = PreparedUpdate(
    SessionItem.current.set(placeholder("current", STRING)),
    SessionItem.replaced.set(placeholder("replaced", LIST, to_raw_list)),
    SessionItem.expires_at.set(placeholder("expires_at")),
)
_CURRENT_TOKEN_IS: Final = PreparedCondition(SessionItem.current == placeholder("current", STRING))


class UserRepository:
    """Accounts by id and by name; sessions by account and family."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def writes(self) -> WriteTransaction:
        return WriteTransaction(self._database)

    def add(self, user: User, password_hash: str) -> None:
        """Create an account, reserve its username and email, and list its names for the search.

        Raises:
            UsernameTaken: another account has the username.
            EmailTaken: another account has the email.
        """
        writes = self.writes()
        name = folded(user.username)
        username = UniqueItem(_username_key(user.username), UNIQUE, user_id=user.id, initial=name[0], name=name)
        writes.put(username, when=item_absent(UniqueItem), on_condition_failed=lambda _: UsernameTaken())
        _add_email(writes, user.email, user.id)
        _add_names(writes, user.id, user.first_name or None, user.last_name or None)
        writes.put(_profile_item(user, password_hash), when=item_absent(ProfileItem))
        writes.commit()

    def owner_of(self, username_or_email: str) -> str | None:
        key = _email_key if "@" in username_or_email else _username_key
        item = self._database.get(UniqueItem, key(username_or_email), UNIQUE, consistent=True)
        return None if item is None else item.user_id

    def credentials(self, user_id: str) -> Credentials | None:
        item = self._database.get(ProfileItem, _user_key(user_id), PROFILE, consistent=True)
        return None if item is None else _credentials(item)

    def find(self, user_id: str) -> User | None:
        found = self.credentials(user_id)
        return None if found is None else found.user

    def find_many(self, user_ids: Sequence[str]) -> dict[str, User]:
        """Read up to 100 accounts by id in one eventually consistent call."""
        wanted = [(_user_key(user_id), PROFILE) for user_id in dict.fromkeys(user_ids)]
        found = self._database.get_mixed({PROFILE: ProfileItem}, wanted) if wanted else []
        users = [_user(item) for item in found if isinstance(item, ProfileItem)]
        return {user.id: user for user in users}

    def listed(self, *, limit: int, after: Key | None = None, newest_first: bool = True) -> Page[str]:
        """Read the ids of all accounts in the order of their registration, from either end."""
        page = self._database.query(
            ProfileItem, LISTED, index=ProfileItem.by_creation, limit=limit, after=after, newest_first=newest_first
        )
        return Page(tuple(item.user_id or "" for item in page.items), page.last_key)

    def named(self, prefix: str, *, limit: int, after: Key | None) -> Page[tuple[NameKind, str]]:
        """Read which usernames, first and last names begin with the prefix, in order, each with its user's id."""
        start = folded(prefix)
        page = self._database.query(
            UniqueItem, start[0], UniqueItem.name.startswith(start), index=UniqueItem.by_name, limit=limit, after=after
        )
        return Page(tuple((_KINDS[item.sk], item.user_id or "") for item in page.items), page.last_key)

    def change_details(self, actor: Actor, changes: ProfileChanges) -> User:
        """Change attributes of the actor's account other than its names and email.

        Raises:
            UserNotFound: there is no such account.
            TokenRevoked: the actor's token is revoked.
        """
        stored = self._database.update(
            ProfileItem(_user_key(actor.user_id), PROFILE),
            PreparedUpdate(*_actions_of(changes))(),
            when=_EXISTS(issued_ms=actor.issued_ms),
            on_condition_failed=lambda old: _rejection(old, actor),
        )
        return _user(ProfileItem.from_raw_data(stored))

    def add_change(
        self,
        writes: WriteTransaction,
        actor: Actor,
        user: User,
        changes: ProfileChanges,
        new_email: str | None,
        now: datetime,
    ) -> None:
        """Add a change of any attributes of the actor's account ``user``.

        Committing raises EmailTaken if another account has the email, TokenRevoked if the actor's token is revoked,
        and OptimisticLockError if the account's email has changed since it was read.

        Args:
            writes: the transaction.
            actor: the owner.
            user: the account as it was read.
            changes: the new values.
            new_email: the changed email, unless only its case changes.
            now: when the email is replaced.
        """
        actions = _actions_of(changes)
        if new_email is not None:
            _add_email(writes, new_email, user.id)
            writes.delete(UniqueItem(_email_key(user.email), UNIQUE), when=_OWNED_BY(user_id=user.id))
            replaced = (PreviousEmail(user.email, now), *user.previous_emails)[:_MOST_PREVIOUS_EMAILS]
            texts = [[each.address, to_millis(each.replaced_at)] for each in replaced]
            actions.append(ProfileItem.previous_emails.set(texts))
        _add_names(writes, user.id, changes.first_name, changes.last_name)
        profile = ProfileItem(_user_key(user.id), PROFILE)
        writes.update(
            profile,
            PreparedUpdate(*actions)(),
            when=_EMAIL_UNCHANGED(email=user.email, issued_ms=actor.issued_ms),
            on_condition_failed=lambda old: _rejection(old, actor),
        )

    def add_password(
        self, writes: WriteTransaction, actor: Actor, account: Credentials, password_hash: str, valid_from: int
    ) -> None:
        """Add a new password of the actor's account, the end of all sessions, and the revocation of tokens.

        Committing raises TokenRevoked if the actor's token is revoked, and OptimisticLockError if the password has
        changed, or the sessions have ended, since the account was read.
        """
        writes.update(
            ProfileItem(_user_key(account.user.id), PROFILE),
            _SET_PASSWORD(password_hash=password_hash, session_epoch=account.session_epoch + 1, valid_from=valid_from),
            when=_SESSIONS_UNCHANGED(session_epoch=account.session_epoch, issued_ms=actor.issued_ms),
            on_condition_failed=lambda old: _rejection(old, actor),
        )

    def add_sign_out(self, writes: WriteTransaction, account: Credentials, valid_from: int, *, disables: bool) -> None:
        """Add the end of an account's sessions and the revocation of its tokens; the account may also be disabled.

        Committing raises OptimisticLockError if the sessions have ended since the account was read.
        """
        change = _DISABLE if disables else _SIGN_OUT
        writes.update(
            ProfileItem(_user_key(account.user.id), PROFILE),
            change(session_epoch=account.session_epoch + 1, valid_from=valid_from),
            when=_EPOCH_IS(session_epoch=account.session_epoch),
        )

    def add_enabling(self, writes: WriteTransaction, user_id: str) -> None:
        """Add that a disabled account may sign in again, on condition that it is disabled."""
        writes.update(ProfileItem(_user_key(user_id), PROFILE), _ENABLE(), when=_IS_DISABLED())

    def add_status(
        self, writes: WriteTransaction, user_id: str, status: AccountStatus, expected: AccountStatus
    ) -> None:
        """Add a change of status to a transaction, on condition that the account has the expected status.

        Committing raises UserNotFound or StatusUnchanged otherwise.
        """
        writes.update(
            ProfileItem(_user_key(user_id), PROFILE),
            _SET_STATUS(status=status.value),
            when=_STATUS_IS(status=expected.value),
            on_condition_failed=lambda old: UserNotFound() if old is None else StatusUnchanged(),
        )

    def add_session(
        self,
        session: Session,
        networks: Networks | None = None,
        add_entry: Callable[[WriteTransaction], None] | None = None,
    ) -> None:
        """Store a new session, and with it the networks that the user's sign-ins are known from, if they changed.

        ``add_entry`` adds an entry of the audit log to the transaction that changes the networks.

        Raises:
            UserNotFound: the account no longer exists.
        """
        if networks is None:
            self._database.put(_session_item(session))
            return
        writes = self.writes()
        writes.put(_session_item(session))
        writes.update(
            ProfileItem(_user_key(session.user_id), PROFILE),
            _SET_NETWORKS(networks=[[each.digest, int(each.until.timestamp())] for each in networks]),
            when=item_exists(ProfileItem),
            on_condition_failed=lambda _: UserNotFound(),
        )
        if add_entry is not None:
            add_entry(writes)
        writes.commit()

    def session_with_owner(self, user_id: str, family: str) -> tuple[Session | None, Credentials | None]:
        keys = [(_user_key(user_id), PROFILE), (_user_key(user_id), _family_key(family))]
        kinds: dict[str, type[Item]] = {PROFILE: ProfileItem, SESSION: SessionItem}
        found = self._database.get_mixed(kinds, keys, consistent=True)
        session = next((_session(item) for item in found if isinstance(item, SessionItem)), None)
        account = next((_credentials(item) for item in found if isinstance(item, ProfileItem)), None)
        return session, account

    def replace_session(self, before: Session, after: Session) -> bool:
        """Store a session's next state. Returns False if the stored state is no longer ``before``."""
        change = _SET_TOKENS(current=after.current, replaced=_rows(after), expires_at=int(after.expires_at.timestamp()))
        try:
            self._database.update(_session_item(before), change, when=_CURRENT_TOKEN_IS(current=before.current))
        except OptimisticLockError:
            return False
        return True

    def add_session_end(self, writes: WriteTransaction, user_id: str, family: str) -> None:
        """Add the end of a session. Committing raises OptimisticLockError if there is none."""
        writes.delete(SessionItem(_user_key(user_id), _family_key(family)), when=item_exists(SessionItem))

    def end_session(self, user_id: str, family: str) -> bool:
        """End a session. Returns False if there is none."""
        return self._database.delete(SessionItem(_user_key(user_id), _family_key(family)))


def _rejection(old: RawItem | None, actor: Actor) -> Exception:
    """Explain a failed condition on the actor's account."""
    if old is None:
        return UserNotFound()
    revoked = (ProfileItem.from_raw_data(old).tokens_valid_from or 0) > actor.issued_ms
    return TokenRevoked() if revoked else OptimisticLockError()


def _user_key(user_id: str) -> str:
    return f"USER#{user_id}"


def _username_key(username: str) -> str:
    return f"USERNAME#{folded(username)}"


def _email_key(email: str) -> str:
    return f"EMAIL#{folded(email)}"


def _family_key(family: str) -> str:
    return f"{SESSION}#{family}"


def _add_email(writes: WriteTransaction, email: str, user_id: str) -> None:
    item = UniqueItem(_email_key(email), UNIQUE, user_id=user_id)
    writes.put(item, when=item_absent(UniqueItem), on_condition_failed=lambda _: EmailTaken())


def _add_names(writes: WriteTransaction, user_id: str, first_name: str | None, last_name: str | None) -> None:
    """Add entries of the search for an account's names; an empty name ends its entry, and None leaves it."""
    for sort_key, text in ((FIRST_NAME, first_name), (LAST_NAME, last_name)):
        if text is None:
            continue
        key, name = (_user_key(user_id), sort_key), folded(text)
        if name:
            writes.put(NameItem(*key, user_id=user_id, initial=name[0], name=name))
        else:
            writes.delete(NameItem(*key))


def _actions_of(changes: ProfileChanges) -> list[Any]:
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
        is_disabled=bool(item.disabled),
        previous_emails=tuple(
            PreviousEmail(str(address), from_millis(int(at))) for address, at in item.previous_emails or ()
        ),
    )


def _credentials(item: ProfileItem) -> Credentials:
    return Credentials(
        _user(item),
        item.password_hash,
        item.session_epoch or 0,
        item.tokens_valid_from or 0,
        tuple(KnownNetwork(digest, from_millis(int(end) * 1000)) for digest, end in item.known_networks or ()),
    )


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
