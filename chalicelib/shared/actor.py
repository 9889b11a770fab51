"""Actors: the signed-in users on whose behalf services act."""

from dataclasses import dataclass, field
from enum import StrEnum

from chalicelib.shared.errors import Forbidden, Unauthenticated


class Role(StrEnum):
    BORROWER = "BORROWER"
    LENDER = "LENDER"
    ADMIN = "ADMIN"


class RoleRequired(Forbidden):
    code = "role_required"


class TokenRevoked(Unauthenticated):
    """The access token was issued before the account's tokens were revoked. It can read until it expires."""

    code = "token_revoked"
    detail = "This access token was revoked. Sign in again."


@dataclass(frozen=True, slots=True)
class Actor:
    """A signed-in user, as the access token identifies them.

    Args:
        issued_ms: when the token was issued, in milliseconds of real time. 0, the default, is an actor without a
            token, who changes nothing once the account's tokens have been revoked.
    """

    user_id: str
    username: str
    role: Role
    issued_ms: int = field(default=0, compare=False)

    @property
    def is_operator(self) -> bool:
        return self.role is Role.ADMIN

    def must_be(self, *roles: Role) -> None:
        """Require one of the roles.

        Raises:
            RoleRequired: the actor has none of them.
        """
        if self.role not in roles:
            names = " or ".join(role.value for role in roles)
            raise RoleRequired(f"This requires the role {names}.")
