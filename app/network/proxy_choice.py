"""Decides whether a request goes through a proxy, and through which: a pure function of address, settings, environment.

Used for everything that talks to a model server, because resumes must not leave the machine by a variable that was set
for downloads: a self-hosted server is never reached through a proxy from the environment.
"""

import ipaddress
import socket
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from urllib.parse import quote, unquote, urlsplit

NO_PROXY = "none"  # the value of the setting that turns proxies off
_DEFAULT_PORTS = {"http": 80, "https": 443}
_Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class BadProxy(ValueError):
    """The proxy cannot be used. The text continues a sentence and never contains the proxy's password."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proxy:
    """`scheme` is how the proxy itself is reached."""

    scheme: str
    host: str
    port: int
    user: str | None = field(default=None, repr=False)
    password: str = field(default="", repr=False)

    @property
    def url(self) -> str:
        """With user name and password: never for a message."""
        user = "" if self.user is None else f"{quote(self.user, safe='')}:{quote(self.password, safe='')}@"
        return f"{self.scheme}://{user}{f'[{self.host}]' if ':' in self.host else self.host}:{self.port}"


def choose_proxy(url: str, *, local: bool, setting: str | None, environment: Mapping[str, str]) -> Proxy | None:
    """The proxy for a request to `url`, None for a direct connection.

    `local` marks a self-hosted server, `setting` is the client's own `proxy`. Raises `BadProxy`.
    """
    if setting is not None:
        return None if setting.strip().lower() == NO_PROXY else read_proxy(setting)
    if local or is_private_host(urlsplit(url).hostname or ""):
        return None
    given = environment_proxy(url, environment)
    return None if given is None else read_proxy(given)


def environment_proxy(url: str, environment: Mapping[str, str]) -> str | None:
    """What the environment says about `url`, for any program on the machine."""
    parts = urlsplit(url)
    port = _DEFAULT_PORTS.get(parts.scheme, 80)
    with suppress(ValueError):  # an impossible port, which connecting will report
        port = parts.port or port
    if _is_exempt(_plain(parts.hostname or ""), port, _variable(environment, "no_proxy")):
        return None
    return _variable(environment, f"{parts.scheme}_proxy") or _variable(environment, "all_proxy") or None


def read_proxy(text: str) -> Proxy:
    """A proxy's URL; without a scheme it is an HTTP proxy. Raises `BadProxy`."""
    text = text.strip()
    try:
        parts = urlsplit(text if "://" in text else f"http://{text}")
        port = parts.port
    except ValueError:
        raise BadProxy("is not a URL, such as http://user:password@proxy.example:3128") from None
    if parts.scheme not in _DEFAULT_PORTS:
        raise BadProxy(f"has the scheme {parts.scheme}, but only http and https proxies are supported")
    if not parts.hostname or port == 0:
        raise BadProxy("is not a URL, such as http://user:password@proxy.example:3128")
    user = None if parts.username is None else unquote(parts.username)
    return Proxy(
        scheme=parts.scheme,
        host=parts.hostname,
        port=port or _DEFAULT_PORTS[parts.scheme],
        user=user,
        password=unquote(parts.password or ""),
    )


def is_private_host(host: str) -> bool:
    """Whether the host is this machine, or the literal address of a network that is not the public internet."""
    host = _plain(host)
    if host == "localhost" or host.endswith(".localhost"):
        return True
    address = _literal(host)
    if address is None:
        return False
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return not (mapped or address).is_global


def _plain(host: str) -> str:
    return host.strip("[]").lower().removesuffix(".").partition("%")[0]


def _literal(host: str) -> _Address | None:
    with suppress(ValueError):
        return ipaddress.ip_address(host)
    # `127.1` and `2130706433` are addresses too: the system's resolver reads them as inet_aton does.
    if host[:1].isdigit():
        with suppress(OSError):
            return ipaddress.IPv4Address(socket.inet_aton(host))
    return None


def _variable(environment: Mapping[str, str], name: str) -> str:
    """The lower-case variable, even if it is empty, else the upper-case one: as curl and Python read them."""
    given = environment.get(name)
    return (environment.get(name.upper(), "") if given is None else given).strip()


def _is_exempt(host: str, port: int, exempt: str) -> bool:
    address = _literal(host)
    return any(_matches(entry.strip().lower(), host, address, port) for entry in exempt.replace(" ", ",").split(","))


def _matches(entry: str, host: str, address: _Address | None, port: int) -> bool:
    """One entry of NO_PROXY: `*`, a host with its subdomains, an address, a network; any but a network with a port."""
    entry = entry.partition("://")[2] or entry
    if not entry:
        return False
    if entry == "*":
        return True
    if address is not None:
        with suppress(ValueError):
            return address in ipaddress.ip_network(entry.strip("[]"), strict=False)
    name, wanted = entry, ""
    if entry.startswith("["):
        name, _, wanted = entry[1:].partition("]")
        wanted = wanted.removeprefix(":")
    elif entry.count(":") == 1:
        name, _, wanted = entry.partition(":")
    if wanted and wanted != str(port):
        return False
    if address is not None:
        return _literal(name) == address
    name = name.removeprefix("*").removeprefix(".").removesuffix(".")
    return bool(name) and (host == name or host.endswith(f".{name}"))
