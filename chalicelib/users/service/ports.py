"""Ports that the container fills: revocation of access tokens, and the audit log of accounts' security events."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from chalicelib.dynamodb.transaction import WriteTransaction
from chalicelib.users.domain.user import User


class AccountEventKind(StrEnum):
    NEW_SIGN_IN = "NEW_SIGN_IN"
    """A sign-in from a network that is not known, to an account that was used from others."""
    PASSWORD_CHANGED = "PASSWORD_CHANGED"
    EMAIL_CHANGED = "EMAIL_CHANGED"
    REFRESH_TOKEN_REUSED = "REFRESH_TOKEN_REUSED"


@dataclass(frozen=True, slots=True)
class AccountEvent:
    """An event with the account's owner, and the network address and the id of the request; both may be empty."""

    kind: AccountEventKind
    user: User
    address: str = ""
    request_id: str = ""


class AccountLog(Protocol):
    """Stores events of accounts. The container fills this port with the operators' audit log."""

    def add(self, writes: WriteTransaction, event: AccountEvent) -> None:
        """Add the entry of an event to the transaction of what happened.

        Raises:
            Unavailable: the key of the address's pseudonym can't be read.
        """


class TokenRevocation(Protocol):
    """The wallets, whose conditions refuse revoked access tokens."""

    def add_revocation(self, writes: WriteTransaction, user_id: str, valid_from: int) -> None:
        """Add that access tokens issued before ``valid_from`` (milliseconds) change nothing any more."""


@dataclass(frozen=True, slots=True)
class AccountPorts:
    revocation: TokenRevocation
    log: AccountLog
