"""Actors: the signed-in users on whose behalf services act."""

from dataclasses import dataclass
from enum import StrEnum

from chalicelib.shared.errors import Forbidden


class Role(StrEnum):
    BORROWER = "BORROWER"
    LENDER = "LENDER"
    ADMIN = "ADMIN"


class RoleRequired(Forbidden):
    code = "role_required"


@dataclass(frozen=True, slots=True)
class Actor:
    """A signed-in user, as the access token identifies them."""

    user_id: str
    username: str
    role: Role

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
