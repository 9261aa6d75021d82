"""How a server is reached: directly or through a proxy, and whose certificates it may show.

Built from a client's settings (`app.routing.clients`); used by calls, health checks, probes and model lists alike.
"""

import os
import ssl
from dataclasses import dataclass, field
from urllib.parse import quote, urlsplit

import httpx

from app.network.certificates import trusted_by
from app.network.proxy_choice import Proxy, choose_proxy


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerRoute:
    """`local` marks a self-hosted server: only its own `proxy` applies to it, none from the environment."""

    local: bool = False
    proxy: str | None = field(default=None, repr=False)  # a URL, which may hold a password, or "none"
    ca_file: str | None = None

    def proxy_to(self, url: str) -> Proxy | None:
        """Raises `BadProxy`."""
        return choose_proxy(url, local=self.local, setting=self.proxy, environment=os.environ)

    @property
    def certificates(self) -> ssl.SSLContext:
        """Raises `BadCertificates`."""
        return trusted_by(self.ca_file)


# For everything that is self-hosted by definition: metrics exporters, a server that an operator is setting up.
DIRECT = ServerRoute(local=True)


def open_client(
    url: str,
    route: ServerRoute,
    *,
    headers: dict[str, str] | None = None,
    connect_seconds: float,
    limit_seconds: float,
) -> httpx.Client:
    """For the short requests around calls, all to the server of `url`. Raises `BadProxy` or `BadCertificates`."""
    proxy = route.proxy_to(url)
    return httpx.Client(
        headers=headers,
        timeout=httpx.Timeout(limit_seconds, connect=min(limit_seconds, connect_seconds)),
        proxy=None if proxy is None else httpx_proxy(proxy, route),
        verify=route.certificates,
        trust_env=False,  # httpx would apply the environment's proxies to self-hosted servers too
    )


def httpx_proxy(proxy: Proxy, route: ServerRoute) -> httpx.Proxy:
    host = f"[{proxy.host}]" if ":" in proxy.host else proxy.host
    return httpx.Proxy(
        f"{proxy.scheme}://{host}:{proxy.port}",
        auth=None if proxy.user is None else (proxy.user, proxy.password),
        ssl_context=route.certificates if proxy.scheme == "https" else None,
    )


def without_secrets(url: str) -> str:
    """Scheme, host and port of an address, for messages; its user name, path and query may hold secrets."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{quote(parts.netloc.rpartition('@')[2], safe=':[]%')}"
