"""Decides which addresses may be called on behalf of a tenant: those of the public internet, and networks allowed by
the settings. Used by webhooks, so that nobody can have Vitae knock at doors inside its own network.
"""

import ipaddress
from collections.abc import Sequence
from urllib.parse import urlsplit

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Address = ipaddress.IPv4Address | ipaddress.IPv6Address

LONGEST_URL = 2000  # characters
# Forms in which an IPv6 address carries an IPv4 one: NAT64 (RFC 6052, RFC 8215) and 6to4 (RFC 3056).
_NAT64 = (ipaddress.IPv6Network("64:ff9b::/96"), ipaddress.IPv6Network("64:ff9b:1::/48"))
_SIX_TO_FOUR = ipaddress.IPv6Network("2002::/16")


def is_allowed(text: str, allowed: Sequence[Network]) -> bool:
    """Whether that address is public, or lies in an allowed network. What is no address is not allowed."""
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
    """What is wrong with a webhook's address, as far as it can be told without looking its name up; None: nothing."""
    if len(url) > LONGEST_URL or not url.isprintable() or " " in url:
        return f"is longer than {LONGEST_URL} characters or has characters that no address has"
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return "is not an address; it should look like https://example.com/hooks/vitae"
    if parts.scheme not in {"http", "https"} or not parts.hostname or port == 0:
        return "is not a web address; it should look like https://example.com/hooks/vitae"
    if parts.username is not None or parts.password is not None or parts.fragment:
        return "carries a user name, a password or a fragment; put a secret into the path or the query"
    if parts.scheme == "http" and not allowed:
        return "is not https, which is needed for addresses on the internet (setting webhooks.allowed_networks)"
    host = parts.hostname
    literal = _literal(host)
    if literal is not None and not is_allowed(str(literal), allowed):
        return "names an address that is not public; networks of your own are allowed in webhooks.allowed_networks"
    if host == "localhost" and not is_allowed("127.0.0.1", allowed):
        return "names this machine; networks of your own are allowed in webhooks.allowed_networks"
    return None


def _literal(host: str) -> Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _carried(address: Address) -> Address:
    """The IPv4 address within an IPv6 one, otherwise the address itself."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if any(address in network for network in _NAT64):
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    if address in _SIX_TO_FOUR:
        return ipaddress.IPv4Address((int(address) >> 80) & 0xFFFFFFFF)
    return address
