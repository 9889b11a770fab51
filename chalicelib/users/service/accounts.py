"""Create, read, change, search and freeze accounts."""

from collections.abc import Iterable, Sequence
from datetime import date

from chalicelib.dynamodb.database import Key, Page
from chalicelib.dynamodb.retry import retry_on_conflict
from chalicelib.dynamodb.transaction import WriteTransaction
from chalicelib.shared.actor import Actor, Role
from chalicelib.shared.clock import Clock
from chalicelib.shared.errors import Unprocessable
from chalicelib.shared.ids import moment_of, new_id
from chalicelib.shared.settings import Settings
from chalicelib.users.domain.field_rules import MAX_EMAIL_LENGTH, folded
from chalicelib.users.domain.user import (
    AccountStatus,
    Credentials,
    LocalStageOnly,
    NameKind,
    ProfileChanges,
    Registration,
    StepUpRequired,
    User,
    UserNotFound,
    WrongPassword,
)
from chalicelib.users.repository import UserRepository
from chalicelib.users.service.login_throttle import LoginThrottle
from chalicelib.users.service.passwords import PasswordHasher
from chalicelib.users.service.ports import AccountEvent, AccountEventKind, AccountLog

_REGISTRATION_ROLES = frozenset({Role.BORROWER, Role.LENDER})


