"""Accounts, their unique names, and sessions as items of the table `users`."""

from typing import Any, Final

from pynamodb.indexes import GlobalSecondaryIndex

from chalicelib.dynamodb.attributes import (
    DateAttribute,
    FlagAttribute,
    IntegerAttribute,
    PlainListAttribute,
    TextAttribute,
    TimestampAttribute,
)
from chalicelib.dynamodb.model import DECLARED_IN_TEMPLATE, Item

PROFILE: Final = "PROFILE"
UNIQUE: Final = "UNIQUE"
FIRST_NAME: Final = "NAME#FIRST"
LAST_NAME: Final = "NAME#LAST"
SESSION: Final = "SESSION"
LISTED: Final = "USER"


class ByCreation(GlobalSecondaryIndex[Any]):
    """All accounts; ids sort by creation."""

    class Meta:
        index_name = "by_creation"
        projection = DECLARED_IN_TEMPLATE

    listed = TextAttribute(hash_key=True)
    user_id = TextAttribute(range_key=True)


class ByName(GlobalSecondaryIndex[Any]):
    """Usernames, first and last names in folded form, by first character."""

    class Meta:
        index_name = "by_name"
        projection = DECLARED_IN_TEMPLATE

    initial = TextAttribute(hash_key=True)
    name = TextAttribute(range_key=True)


class UsersTable(Item):
    """Attributes of all items of the table. An index contains the items that have both of its keys."""

    class Meta:
        table_name = "users"

    pk = TextAttribute(hash_key=True)
    sk = TextAttribute(range_key=True)
    user_id = TextAttribute(null=True)
    listed = TextAttribute(null=True)
    initial = TextAttribute(null=True)
    name = TextAttribute(null=True)
    by_creation = ByCreation()
    by_name = ByName()


class ProfileItem(UsersTable):
    """An account. ``known_networks`` contains digest and end in seconds of each network with a recent sign-in.

    ``previous_emails`` contains each replaced email address with the time in milliseconds.
    """

    username = TextAttribute()
    email = TextAttribute()
    first_name = TextAttribute(default="")
    last_name = TextAttribute(default="")
    role = TextAttribute()
    status = TextAttribute()
    phone_number = TextAttribute(null=True)
    date_of_birth = DateAttribute(null=True)
    address = TextAttribute(null=True)
    password_hash = TextAttribute()
    session_epoch = IntegerAttribute(default=0)
    tokens_valid_from = IntegerAttribute(null=True)
    disabled = FlagAttribute(null=True)
    known_networks = PlainListAttribute(null=True)
    previous_emails = PlainListAttribute(null=True)
    created_at = TimestampAttribute()


class UniqueItem(UsersTable):
    """A username or email address and its owner; putting the item first takes the name."""


class NameItem(UsersTable):
    """A first or last name in folded form, by which operators find an account."""


class SessionItem(UsersTable):
    """A family of refresh tokens. ``replaced`` contains digest, salt and time in milliseconds of each rotated token."""

    current = TextAttribute()
    epoch = IntegerAttribute()
    replaced = PlainListAttribute()
    expires_at = IntegerAttribute()
