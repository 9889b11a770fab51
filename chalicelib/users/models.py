"""Accounts, their unique names, and sessions as items of the table `users`."""

from __future__ import annotations

from typing import Any, Final

from pynamodb.attributes import UnicodeAttribute
from pynamodb.indexes import GlobalSecondaryIndex, IncludeProjection, KeysOnlyProjection

from chalicelib.common.dynamo import DayAttribute, IntegerAttribute, MomentAttribute
from chalicelib.common.items import Item, PlainListAttribute

PROFILE: Final = "PROFILE"
UNIQUE: Final = "UNIQUE"
SESSION: Final = "SESSION"
LISTED: Final = "USER"


class ByCreation(GlobalSecondaryIndex[Any]):
    """All accounts; ids sort by creation."""

    class Meta:
        """Index."""

        index_name = "by_creation"
        projection = KeysOnlyProjection()

    listed = UnicodeAttribute(hash_key=True)
    user_id = UnicodeAttribute(range_key=True)


class ByName(GlobalSecondaryIndex[Any]):
    """Usernames and e-mails in their folded form, by first character and then in order."""

    class Meta:
        """Index."""

        index_name = "by_name"
        projection = IncludeProjection(["user_id"])

    initial = UnicodeAttribute(hash_key=True)
    name = UnicodeAttribute(range_key=True)


class UsersTable(Item):
    """What all items of the table share; an index holds an item that has both of its keys."""

    class Meta:
        """Table."""

        table_name = "users"

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)
    user_id = UnicodeAttribute(null=True)
    listed = UnicodeAttribute(null=True)
    initial = UnicodeAttribute(null=True)
    name = UnicodeAttribute(null=True)
    by_creation = ByCreation()
    by_name = ByName()


class ProfileItem(UsersTable):
    """An account."""

    username = UnicodeAttribute()
    email = UnicodeAttribute()
    first_name = UnicodeAttribute(default="")
    last_name = UnicodeAttribute(default="")
    role = UnicodeAttribute()
    status = UnicodeAttribute()
    phone_number = UnicodeAttribute(null=True)
    date_of_birth = DayAttribute(null=True)
    address = UnicodeAttribute(null=True)
    password_hash = UnicodeAttribute()
    session_epoch = IntegerAttribute(default=0)
    created_at = MomentAttribute()


class UniqueItem(UsersTable):
    """Holds a username or an e-mail for its owner: whoever puts it first has it."""


class SessionItem(UsersTable):
    """A family of refresh tokens. ``replaced`` holds rows of digest, salt and milliseconds."""

    current = UnicodeAttribute()
    epoch = IntegerAttribute()
    replaced = PlainListAttribute()
    expires_at = IntegerAttribute()
