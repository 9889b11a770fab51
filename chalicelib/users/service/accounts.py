"""Accounts: opening them, seeing and changing one's own, finding and freezing those of others."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from chalicelib.dynamodb.database import Key, Page, retry_on_conflict
from chalicelib.dynamodb.transaction import WriteTransaction
from chalicelib.shared.actor import Actor, Role
from chalicelib.shared.clock import Clock
from chalicelib.shared.errors import Unprocessable
from chalicelib.shared.ids import moment_of, new_id
from chalicelib.shared.settings import Settings
from chalicelib.users.domain.field_rules import folded
from chalicelib.users.domain.user import AccountStatus, LocalStageOnly, ProfileChanges, Registration, User, UserNotFound
from chalicelib.users.repository import UserRepository
from chalicelib.users.service.login_throttle import LoginThrottle
from chalicelib.users.service.passwords import PasswordHasher

_SELF_CHOSEN_ROLES = frozenset({Role.BORROWER, Role.LENDER})


class UserService:
    """Everything about accounts but signing in."""

    def __init__(
        self,
        repository: UserRepository,
        passwords: PasswordHasher,
        guard: LoginThrottle,
        clock: Clock,
        settings: Settings,
    ) -> None:
        self._repository = repository
        self._passwords = passwords
        self._guard = guard
        self._clock = clock
        self._settings = settings

    def register(self, registration: Registration) -> User:
        """Open an account for anybody who asks. Nobody makes themselves an operator.

        Raises:
            Unprocessable: names every field that breaks a rule.
            UsernameTaken, EmailTaken: an account with one of them exists, perhaps in other case.
            TooManyRequests: the e-mail was tried too often.
        """
        if registration.role not in _SELF_CHOSEN_ROLES:
            raise Unprocessable(errors=(("role", "choose BORROWER or LENDER"),))
        checked = registration.checked(self._today())
        self._guard.admit_registration(folded(checked.email))
        return self._open(checked)

    def create_operator(self, *, username: str, email: str, password: str) -> User:
        """Open an operator's account, for those who run programs beside the platform: no API reaches this.

        Raises:
            Unprocessable: names every field that breaks a rule.
            UsernameTaken, EmailTaken: an account with one of them exists.
        """
        asked = Registration(username=username, email=email, password=password, role=Role.ADMIN)
        return self._open(asked.checked(self._today()))

    def create_demo_account(self, registration: Registration) -> User:
        """Open a demo account of any role, whose password may be a well-known one.

        Raises:
            LocalStageOnly: this is not a laptop.
            UsernameTaken, EmailTaken: an account with one of them exists.
        """
        if not self._settings.is_local:
            raise LocalStageOnly
        return self._open(registration.checked(self._today(), common_password_allowed=True))

    def profile(self, actor: Actor) -> User:
        """The actor's own account.

        Raises:
            NoSuchUser: it does not exist any more.
        """
        return self._existing(actor.user_id)

    def change_profile(self, actor: Actor, changes: ProfileChanges) -> User:
        """Change the actor's own account, and give it as it is then.

        Raises:
            Unprocessable: names every field that breaks a rule.
            EmailTaken: another account has the e-mail.
            NoSuchUser: the account does not exist any more.
        """
        checked = changes.checked(self._today())
        if checked.is_empty:
            return self._existing(actor.user_id)
        if checked.email is None:
            return self._repository.change(actor.user_id, checked)
        email = checked.email
        return retry_on_conflict(lambda: self._change_email(actor.user_id, checked, email))

    def find_owner(self, username_or_email: str) -> User | None:
        """The account with this username or e-mail, for programs and features that have checked who asks."""
        user_id = self._repository.owner_of(username_or_email)
        return None if user_id is None else self._repository.find(user_id)

    def find(self, user_id: str) -> User | None:
        """An account, for features that have checked that the caller may see it."""
        return self._repository.find(user_id)

    def account(self, actor: Actor, user_id: str) -> User:
        """Anybody's account, for operators.

        Raises:
            RoleRequired: the actor is no operator.
            NoSuchUser: no account has this id.
        """
        actor.must_be(Role.ADMIN)
        return self._existing(user_id)

    def search(self, actor: Actor, prefix: str, *, limit: int, after: Key | None = None) -> Page[User]:
        """Accounts whose username or e-mail begins with the prefix; all, newest first, where it is empty.

        Pages may be short: an account that matches by both names is given once.

        Raises:
            RoleRequired: the actor is no operator.
        """
        actor.must_be(Role.ADMIN)
        start = folded(prefix)
        if not start:
            newest = self._repository.listed(limit=limit, after=after)
            return Page(self._in_order(newest.items), newest.last_key)
        named = self._repository.named(start, limit=limit, after=after)
        found = self._repository.find_many([user_id for _, user_id in named.items])
        pairs = [(name, found[user_id]) for name, user_id in named.items if user_id in found]
        return Page(tuple(user for name, user in pairs if _speaks_for(name, user, start)), named.last_key)

    def first_day(self) -> date:
        """The day of the first registration, before which nothing can have happened; today without any."""
        first = self._repository.listed(limit=1, newest_first=False).items
        return moment_of(first[0]).date() if first else self._today()

    def add_status(self, actor: Actor, writes: WriteTransaction, user_id: str, status: AccountStatus) -> None:
        """Add the freezing or unfreezing of an account to a transaction, which is to freeze its wallet too.

        Committing raises NoSuchUser, or StatusUnchanged where the account has this status already.

        Raises:
            RoleRequired: the actor is no operator.
        """
        actor.must_be(Role.ADMIN)
        expected = AccountStatus.ACTIVE if status is AccountStatus.FROZEN else AccountStatus.FROZEN
        self._repository.add_status(writes, user_id, status, expected)

    def _open(self, registration: Registration) -> User:
        now = self._clock()
        user = registration.opened(new_id(now), now)
        self._repository.add(user, self._passwords.hash(registration.password))
        return user

    def _change_email(self, user_id: str, changes: ProfileChanges, email: str) -> User:
        user = self._existing(user_id)
        if folded(email) == folded(user.email):
            return self._repository.change(user_id, changes, email_before=user.email)
        self._repository.change_email(user, changes, email)
        return changes.applied_to(user)

    def _existing(self, user_id: str) -> User:
        found = self._repository.find(user_id)
        if found is None:
            raise UserNotFound
        return found

    def _in_order(self, user_ids: Sequence[str]) -> tuple[User, ...]:
        found = self._repository.find_many(user_ids)
        return tuple(found[user_id] for user_id in user_ids if user_id in found)

    def _today(self) -> date:
        return self._clock().date()


def _speaks_for(name: str, user: User, prefix: str) -> bool:
    """Whether an entry of the index shows its account: the e-mail's does not where the username's does."""
    by_username = folded(user.username)
    return name == by_username or not by_username.startswith(prefix)
