"""Certificates: self-signed servers with `ca_file`, without it a clear refusal; sloppy ends of TLS connections."""

import shutil
import socket
import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.errors import ConfigurationError
from app.network import certificates
from app.network.server_route import ServerRoute
from app.observability.health import check_endpoint, list_models
from app.routing.clients import Client, build_clients
from app.routing.servers.failure_reasons import explain_failure
from app.settings import load_settings
from tests.contract.servers.connections.wire_server import (
    PLAIN,
    RESUME,
    SSE,
    STREAM,
    TEXT,
    ask,
    chunked,
    sending,
    serving,
)

pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")

_MODELS = b'{"object": "list", "data": [{"id": "m"}]}'


def make_certificate(folder: Path, name: str, *more: str) -> Path:
    """A self-signed certificate for this machine; its key is beside it."""
    made = folder / f"{name}.pem"
    arguments = ["-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={name}"]
    files = ["-keyout", str(folder / f"{name}.key"), "-out", str(made)]
    names = [] if more else ["-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost"]
    subprocess.run(["openssl", "req", *arguments, *files, *names, *more], check=True, capture_output=True)
    return made


def server_side(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, certificate.with_suffix(".key"))
    return context


@pytest.fixture(scope="module")
def mine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_certificate(tmp_path_factory.mktemp("tls"), "mine")


@pytest.fixture
def usual_certificates() -> Iterator[None]:
    """Reads SSL_CERT_FILE again, which is read once per process."""
    certificates.trusted_by_default.cache_clear()
    yield
    certificates.trusted_by_default.cache_clear()


def test_a_self_signed_server_is_called_with_its_certificate(mine: Path) -> None:
    with serving(sending(SSE + b"\r\n" + STREAM), tls=server_side(mine)) as server:
        done = ask(server.address, scheme="https", route=ServerRoute(ca_file=str(mine)))
    assert (done.failure, done.text) == (None, TEXT)


def test_without_the_certificate_nothing_is_sent_and_the_reason_names_the_setting(mine: Path) -> None:
    with serving(sending(SSE + b"\r\n" + STREAM), tls=server_side(mine)) as server:
        done = ask(server.address, scheme="https")
    assert done.failure is not None
    assert (done.failure.outcome, done.failure.error) == ("unreachable", "tls_failed")
    assert RESUME.encode() not in server.everything
    client = Client(name="GPT4o", provider="openai", model="m", base_url=f"https://{server.address}/v1")
    explained = explain_failure(done.failure.outcome, done.failure.error, client)
    assert (explained.setting, "certificate" in explained.reason) == ("clients.GPT4o.ca_file", True)


def test_another_certificate_is_not_trusted(mine: Path, tmp_path: Path) -> None:
    other = make_certificate(tmp_path, "other")
    with serving(sending(SSE + b"\r\n" + STREAM), tls=server_side(mine)) as server:
        done = ask(server.address, scheme="https", route=ServerRoute(ca_file=str(other)))
    assert done.failure is not None
    assert done.failure.error == "tls_failed"


def test_a_certificate_for_another_name_is_not_trusted(tmp_path: Path) -> None:
    stranger = make_certificate(tmp_path, "stranger", "-addext", "subjectAltName=DNS:models.example")
    with serving(sending(SSE + b"\r\n" + STREAM), tls=server_side(stranger)) as server:
        done = ask(server.address, scheme="https", route=ServerRoute(ca_file=str(stranger)))
    assert done.failure is not None
    assert done.failure.error == "tls_failed"


def test_a_renewed_certificate_is_used_without_a_restart(tmp_path: Path) -> None:
    route = ServerRoute(ca_file=str(tmp_path / "mine.pem"))
    for _ in range(2):
        renewed = make_certificate(tmp_path, "mine")
        with serving(sending(SSE + b"\r\n" + STREAM), tls=server_side(renewed)) as server:
            assert ask(server.address, scheme="https", route=route).text == TEXT


@pytest.mark.usefixtures("usual_certificates")
def test_ssl_cert_file_is_used_where_no_ca_file_is_set(mine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(mine))
    with serving(sending(SSE + b"\r\n" + STREAM), tls=server_side(mine)) as server:
        assert ask(server.address, scheme="https").text == TEXT


def test_a_server_that_speaks_no_tls_is_reported_as_such() -> None:
    def answer(connection: socket.socket, *_: object) -> None:
        connection.recv(65536)
        connection.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")

    with serving(answer, reads=False) as server:
        done = ask(server.address, scheme="https")
    assert done.failure is not None
    assert (done.failure.outcome, done.failure.error) == ("unreachable", "tls_failed")


def test_a_connection_that_ends_without_close_notify_has_a_complete_answer(mine: Path) -> None:
    def answer(connection: socket.socket, *_: object) -> None:
        connection.sendall(SSE + b"\r\n" + STREAM.removesuffix(b"data: [DONE]\n\n"))
        socket.socket.shutdown(connection, socket.SHUT_RDWR)

    with serving(answer, tls=server_side(mine)) as server:
        done = ask(server.address, scheme="https", route=ServerRoute(ca_file=str(mine)))
    assert (done.failure, done.text) == (None, TEXT)


def test_chunks_arrive_over_tls(mine: Path) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
    with serving(sending(head, chunked(PLAIN[:9], PLAIN[9:]), hang=True), tls=server_side(mine)) as server:
        done = ask(server.address, scheme="https", route=ServerRoute(ca_file=str(mine)))
    assert (done.failure, done.text) == (None, TEXT)


def test_health_checks_and_model_lists_use_the_same_certificate(mine: Path) -> None:
    head = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % len(_MODELS)
    with serving(sending(head + _MODELS), tls=server_side(mine)) as server:
        address = f"https://{server.address}/v1"
        route = ServerRoute(local=True, ca_file=str(mine))
        listing = list_models(address, "m", {}, connect_seconds=5, limit_seconds=10, route=route)
        health = check_endpoint(address, None, connect_seconds=5, limit_seconds=10, route=route)
        distrusted = list_models(address, "m", {}, connect_seconds=5, limit_seconds=10)
    assert (listing.names, health.health, distrusted.failure) == (("m",), "up", "unreachable")


@pytest.mark.parametrize("content", [None, "no certificate", ""])
def test_a_file_without_certificates_stops_the_start_and_names_the_setting(tmp_path: Path, content: str | None) -> None:
    file = tmp_path / "authority.pem"
    if content is not None:
        file.write_text(content, "utf-8")
    loaded = load_settings(tmp_path, {"VITAE_CLIENTS__GPT4O__CA_FILE": str(file)})
    with pytest.raises(ConfigurationError, match=r"clients\.GPT4o\.ca_file"):
        build_clients(loaded.settings, loaded.environment)
