"""The simulated bank, in the stages local and dev with the provider `sandbox`."""

from typing import Final

from chalicelib.api.fields import NoBody, NoQuery
from chalicelib.api.routing import RequestContext, Router
from chalicelib.container import get_container
from chalicelib.dynamodb.idempotency import IdempotencyKeyReused, IdempotentResult
from chalicelib.transfers.domain.notification import NotificationType
from chalicelib.transfers.domain.transfer import TransferNotFound, TransferState
from chalicelib.transfers.schemas import TransferResponse
from chalicelib.wallets.domain.wallet import AccountFrozen, AccountRestricted

router: Final = Router(__name__, get_container)
_ERRORS: Final = (TransferNotFound, TransferState, IdempotencyKeyReused)


@router.endpoint(
    "POST",
    "/api/sandbox/transfers/{id}/settle",
    "Settle a transfer in the sandbox",
    response=TransferResponse,
    errors=(*_ERRORS, AccountFrozen, AccountRestricted),
    idempotent=True,
)
def settle_transfer(context: RequestContext[NoBody, NoQuery]) -> IdempotentResult[TransferResponse]:
    """Report that the money of a deposit arrived, or that a withdrawal was paid; a requested one is submitted first."""
    return _report(context, NotificationType.SETTLED)


@router.endpoint(
    "POST",
    "/api/sandbox/transfers/{id}/fail",
    "Fail a transfer in the sandbox",
    response=TransferResponse,
    errors=_ERRORS,
    idempotent=True,
)
def fail_transfer(context: RequestContext[NoBody, NoQuery]) -> IdempotentResult[TransferResponse]:
    """Report that a deposit failed, or that the bank rejected a withdrawal."""
    return _report(context, NotificationType.FAILED)


@router.endpoint(
    "POST",
    "/api/sandbox/transfers/{id}/return",
    "Return a transfer in the sandbox",
    response=TransferResponse,
    errors=_ERRORS,
    idempotent=True,
)
def return_transfer(context: RequestContext[NoBody, NoQuery]) -> IdempotentResult[TransferResponse]:
    """Report that the bank took a deposit back, or sent a withdrawal back.

    A return that is reported before the settlement takes effect directly after it.
    """
    return _report(context, NotificationType.RETURNED)


def _report(context: RequestContext[NoBody, NoQuery], kind: NotificationType) -> IdempotentResult[TransferResponse]:
    container = get_container()
    reported = container.sandbox.report(context.actor, context.id(), kind, context.idempotency_key)
    return reported.map(lambda transfer: TransferResponse.of(transfer, container.settings.currency))
