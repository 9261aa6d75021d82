"""Decides which addresses may be called on behalf of a tenant: those of the public internet, and networks allowed by
the settings. Used by webhooks, so that nobody can make Vitae send requests inside its own network.
"""

import ipaddress
from collections.abc import Sequence
from urllib.parse import urlsplit

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Address = ipaddress.IPv4Address | ipaddress.IPv6Address

LONGEST_URL = 2000  # characters
# IPv6 forms that embed an IPv4 address: NAT64 (RFC 6052, RFC 8215) and 6to4 (RFC 3056).
_NAT64 = (ipaddress.IPv6Network("64:ff9b::/96"), ipaddress.IPv6Network("64:ff9b:1::/48"))
_SIX_TO_FOUR = ipaddress.IPv6Network("2002::/16")


def is_allowed(text: str, allowed: Sequence[Network]) -> bool:
    """Whether the address is public or in an allowed network. False if it is not an IP address."""
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return False
    inner = _carried(address)
    if any(lies_in(one, allowed) for one in (address, inner)):
        return True
    return inner.is_global and not inner.is_multicast and not inner.is_reserved


def lies_in(address: Address, networks: Sequence[Network]) -> bool:
    return any(address.version == network.version and address in network for network in networks)


def url_problem(url: str, allowed: Sequence[Network]) -> str | None:
    """What is wrong with a webhook URL, without a DNS lookup; None if nothing is."""
    if len(url) > LONGEST_URL or not url.isprintable() or " " in url:
        return f"is longer than {LONGEST_URL} characters or contains characters that are not valid in a URL"
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return "is not a URL; expected a form such as https://example.com/hooks/vitae"
    if parts.scheme not in {"http", "https"} or not parts.hostname or port == 0:
        return "is not a web address; expected a form such as https://example.com/hooks/vitae"
    if parts.username is not None or parts.password is not None or parts.fragment:
        return "contains a user name, a password or a fragment; put secrets in the path or the query"
    if parts.scheme == "http" and not allowed:
        return "does not use https, which is required for public addresses (setting webhooks.allowed_networks)"
    host = parts.hostname
    literal = _literal(host)
    if literal is not None and not is_allowed(str(literal), allowed):
        return "contains an address that is not public; allow private networks with webhooks.allowed_networks"
    if host == "localhost" and not is_allowed("127.0.0.1", allowed):
        return "points to this machine; allow private networks with webhooks.allowed_networks"
    return None


def _literal(host: str) -> Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _carried(address: Address) -> Address:
    """The IPv4 address embedded in an IPv6 one, otherwise the address itself."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if any(address in network for network in _NAT64):
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    if address in _SIX_TO_FOUR:
        return ipaddress.IPv4Address((int(address) >> 80) & 0xFFFFFFFF)
    return address
