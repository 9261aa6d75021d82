"""Connects commands to a service: the one in `VITAE_URL` and `VITAE_API_KEY`, otherwise the one started here."""

import os
from collections.abc import Generator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

import httpx

from app.cli.local_address import local_url
from app.cli.terminal import EXIT_WRONG_USAGE, fail
from app.network.certificates import trusted_by
from app.network.proxy_choice import is_private_host
from app.settings import LoadedSettings

_TIMEOUT_SECONDS = 60.0


class ServiceError(Exception):
    """The service returned a problem; `status` 0 means that it did not respond at all."""

    def __init__(self, status: int, code: str, title: str, detail: str) -> None:
        super().__init__(f"{title}: {detail}")
        self.status = status
        self.code = code
        self.title = title
        self.detail = detail

    @property
    def problem(self) -> dict[str, Any]:
        return {"code": self.code, "title": self.title, "detail": self.detail}


class Service:
    """A thin client for the REST API. Every response other than 2xx raises `ServiceError`."""

    def __init__(self, url: str, key: str) -> None:
        self.url = url.rstrip("/")
        self.key = key
        # Uploads contain resumes: a proxy from the environment must not see those to a private address.
        self._http = httpx.Client(
            base_url=self.url,
            headers={"Authorization": f"Bearer {key}"},
            timeout=_TIMEOUT_SECONDS,
            trust_env=not is_private_host(urlsplit(self.url).hostname or ""),
            verify=trusted_by(None),
        )

    def get(self, path: str, **params: Any) -> Any:
        return self.request("GET", path, params={k: v for k, v in params.items() if v is not None})

    def fetch(self, path: str, method: str = "GET", **arguments: Any) -> bytes:
        """Return the bytes of a file."""
        return self._send(method, path, **arguments).content

    def request(self, method: str, path: str, **arguments: Any) -> Any:
        response = self._send(method, path, **arguments)
        return response.json() if response.content else None

    def _send(self, method: str, path: str, **arguments: Any) -> httpx.Response:
        try:
            response = self._http.request(method, path, **arguments)
        except httpx.TimeoutException:
            detail = (
                f"{self.url} took longer than {_TIMEOUT_SECONDS:g} seconds. If it runs on this machine, `vitae doctor` "
                "shows what is wrong."
            )
            raise ServiceError(0, "service_unreachable", "The service is not responding", detail) from None
        except httpx.TransportError:
            detail = f"Nothing is listening at {self.url}. Start it with `vitae up`, or set VITAE_URL to its address."
            raise ServiceError(0, "service_unreachable", "The service is not responding", detail) from None
        if response.is_success:
            return response
        try:
            body = response.json()
        except ValueError:
            body = {}
        raise ServiceError(
            response.status_code,
            body.get("code", "unexpected_answer"),
            body.get("title", f"The service returned HTTP {response.status_code}"),
            body.get("detail", f"Check that {self.url} is a Vitae service."),
        )

    def close(self) -> None:
        self._http.close()


def sign_in_url(service: Service) -> tuple[str, dict[str, Any]]:
    """Return a new one-time sign-in link, at the address this program uses, and the service's full response."""
    made = service.request("POST", "/v1/sign-in-links")
    return service.url + made["path"], made


@contextmanager
def service(loaded: LoadedSettings, known_from: str | None = None) -> Generator[Service]:
    """Connect to the service. If there is no key or the service returns a problem, exit with a one-line error.

    `known_from` is the command that lists valid names and ids; the error suggests it when one was wrong.
    """
    url = _url(loaded)
    client = Service(url, _key(loaded, url))
    try:
        yield client
    except ServiceError as error:
        fail(f"{error.title}. {error.detail}{_next_step(error, url, known_from)}")
    finally:
        client.close()


def _next_step(error: ServiceError, url: str, known_from: str | None) -> str:
    """Add what the service cannot know: where the key came from, and which command lists valid names and ids."""
    if error.status == HTTPStatus.UNAUTHORIZED:
        source = "VITAE_API_KEY" if os.environ.get("VITAE_API_KEY") else "the admin-key file in the data folder"
        return f" {url} does not accept the key from {source}."
    if known_from and error.status in {HTTPStatus.NOT_FOUND, HTTPStatus.UNPROCESSABLE_ENTITY}:
        return "" if f"`{known_from}`" in error.detail else f" `{known_from}` lists them."
    return ""


def _url(loaded: LoadedSettings) -> str:
    url = os.environ.get("VITAE_URL", "").strip() or local_url(loaded.settings)
    try:
        place = urlsplit(url)
        usable = place.scheme in {"http", "https"} and bool(place.hostname) and place.port != 0
    except ValueError:
        usable = False
    if not usable:
        fail(f"VITAE_URL is {url}, which is not a valid URL. Use one like https://vitae.example.com.", EXIT_WRONG_USAGE)
    return url


def _key(loaded: LoadedSettings, url: str) -> str:
    given = os.environ.get("VITAE_API_KEY", "").strip()
    if given:
        if not (given.isascii() and given.isprintable()):
            fail("VITAE_API_KEY contains characters that no key has. Copy the key again.", EXIT_WRONG_USAGE)
        return given
    from app.benchmark.cost import is_loopback

    # The local service's key is useless elsewhere, and is never sent to another host.
    if url.rstrip("/") != local_url(loaded.settings) and not is_loopback(url):
        fail(
            f"VITAE_URL points to a service on another machine ({url}): set VITAE_API_KEY to one of its keys. "
            "Run `vitae keys create NAME` there to create one."
        )
    path = loaded.settings.storage.data_dir / "admin-key"
    try:
        return path.read_text("utf-8").strip()
    except PermissionError:
        fail(
            f"No API key: {path.absolute()} belongs to another user. Run this as the user who runs `vitae up`, "
            "or have that user run `vitae keys create NAME` and set VITAE_API_KEY to the key."
        )
    except (OSError, UnicodeDecodeError):
        fail(
            f"No API key: {path.absolute()} does not exist or cannot be read. Run this in the folder where `vitae up` "
            "runs, or start the service here. For a service on another machine, set VITAE_URL and VITAE_API_KEY."
        )
