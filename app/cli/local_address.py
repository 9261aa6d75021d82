"""The URL of a service that runs on this machine."""

from app.settings import Settings

_EVERY_INTERFACE = {"0.0.0.0", "::"}  # noqa: S104 - only compared, never bound


def local_url(settings: Settings) -> str:
    host = "127.0.0.1" if settings.server.host in _EVERY_INTERFACE else settings.server.host
    return f"http://{host}:{settings.server.port}"
