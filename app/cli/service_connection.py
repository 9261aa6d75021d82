"""How the commands reach a running service: `VITAE_URL` and `VITAE_API_KEY`, otherwise the one started here."""

import os
from collections.abc import Generator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

import httpx

from app.cli.local_address import local_url
from app.cli.terminal import EXIT_WRONG_USAGE, fail
from app.settings import LoadedSettings

_TIMEOUT_SECONDS = 60.0


class ServiceError(Exception):
    """The service answered with a problem; `status` 0 means it did not answer at all."""

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
    """A thin client of the REST interface; every answer that is not 2xx becomes a `ServiceError`."""

    def __init__(self, url: str, key: str) -> None:
        self.url = url.rstrip("/")
        self.key = key
        self._http = httpx.Client(
            base_url=self.url, headers={"Authorization": f"Bearer {key}"}, timeout=_TIMEOUT_SECONDS
        )

    def get(self, path: str, **params: Any) -> Any:
        return self.request("GET", path, params={k: v for k, v in params.items() if v is not None})

    def fetch(self, path: str, method: str = "GET", **arguments: Any) -> bytes:
        """A file's bytes."""
        return self._send(method, path, **arguments).content

    def request(self, method: str, path: str, **arguments: Any) -> Any:
        response = self._send(method, path, **arguments)
        return response.json() if response.content else None

    def _send(self, method: str, path: str, **arguments: Any) -> httpx.Response:
        try:
            response = self._http.request(method, path, **arguments)
        except httpx.TimeoutException:
            detail = f"{self.url} took longer than {_TIMEOUT_SECONDS:g} s. `vitae doctor` says what is wrong here."
            raise ServiceError(0, "service_unreachable", "The service does not answer", detail) from None
        except httpx.TransportError:
            detail = f"Nothing answers at {self.url}. Start it with `vitae up`, or set VITAE_URL to where it runs."
            raise ServiceError(0, "service_unreachable", "The service does not answer", detail) from None
        if response.is_success:
            return response
        try:
            body = response.json()
        except ValueError:
            body = {}
        raise ServiceError(
            response.status_code,
            body.get("code", "unexpected_answer"),
            body.get("title", f"The service answered {response.status_code}"),
            body.get("detail", f"Is {self.url} really a Vitae service?"),
        )

    def close(self) -> None:
        self._http.close()


def sign_in_url(service: Service) -> tuple[str, dict[str, Any]]:
    """A new one-time link, at the address where this program reaches the service; and the service's whole answer."""
    made = service.request("POST", "/v1/sign-in-links")
    return service.url + made["path"], made


@contextmanager
def service(loaded: LoadedSettings, known_from: str | None = None) -> Generator[Service]:
    """Ends the command with one line when no key is to be found or the service answers with a problem.

    `known_from` is the command that lists what the caller may have named wrongly.
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
    """What the service cannot know: where this program has the key from, and which command shows what there is."""
    if error.status == HTTPStatus.UNAUTHORIZED:
        source = "VITAE_API_KEY" if os.environ.get("VITAE_API_KEY") else "the admin key of the data folder"
        return f" {url} does not know the key in {source}."
    if known_from and error.status in {HTTPStatus.NOT_FOUND, HTTPStatus.UNPROCESSABLE_ENTITY}:
        return "" if f"`{known_from}`" in error.detail else f" `{known_from}` shows what there is."
    return ""


def _url(loaded: LoadedSettings) -> str:
    url = os.environ.get("VITAE_URL", "").strip() or local_url(loaded.settings)
    try:
        place = urlsplit(url)
        usable = place.scheme in {"http", "https"} and bool(place.hostname) and place.port != 0
    except ValueError:
        usable = False
    if not usable:
        fail(f"VITAE_URL is {url}, which is no address; it looks like https://vitae.example.com.", EXIT_WRONG_USAGE)
    return url


def _key(loaded: LoadedSettings, url: str) -> str:
    given = os.environ.get("VITAE_API_KEY", "").strip()
    if given:
        if not (given.isascii() and given.isprintable()):
            fail("VITAE_API_KEY holds signs that no key has. Copy it again.", EXIT_WRONG_USAGE)
        return given
    from app.benchmark.cost import is_loopback

    # The key of this machine's service opens no other, and is not shown to one.
    if url.rstrip("/") != local_url(loaded.settings) and not is_loopback(url):
        fail(
            f"VITAE_URL names a service elsewhere ({url}): set VITAE_API_KEY to a key of that service. "
            "`vitae keys create NAME` makes one there."
        )
    path = loaded.settings.storage.data_dir / "admin-key"
    try:
        return path.read_text("utf-8").strip()
    except PermissionError:
        fail(
            f"No API key: {path.absolute()} belongs to another user. Call this as the user who runs `vitae up`, "
            "or set VITAE_API_KEY to a key that `vitae keys create NAME` makes there."
        )
    except (OSError, UnicodeDecodeError):
        fail(
            f"No API key: there is none in {path.absolute()}. Call this in the folder where `vitae up` runs, or start "
            "it here; for a service elsewhere set VITAE_URL and VITAE_API_KEY."
        )
