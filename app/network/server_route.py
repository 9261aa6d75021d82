"""How a server is reached: directly or through a proxy, and whose certificates it may show.

Built from a client's settings (`app.routing.clients`); used by calls, health checks, probes and model lists alike.
"""

import os
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import httpx

from app.network.certificates import trusted_by
from app.network.proxy_choice import Proxy, choose_proxy, environment_proxy, is_private_host


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerRoute:
    """`local` marks a self-hosted server: only its own `proxy` applies to it, none from the environment."""

    local: bool = False
    proxy: str | None = field(default=None, repr=False)  # a URL, which may hold a password, or "none"
    ca_file: str | None = None

    def proxy_to(self, url: str) -> Proxy | None:
        """Raises `BadProxy`."""
        return choose_proxy(url, local=self.local, setting=self.proxy, environment=os.environ)

    def is_overridden_by_environment(self, url: str | None) -> bool:
        """Whether a library that knows only the environment would use a proxy where there must be none."""
        if not url or not (self.local or is_private_host(urlsplit(url).hostname or "")):
            return False
        return environment_proxy(url, os.environ) is not None

    @property
    def certificates(self) -> ssl.SSLContext:
        """Raises `BadCertificates`."""
        return trusted_by(self.ca_file)


# For servers that are the operator's own by definition, such as metrics exporters.
DIRECT = ServerRoute(local=True)


def open_client(
    url: str,
    route: ServerRoute,
    *,
    headers: Mapping[str, str] | None = None,
    connect_seconds: float,
    limit_seconds: float,
) -> httpx.Client:
    """For the short requests around calls, all to the server of `url`. Raises `BadProxy` or `BadCertificates`."""
    proxy = route.proxy_to(url)
    return httpx.Client(
        headers=dict(headers or {}),
        timeout=httpx.Timeout(limit_seconds, connect=min(limit_seconds, connect_seconds)),
        proxy=None if proxy is None else proxy.url,
        verify=route.certificates,
        trust_env=False,  # httpx would apply the environment's proxies to self-hosted servers too
    )
