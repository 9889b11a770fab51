"""The second part of the object graph: deposits, withdrawals and bank files."""

from functools import cached_property

from chalicelib.base_container import BaseContainer
from chalicelib.shared.settings import TRIAL_STAGES, PaymentProviderName
from chalicelib.shared.webhook_signatures import secret_bytes
from chalicelib.transfers.account_cipher import account_cipher
from chalicelib.transfers.providers.bank import BankProvider, PlatformAccount
from chalicelib.transfers.providers.instant import InstantProvider
from chalicelib.transfers.providers.port import PaymentProvider
from chalicelib.transfers.providers.sandbox import EXAMPLE_ACCOUNT, SandboxProvider
from chalicelib.transfers.providers.signatures import PURPOSE as NOTIFICATIONS
from chalicelib.transfers.providers.signatures import NotificationSigner
from chalicelib.transfers.repository.bank_accounts import BankAccountRepository
from chalicelib.transfers.repository.notifications import NotificationRepository
from chalicelib.transfers.repository.payouts import PayoutRepository
from chalicelib.transfers.repository.statements import StatementRepository
from chalicelib.transfers.repository.transfers import TransferRepository
from chalicelib.transfers.service.bank_accounts import BankAccountService
from chalicelib.transfers.service.line_postings import LinePostings
from chalicelib.transfers.service.notifications import NotificationService
from chalicelib.transfers.service.payouts import PayoutService
from chalicelib.transfers.service.queries import TransferQueries
from chalicelib.transfers.service.requests import TransferRequestService
from chalicelib.transfers.service.sandbox import SandboxService
from chalicelib.transfers.service.statements import StatementService
from chalicelib.transfers.service.transfers import TransferService


class TransferContainer(BaseContainer):
    """Services that move money in and out. See `BaseContainer` for the arguments."""

    # Transfers

    @cached_property
    def transfer_repository(self) -> TransferRepository:
        return TransferRepository(self.database)

    @cached_property
    def notification_repository(self) -> NotificationRepository:
        return NotificationRepository(self.database)

    @cached_property
    def transfers(self) -> TransferService:
        return TransferService(
            self.transfer_repository,
            self.wallets,
            self.reservations,
            self.clock,
            expiry_days=self.settings.deposit_expiry_days,
        )

    @cached_property
    def payment_provider(self) -> PaymentProvider:
        settings = self.settings
        if settings.payment_provider is PaymentProviderName.INSTANT:
            return InstantProvider(self.notification_signer)
        is_sandbox = settings.payment_provider is PaymentProviderName.SANDBOX
        return (SandboxProvider if is_sandbox else BankProvider)(
            self.platform_account,
            currency=settings.currency,
            expiry_days=settings.deposit_expiry_days,
            signer=self.notification_signer,
        )

    @property
    def platform_account(self) -> PlatformAccount | None:
        settings = self.settings
        if settings.bank_iban and settings.bank_account_name:
            return PlatformAccount(settings.bank_iban, settings.bank_account_name, settings.bank_bic)
        return EXAMPLE_ACCOUNT if settings.payment_provider is PaymentProviderName.SANDBOX else None

    @cached_property
    def notification_signer(self) -> NotificationSigner:
        def secrets() -> tuple[bytes, ...]:
            given = self.settings.provider_webhook_secret or self.keys.ring().provider_secret
            return (secret_bytes(given),) if given else self.keys.derived(NOTIFICATIONS)

        return NotificationSigner(secrets, self.real_time)

    @cached_property
    def transfer_requests(self) -> TransferRequestService:
        return TransferRequestService(
            self.transfer_repository,
            self.transfers,
            self.bank_accounts,
            self.payment_provider,
            self.wallets,
            self.idempotency,
            self.clock,
            is_instant=self.settings.payment_provider is PaymentProviderName.INSTANT,
        )

    @cached_property
    def transfer_queries(self) -> TransferQueries:
        is_instant = self.settings.payment_provider is PaymentProviderName.INSTANT
        return TransferQueries(self.transfer_repository, self.wallets, is_instant=is_instant)

    @cached_property
    def transfer_notifications(self) -> NotificationService:
        return NotificationService(
            self.payment_provider,
            self.notification_repository,
            self.transfers,
            self.clock,
            statements_book_cash=self.settings.payment_provider is PaymentProviderName.BANK,
        )

    @cached_property
    def sandbox(self) -> SandboxService:
        is_bank = self.settings.payment_provider is PaymentProviderName.BANK
        return SandboxService(
            self.transfers,
            self.transfer_notifications,
            self.notification_signer,
            self.wallets,
            self.idempotency,
            self.clock,
            self.real_time,
            is_enabled=not is_bank and self.settings.stage in TRIAL_STAGES,
        )

    @cached_property
    def bank_accounts(self) -> BankAccountService:
        return BankAccountService(
            BankAccountRepository(self.database),
            account_cipher(self.settings),
            self.wallets,
            self.idempotency,
            self.clock,
            cooling=self.settings.payee_cooling,
            platform_iban=self.settings.bank_iban,
        )

    @cached_property
    def payouts(self) -> PayoutService:
        return PayoutService(
            PayoutRepository(self.database),
            self.transfers,
            self.wallets,
            self.payment_provider,
            lambda: account_cipher(self.settings),
            self.clock,
            account=self.platform_account,
            currency=self.settings.currency,
        )

    @cached_property
    def statement_repository(self) -> StatementRepository:
        return StatementRepository(self.database, self.clock)

    @cached_property
    def statements(self) -> StatementService:
        repository = self.statement_repository
        booking = LinePostings(
            repository,
            self.transfer_repository,
            self.transfers,
            self.payouts.transfer_ids,
            self.wallets,
            self.clock,
        )
        return StatementService(repository, self.transfers, booking, self.outbox, self.queue, self.clock, self.settings)
