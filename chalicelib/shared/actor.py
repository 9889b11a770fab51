"""Who acts. Every service method takes the actor first and decides by it."""

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
    """A signed-in person, as the access token states it."""

    user_id: str
    username: str
    role: Role

    @property
    def is_operator(self) -> bool:
        return self.role is Role.ADMIN

    def must_be(self, *roles: Role) -> None:
        """Go on only with one of the roles.

        Raises:
            RoleRequired: the actor has none of them.
        """
        if self.role not in roles:
            names = " or ".join(role.value for role in roles)
            raise RoleRequired(f"This needs the role {names}.")
