"""What people may do about accounts and sessions; the doorway through which other features meet users."""

from chalicelib.users.domain.user import AccountStatus, NoSuchUser, PersonalDetails, Registration, User
from chalicelib.users.service.accounts import UserService
from chalicelib.users.service.guard import SignInGuard
from chalicelib.users.service.passwords import Passwords
from chalicelib.users.service.sessions import Grant, SessionService

__all__ = [
    "AccountStatus",
    "Grant",
    "NoSuchUser",
    "Passwords",
    "PersonalDetails",
    "Registration",
    "SessionService",
    "SignInGuard",
    "User",
    "UserService",
]