class UserService:
    def __init__(
        self,
        repository: UserRepository,
        passwords: PasswordHasher,
        login_throttle: LoginThrottle,
        log: AccountLog,
        clock: Clock,
        real_time: Clock,
        settings: Settings,
    ) -> None:
        self._repository = repository
        self._passwords = passwords
        self._login_throttle = login_throttle
        self._log = log
        self._clock = clock
        self._real_time = real_time
        self._settings = settings

    def register(self, registration: Registration) -> User:
        """Create the account of a borrower or lender.

        Raises:
            Unprocessable: names every invalid field.
            UsernameTaken, EmailTaken: another account has it; case is ignored.
            TooManyRequests: too many registrations with this email address.
        """
        if registration.role not in _REGISTRATION_ROLES:
            raise Unprocessable(errors=(("role", "must be BORROWER or LENDER"),))
        validated = registration.validated(self._today())
        self._login_throttle.admit_registration(folded(validated.email))
        return self._create(validated)

    def create_operator(self, *, username: str, email: str, password: str) -> User:
        """Create an operator's account. Command-line tools call this; no API route does.

        Raises:
            Unprocessable: names every invalid field.
            UsernameTaken, EmailTaken: another account has it.
        """
        registration = Registration(username=username, email=email, password=password, role=Role.ADMIN)
        return self._create(registration.validated(self._today()))

    def create_demo_account(self, registration: Registration) -> User:
        """Create a demo account of any role; its password may be a common one.

        Raises:
            LocalStageOnly: the stage is not ``local``.
            UsernameTaken, EmailTaken: another account has it.
        """
        if not self._settings.is_local:
            raise LocalStageOnly
        return self._create(registration.validated(self._today(), common_password_allowed=True))

    def profile(self, actor: Actor) -> User:
        """Return the actor's own account.

        Raises:
            UserNotFound: the account no longer exists.
        """
        return self._get(actor.user_id)

    def change_profile(
        self,
        actor: Actor,
        changes: ProfileChanges,
        current_password: str | None = None,
        *,
        address: str = "",
        request_id: str = "",
    ) -> User:
        """Change the actor's own account and return the result. Another email requires the current password.

        Raises:
            Unprocessable: names every invalid field.
            EmailTaken: another account has the email address.
            StepUpRequired, WrongPassword: the email changes, and the current password is missing or wrong.
            TooManyRequests: too many attempts with a wrong current password.
            UserNotFound: the account no longer exists.
            TokenRevoked: the actor's token is revoked.
        """
        validated = changes.validated(self._today())
        if validated.is_empty:
            return self._get(actor.user_id)
        email = validated.email
        if email is None and validated.first_name is None and validated.last_name is None:
            return self._repository.change_details(actor, validated)
        is_confirmed = False

        def change() -> User:
            nonlocal is_confirmed
            account = self._repository.credentials(actor.user_id)
            if account is None:
                raise UserNotFound
            user = account.user
            new_email = email if email is not None and folded(email) != folded(user.email) else None
            if new_email is not None and not is_confirmed:  # once: a lost race does not count as another attempt
                self._confirm_password(account, current_password, address)
                is_confirmed = True
            writes = self._repository.writes()
            self._repository.add_change(writes, actor, user, validated, new_email, self._clock())
            if new_email is not None:
                self._log.add(writes, AccountEvent(AccountEventKind.EMAIL_CHANGED, user, address, request_id))
            writes.commit()
            return validated.applied_to(user)

        return retry_on_conflict(change)

    def find_by_login_name(self, username_or_email: str) -> User | None:
        user_id = self._repository.owner_of(username_or_email)
        return None if user_id is None else self._repository.find(user_id)

    def find(self, user_id: str) -> User | None:
        return self._repository.find(user_id)

    def account(self, actor: Actor, user_id: str) -> User:
        """Return any account, for operators.

        Raises:
            RoleRequired: the actor is not an operator.
            UserNotFound: no account has this id.
        """
        actor.must_be(Role.ADMIN)
        return self._get(user_id)

    def search(self, actor: Actor, text: str, *, limit: int, after: Key | None = None) -> Page[User]:
        """Return the account with this email, or those whose username, first or last name begins with the text.

        All accounts, newest first, if the text is empty. Pages may be short: an account that matches by several names
        is returned once.

        Raises:
            RoleRequired: the actor is not an operator.
        """
        actor.must_be(Role.ADMIN)
        start = folded(text)
        if len(start) > MAX_EMAIL_LENGTH:
            return Page((), None)
        if not start:
            newest = self._repository.listed(limit=limit, after=after)
            return Page(self._in_order(newest.items), newest.last_key)
        if "@" in start:
            owner = self.find_by_login_name(start)
            if owner is not None:
                return Page((owner,), None)
        named = self._repository.named(start, limit=limit, after=after)
        found = self._repository.find_many([user_id for _, user_id in named.items])
        pairs = [(kind, found[user_id]) for kind, user_id in named.items if user_id in found]
        return Page(tuple(user for kind, user in pairs if _matching_name(user, start) is kind), named.last_key)

    def names_of(self, user_ids: Iterable[str]) -> dict[str, str]:
        """Return the user names of up to 100 accounts by id; ids without an account are missing."""
        return {user_id: user.username for user_id, user in self._repository.find_many(tuple(user_ids)).items()}

    def emails_of(self, user_ids: Iterable[str]) -> dict[str, str]:
        """Return the email addresses of up to 100 accounts by id; ids without an account are missing."""
        return {user_id: user.email for user_id, user in self._repository.find_many(tuple(user_ids)).items()}

    def first_registration_date(self) -> date:
        """Return the day of the first registration, or today if there is none."""
        first = self._repository.listed(limit=1, newest_first=False).items
        return moment_of(first[0]).date() if first else self._today()

    def add_status(self, actor: Actor, writes: WriteTransaction, user_id: str, status: AccountStatus) -> None:
        """Add a change of status to a transaction; the caller adds that of the wallet.

        Committing raises UserNotFound, or StatusUnchanged if the account already has this status.

        Raises:
            RoleRequired: the actor is not an operator.
        """
        actor.must_be(Role.ADMIN)
        expected = AccountStatus.ACTIVE if status is AccountStatus.FROZEN else AccountStatus.FROZEN
        self._repository.add_status(writes, user_id, status, expected)

    def _create(self, registration: Registration) -> User:
        now = self._clock()
        user = registration.to_user(new_id(now), now)
        self._repository.add(user, self._passwords.hash(registration.password))
        return user

    def _confirm_password(self, account: Credentials, password: str | None, address: str) -> None:
        if password is None:
            raise StepUpRequired
        attempt = self._login_throttle.admit_password(account, address, self._real_time())
        if not self._passwords.verify(password, account.password_hash):
            self._login_throttle.record_failure(attempt)
            raise WrongPassword
        self._login_throttle.record_success(attempt)

    def _get(self, user_id: str) -> User:
        found = self._repository.find(user_id)
        if found is None:
            raise UserNotFound
        return found

    def _in_order(self, user_ids: Sequence[str]) -> tuple[User, ...]:
        found = self._repository.find_many(user_ids)
        return tuple(found[user_id] for user_id in user_ids if user_id in found)

    def _today(self) -> date:
        return self._clock().date()


def _matching_name(user: User, start: str) -> NameKind | None:
    """Return the first of an account's names that begins with the text: its entry of the index lists the account."""
    return next((kind for kind in NameKind if folded(getattr(user, kind.value)).startswith(start)), None)
