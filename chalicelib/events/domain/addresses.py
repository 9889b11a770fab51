"""Addresses of webhook endpoints: which URLs are accepted, and to which IP addresses events may be sent.

Users choose the addresses that the platform connects to. So that they can't reach its own network through it
(server-side request forgery), a URL must name its host in one unambiguous form, and every address of the host must be
public.

Source: https://cheatsheetseries.owasp.org/cheatsheets/Server_Side_Request_Forgery_Prevention_Cheat_Sheet.html
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Final

LONGEST_URL: Final = 2048
_URL: Final = re.compile(
    r"(?P<scheme>https?)://(?P<host>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]+)(?::(?P<port>[1-9][0-9]{0,4}))?"
    r"(?P<target>(?:/[A-Za-z0-9._~!$&'()*+,;=:@/%-]*)?(?:\?[A-Za-z0-9._~!$&'()*+,;=:@/?%-]*)?)",
    re.ASCII,
)
"""User info, percent-encoded hosts, zone ids, backslashes, fragments and other than ASCII characters have no place."""
_LABEL: Final = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", re.ASCII)
_NUMERIC_LABEL: Final = re.compile(r"[0-9]+|0x[0-9a-f]*", re.ASCII)
"""A host whose last label has this form is an IPv4 address. Source: https://url.spec.whatwg.org/#ends-in-a-number-checker."""
_LONGEST_NAME: Final = 253
_LARGEST_PORT: Final = 65_535
_PORTS: Final = {"http": 80, "https": 443}
_LOCAL_NAME: Final = "localhost"
_INTERNAL_NAMES: Final = ("localhost", "local", "internal")
"""Last labels of names that are not public. Source: RFC 6761, RFC 6762, ICANN resolution 2024.07.29.06."""
_REFUSED_V4: Final = tuple(
    IPv4Network(network)
    for network in (
        "192.0.0.0/24",  # protocol assignments
        "192.88.99.0/24",  # 6to4 relays
        "168.63.129.16/32",  # metadata of Azure
    )
)
_PUBLIC_V6: Final = IPv6Network("2000::/3")
_REFUSED_V6: Final = tuple(
    IPv6Network(network)
    for network in (
        "2001::/23",  # Teredo and other protocol assignments
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4
        "3fff::/20",  # documentation
    )
)
_NAT64: Final = IPv6Network("64:ff9b::/96")
_ISATAP: Final = frozenset({0x00005EFE, 0x02005EFE})
"""The first half of an interface id that ends with an IPv4 address. Source: RFC 5214, 6.1."""


class InvalidAddress(ValueError):
    """A URL is not accepted; the message is for its author."""


@dataclass(frozen=True, slots=True)
class WebhookAddress:
    """A URL that is accepted.

    Args:
        scheme: ``https``, or ``http`` for a receiver on the same machine.
        host: a name, or an IP address without brackets.
        target: path and query.
    """

    scheme: str
    host: str
    port: int
    target: str

    @property
    def ip(self) -> IPv4Address | IPv6Address | None:
        """The host, if it is an IP address."""
        try:
            return ip_address(self.host)
        except ValueError:
            return None

    @property
    def host_header(self) -> str:
        """The value of the header Host."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"


def parse_address(url: str, *, allow_loopback: bool) -> WebhookAddress:
    """Read the URL of a webhook endpoint.

    Args:
        url: as the user wrote it.
        allow_loopback: allow receivers on this machine, also by HTTP; in the stage local only.

    Raises:
        InvalidAddress: the URL is not accepted.
    """
    parts = _URL.fullmatch(url)
    if parts is None or len(url) > LONGEST_URL:
        raise InvalidAddress(
            "must be a URL such as https://example.com/hooks, without user name, password and fragment"
        )
    scheme, port = parts["scheme"], int(parts["port"] or _PORTS[parts["scheme"]])
    if port > _LARGEST_PORT:
        raise InvalidAddress(f"must have a port from 1 to {_LARGEST_PORT}")
    address = WebhookAddress(scheme, _canonical_host(parts["host"]), port, _target(parts["target"]))
    is_loopback = address.ip.is_loopback if address.ip else _is_local(address.host)
    if scheme == "http" and not (is_loopback and allow_loopback):
        raise InvalidAddress("must use https")
    if address.ip is not None:
        require_allowed([str(address.ip)], allow_loopback=allow_loopback)
    elif address.host.rpartition(".")[2] in _INTERNAL_NAMES and not (is_loopback and allow_loopback):
        raise InvalidAddress("must have a public host")
    return address


def require_allowed(addresses: Sequence[str], *, allow_loopback: bool, only_loopback: bool = False) -> None:
    """Require that events may be sent to every one of a host's IP addresses.

    Args:
        addresses: in the form in which a resolver returns them.
        allow_loopback: allow addresses of this machine.
        only_loopback: allow no others, because the connection isn't encrypted.

    Raises:
        InvalidAddress: one of them is not allowed.
    """
    for text in addresses:
        address = ip_address(text)  # a zone id makes it an address of one network: refused as link-local
        is_allowed = allow_loopback if address.is_loopback else _is_public(address) and not only_loopback
        if not is_allowed:
            raise InvalidAddress("must have a public host")


def _canonical_host(host: str) -> str:
    """Return a host in lower case, without brackets, if it has only one meaning.

    Programs disagree about short, decimal, octal and hexadecimal forms of IP addresses, so these are refused.
    """
    if host.startswith("["):
        try:
            address = str(IPv6Address(host[1:-1]))
        except ValueError:
            address = ""
        if address != host[1:-1]:
            raise InvalidAddress("must have the IPv6 address in its shortest form (RFC 5952)")
        return address
    host = host.lower()
    labels = host.split(".")
    if _NUMERIC_LABEL.fullmatch(labels[-1]):
        try:
            return str(IPv4Address(host))
        except ValueError:
            raise InvalidAddress("must have the IPv4 address as four decimal numbers, such as 198.51.100.7") from None
    if len(host) > _LONGEST_NAME or not all(map(_LABEL.fullmatch, labels)):
        raise InvalidAddress("must have a valid host name, without a dot at its end")
    return host


def _target(text: str) -> str:
    return text if text.startswith("/") else f"/{text}"


def _is_local(name: str) -> bool:
    return name == _LOCAL_NAME or name.endswith(f".{_LOCAL_NAME}")


def _is_public(address: IPv4Address | IPv6Address) -> bool:
    """Return True if an address belongs to the public internet, and does not lead to a private one."""
    if isinstance(address, IPv4Address):
        is_refused = any(address in network for network in _REFUSED_V4)
        return address.is_global and not address.is_multicast and not is_refused
    if address in _NAT64:  # a resolver for networks without IPv4 gives IPv4 hosts this form
        return _is_public(IPv4Address(int(address) & 0xFFFF_FFFF))
    if int(address) >> 32 & 0xFFFF_FFFF in _ISATAP:
        return False
    is_refused = any(address in network for network in _REFUSED_V6)
    return address in _PUBLIC_V6 and address.is_global and not is_refused
