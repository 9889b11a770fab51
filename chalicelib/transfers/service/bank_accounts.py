"""Bank accounts of users: add, list and delete them, and use them for withdrawals."""

from collections.abc import Mapping
from datetime import timedelta

from chalicelib.dynamodb.database import Key, Page
from chalicelib.dynamodb.idempotency import IdempotencyKey, IdempotencyStore, IdempotentResult
from chalicelib.dynamodb.retry import retry_on_conflict
from chalicelib.dynamodb.transaction import WriteTransaction
from chalicelib.shared.actor import Actor
from chalicelib.shared.clock import Clock
from chalicelib.shared.errors import Unprocessable
from chalicelib.shared.ids import new_id
from chalicelib.transfers.account_cipher import AccountCipher
from chalicelib.transfers.domain.bank_account import (
    BankAccount,
    BankAccountExists,
    BankAccountNotFound,
    BankAccounts,
    BankDetails,
)
from chalicelib.transfers.repository.bank_accounts import BankAccountRepository
from chalicelib.wallets.service import WalletService


class BankAccountService:
    """The actor's own bank accounts.

    Args:
        repository: bank accounts.
        cipher: encrypts account numbers.
        wallets: the conditions that the actor's token isn't revoked and the account isn't frozen.
        idempotency: idempotency records.
        clock: business time.
        cooling: time after which a new account can receive withdrawals.
        platform_iban: the IBAN of the platform's own account, or an empty text.
    """

    def __init__(
        self,
        repository: BankAccountRepository,
        cipher: AccountCipher,
        wallets: WalletService,
        idempotency: IdempotencyStore,
        clock: Clock,
        *,
        cooling: timedelta,
        platform_iban: str,
    ) -> None:
        self._repository = repository
        self._cipher = cipher
        self._wallets = wallets
        self._idempotency = idempotency
        self._clock = clock
        self._cooling = cooling
        self._platform_iban = platform_iban

    def page(self, actor: Actor, *, limit: int, after: Key | None) -> Page[BankAccount]:
        """Return the actor's bank accounts, newest first."""
        return self._repository.page(actor.user_id, limit=limit, after=after)

    def create(
        self, actor: Actor, details: BankDetails, idempotency_key: IdempotencyKey | None = None
    ) -> IdempotentResult[BankAccount]:
        """Add a bank account, which can receive withdrawals after the cooling period.

        Raises:
            Unprocessable: it is the platform's own account.
            BankAccountExists: the actor has this account already.
            TooManyBankAccounts: the actor has ten.
            AccountFrozen: the actor's account is frozen.
            TokenRevoked: the actor's token is revoked.
            IdempotencyKeyReused: the key was used for another request.
            Unavailable: the service that has the key of account numbers doesn't respond.
        """
        if details.iban and details.iban == self._platform_iban:
            raise Unprocessable(errors=(("iban", "is the account of this platform: enter your own"),))

        def create() -> BankAccount:
            before = self._repository.all_of(actor.user_id)
            self._require_new(before, details)
            account = self._encrypted(actor, details)
            writes = self._repository.writes()
            self._idempotency.add(writes, idempotency_key, {"bank_account": account.id})
            self._repository.add(writes, account, before)
            self._wallets.add(writes, actor=actor, must_be_active=True)
            writes.commit()
            return account

        def replay(result: Mapping[str, str]) -> BankAccount:
            return self._find(actor, result["bank_account"])

        return self._idempotency.execute(idempotency_key, lambda: retry_on_conflict(create), replay)

    def delete(
        self, actor: Actor, account_id: str, idempotency_key: IdempotencyKey | None = None
    ) -> IdempotentResult[None]:
        """Delete a bank account. Withdrawals that were requested before are still paid to it.

        Raises:
            BankAccountNotFound: the actor has no such account.
            TokenRevoked: the actor's token is revoked.
            IdempotencyKeyReused: the key was used for another request.
        """

        def delete() -> None:
            writes = self._repository.writes()
            self._idempotency.add(writes, idempotency_key, {"bank_account": account_id})
            self._repository.add_removal(writes, actor.user_id, account_id)
            self._wallets.add(writes, actor=actor)
            writes.commit()

        return self._idempotency.execute(idempotency_key, delete, lambda _: None)

    def add_use(self, writes: WriteTransaction, actor: Actor, account_id: str) -> str:
        """Add the condition that the actor can withdraw to a bank account, and return its encrypted details.

        Raises:
            BankAccountNotFound: the actor has no such account; also raised by committing.
            BankAccountNotUsableYet: its cooling period isn't over; also raised by committing.
        """
        now = self._clock()
        account = self._find(actor, account_id)
        account.require_usable(now)
        self._repository.add_use(writes, account, now)
        return account.ciphertext

    def decrypted(self, user_id: str, ciphertext: str) -> BankDetails:
        """Return the details of a user's account, for a payment file."""
        return BankDetails.from_text(self._cipher.decrypt(user_id, ciphertext))

    def _require_new(self, before: BankAccounts, details: BankDetails) -> None:
        """Require that the account is none of these, and that there may be another one."""
        for account in before.similar_to(details):
            if details.is_same_account(self.decrypted(account.user_id, account.ciphertext)):
                raise BankAccountExists
        before.require_below_limit()

    def _encrypted(self, actor: Actor, details: BankDetails) -> BankAccount:
        now = self._clock()
        return BankAccount(
            id=new_id(now),
            user_id=actor.user_id,
            holder=details.holder,
            type=details.type,
            masked=details.masked,
            ciphertext=self._cipher.encrypt(actor.user_id, details.to_text()),
            created_at=now,
            usable_from=now + self._cooling,
        )

    def _find(self, actor: Actor, account_id: str) -> BankAccount:
        account = self._repository.find(actor.user_id, account_id)
        if account is None:
            raise BankAccountNotFound
        return account
