"""Submit requested withdrawals to the bank, in batches, and write their payment files."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from chalicelib.dynamodb.transaction import WriteTransaction
from chalicelib.shared.actor import Actor, Role
from chalicelib.shared.clock import Clock
from chalicelib.transfers.account_cipher import AccountCipher
from chalicelib.transfers.domain.bank_account import BankDetails
from chalicelib.transfers.domain.payout import (
    MAX_WITHDRAWALS,
    Payout,
    PayoutNotFound,
    PayoutPlan,
    reason_to_skip,
)
from chalicelib.transfers.domain.transfer import PaymentsNotConfigured, Transfer, TransferStatus
from chalicelib.transfers.providers.bank import PlatformAccount
from chalicelib.transfers.providers.port import PaymentProvider
from chalicelib.transfers.repository.payouts import PayoutRepository
from chalicelib.transfers.service.transfers import TransferService
from chalicelib.wallets.domain.wallet import Wallet
from chalicelib.wallets.service import WalletService

if TYPE_CHECKING:
    from chalicelib.transfers.iso20022.pain001 import CreditTransfer

_PAGE: Final = 100


class PayoutService:
    """Payouts of requested withdrawals.

    Args:
        repository: payouts.
        transfers: stored transfers.
        wallets: wallets, whose owners may be frozen or restricted.
        provider: receives the withdrawals.
        cipher: returns the cipher of account numbers; it is needed for payment files only.
        clock: business time.
        account: the platform's account; None if it isn't configured.
        currency: of the deployment, ISO 4217.
    """

    def __init__(
        self,
        repository: PayoutRepository,
        transfers: TransferService,
        wallets: WalletService,
        provider: PaymentProvider,
        cipher: Callable[[], AccountCipher],
        clock: Clock,
        *,
        account: PlatformAccount | None,
        currency: str,
    ) -> None:
        self._repository = repository
        self._transfers = transfers
        self._wallets = wallets
        self._provider = provider
        self._cipher = cipher
        self._clock = clock
        self._account = account
        self._currency = currency

    def find(self, actor: Actor, payout_id: str) -> Payout:
        """Return a payout.

        Raises:
            RoleRequired: the actor is not an operator.
            PayoutNotFound: there is none with this id.
        """
        actor.must_be(Role.ADMIN)
        payout = self._repository.find(payout_id)
        if payout is None:
            raise PayoutNotFound
        return payout

    def transfer_ids(self, payout_id: str) -> tuple[str, ...]:
        """Return the withdrawals of a payout; none if there is no such payout."""
        payout = self._repository.find(payout_id)
        return () if payout is None else payout.transfer_ids

    def page(self, actor: Actor, *, limit: int, before: str | None = None) -> tuple[tuple[Payout, ...], str | None]:
        """Return payouts, newest first, and the id that the next page follows.

        Raises:
            RoleRequired: the actor is not an operator.
        """
        actor.must_be(Role.ADMIN)
        page = self._repository.page(limit=limit, before=before)
        return page.items, page.items[-1].id if page.last_key and page.items else None

    def add(self, writes: WriteTransaction, actor: Actor, payout_id: str) -> Payout:
        """Add a payout of up to 40 requested withdrawals, oldest first, to a transaction.

        Withdrawals of frozen and restricted accounts, and the operator's own, are skipped.

        Committing raises:
            OptimisticLockError: a withdrawal or an account changed since it was read.
            AlreadyWrittenError: the payout exists.

        Raises:
            NothingToPayOut: no withdrawal is requested, or all are skipped.
        """
        plan = self._plan(actor.user_id)
        payout = plan.payout(payout_id, self._clock())
        self._repository.add(writes, payout)
        for withdrawal in plan.withdrawals:
            self._transfers.add_submission(writes, withdrawal, payout_id)
        for user_id in dict.fromkeys(withdrawal.user_id for withdrawal in plan.withdrawals):
            self._wallets.add_payout_check(writes, user_id)
        return payout

    def hand_over(self, payout: Payout) -> None:
        """Give the withdrawals of a payout that are still submitted to the provider, also for a second time."""
        found = self._transfers.find_many(payout.transfer_ids)
        withdrawals = (found[transfer_id] for transfer_id in payout.transfer_ids)
        self._provider.submit_withdrawals([each for each in withdrawals if each.status is TransferStatus.SUBMITTED])

    def payment_file(self, actor: Actor, payout_id: str) -> bytes:
        """Return the payment file of a payout, which is the same whenever it is read.

        Raises:
            RoleRequired: the actor is not an operator.
            PayoutNotFound: there is none with this id.
            PaymentsNotConfigured: the platform has no bank account yet.
        """
        from chalicelib.transfers.iso20022.pain001 import PaymentOrder, write_payment_file

        payout = self.find(actor, payout_id)
        account = self._account
        if account is None:
            raise PaymentsNotConfigured
        found = self._transfers.find_many(payout.transfer_ids)
        order = PaymentOrder(
            payout_id=payout.id,
            created_at=payout.created_at,
            execution_date=payout.created_at.date(),
            currency=self._currency,
            debtor_name=account.name,
            debtor_iban=account.iban,
            debtor_bic=account.bic or None,
            transfers=self._orders([found[transfer_id] for transfer_id in payout.transfer_ids]),
        )
        return write_payment_file(order)

    def _orders(self, withdrawals: list[Transfer]) -> list[CreditTransfer]:
        from chalicelib.transfers.iso20022.pain001 import CreditTransfer

        cipher = self._cipher()
        return [
            CreditTransfer(
                transfer_id=withdrawal.id,
                amount=withdrawal.amount,
                creditor=BankDetails.from_text(cipher.decrypt(withdrawal.user_id, withdrawal.destination or "")),
                text=f"{withdrawal.description or 'Withdrawal'} {withdrawal.reference}",
            )
            for withdrawal in withdrawals
        ]

    def _plan(self, operator_id: str) -> PayoutPlan:
        """Choose the oldest withdrawals that may be paid, from consistent reads."""
        chosen: list[Transfer] = []
        skipped: dict[str, str] = {}
        after: str | None = None
        while listed := self._transfers.requested_withdrawals(limit=_PAGE, after=after):
            current = self._transfers.find_many(withdrawal.id for withdrawal in listed)
            wallets = self._wallets.balances_of(withdrawal.user_id for withdrawal in listed)
            for withdrawal in (current[each.id] for each in listed if each.id in current):
                if withdrawal.status is not TransferStatus.REQUESTED:
                    continue
                wallet = wallets.get(withdrawal.user_id) or Wallet.empty(withdrawal.user_id)
                if reason := reason_to_skip(wallet, operator_id):
                    skipped[withdrawal.id] = reason
                elif len(chosen) == MAX_WITHDRAWALS:
                    return PayoutPlan(tuple(chosen), skipped, has_more=True)
                else:
                    chosen.append(withdrawal)
            after = listed[-1].id
        return PayoutPlan(tuple(chosen), skipped, has_more=False)
