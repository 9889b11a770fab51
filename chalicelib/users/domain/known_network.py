"""The networks from which a user has recently signed in."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

REMEMBERED: Final = timedelta(days=30)
_RENEWED_AFTER: Final = timedelta(days=1)
_MOST_NETWORKS: Final = 10


@dataclass(frozen=True, slots=True)
class KnownNetwork:
    """A network by its keyed digest, which names neither the user nor the address; it is known until ``until``."""

    digest: str
    until: datetime


Networks = tuple[KnownNetwork, ...]


def is_known(networks: Networks, digest: str, now: datetime) -> bool:
    """Return whether the user has signed in from a network in the last 30 days."""
    return any(network.digest == digest and network.until > now for network in networks)


def with_sign_in(networks: Networks, digest: str, now: datetime) -> Networks | None:
    """Return the networks after a sign-in, the last 10; None if they stay as they are.

    A known network is written up to once a day, so that most sign-ins change nothing.
    """
    renewed = KnownNetwork(digest, now + REMEMBERED)
    if is_known(networks, digest, now + REMEMBERED - _RENEWED_AFTER):
        return None
    others = (network for network in networks if network.digest != digest and network.until > now)
    return (renewed, *others)[:_MOST_NETWORKS]
