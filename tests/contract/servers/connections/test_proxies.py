"""Which requests go through a proxy, and that a self-hosted server's never do unless its own settings say so."""

import base64
import random
import shutil
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from app.errors import ConfigurationError
from app.network.proxy_choice import BadProxy, choose_proxy, is_private_host, read_proxy
from app.network.server_route import ServerRoute, open_client
from app.observability.gpu_metrics import read_gpus
from app.observability.health import ask_for_json, ask_for_one_word, check_endpoint, list_models
from app.routing.baml_client import call_model
from app.routing.clients import Client, build_clients
from app.routing.length_guard import fetch_context_tokens
from app.routing.question import Question
from app.routing.servers.failure_reasons import explain_failure
from app.routing.servers.structured_output import is_capable_vllm
from app.settings import load_settings
from tests.contract.servers.connections.wire_server import (
    LIMITS,
    RESUME,
    SSE,
    STREAM,
    TEXT,
    Answer,
    Seen,
    ask,
    sending,
    serving,
)

_VARIABLES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")
_REFUSAL = sending(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
_ANSWER = sending(SSE + b"\r\n" + STREAM)
_QUESTION = Question.extract_profile("1| Nadia Perrault\n2| nadia.perrault@example.org\n")
_USER, _PASSWORD = "ann@example", "p:ss wörd/%"
_QUOTED = "ann%40example:p%3Ass%20w%C3%B6rd%2F%25"


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in _VARIABLES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture
def recording() -> Iterator[Seen]:
    """A proxy that refuses and keeps everything it sees."""
    with serving(_REFUSAL) as proxy:
        yield proxy


def set_all(monkeypatch: pytest.MonkeyPatch, proxy: str, *, capitals: bool) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name.upper() if capitals else name, proxy)
    monkeypatch.setenv("no_proxy", "")


# What may be in NO_PROXY, the address called, and whether it is exempt.
_EXEMPT = [
    ("*", "https://models.example/v1", True),
    ("models.example", "https://models.example/v1", True),
    ("models.example", "https://a.models.example/v1", True),
    ("models.example", "https://notmodels.example/v1", False),
    (".example", "https://models.example/v1", True),
    ("*.example", "https://models.example/v1", True),
    ("MODELS.example.", "https://models.EXAMPLE./v1", True),
    ("other.example, models.example", "https://models.example/v1", True),
    ("other.example models.example", "https://models.example/v1", True),
    ("models.example:8443", "https://models.example:8443/v1", True),
    ("models.example:8443", "https://models.example/v1", False),
    ("models.example:443", "https://models.example/v1", True),
    ("https://models.example", "https://models.example/v1", True),
    ("8.8.0.0/16", "http://8.8.4.4/v1", True),
    ("8.8.0.0/16", "http://8.9.4.4/v1", False),
    ("8.8.4.4", "http://8.8.4.4/v1", True),
    ("8.8.4.4:80", "http://8.8.4.4/v1", True),
    ("8.8.4.4:81", "http://8.8.4.4/v1", False),
    ("2606:4700::/32", "http://[2606:4700::1]/v1", True),
    ("2606:4700::1", "http://[2606:4700::1]/v1", True),
    ("[2606:4700::1]:8000", "http://[2606:4700::1]:8000/v1", True),
    ("[2606:4700::1]:8000", "http://[2606:4700::1]/v1", False),
    ("2606:4700::/32", "http://8.8.4.4/v1", False),
    ("8.8.0.0/16", "https://8.8.example/v1", False),
    ("10.0.0.0/nonsense,,", "https://models.example/v1", False),
    ("", "https://models.example/v1", False),
]


@pytest.mark.parametrize(("exempt", "url", "direct"), _EXEMPT)
def test_no_proxy_names_hosts_networks_and_ports(exempt: str, url: str, *, direct: bool) -> None:
    environment = {"http_proxy": "http://proxy.example:1", "HTTPS_PROXY": "proxy.example:2", "NO_PROXY": exempt}
    assert (choose_proxy(url, local=False, setting=None, environment=environment) is None) == direct


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1", "127.1", "2130706433", "0x7f.0.0.1", "127.255.255.254", "localhost", "LOCALHOST.", "a.localhost",
        "::1", "[::1]", "::ffff:10.0.0.1", "fe80::1", "fe80::1%eth0", "fd12:3456::1", "0.0.0.1", "10.1.2.3",
        "172.16.0.9", "192.168.1.20", "169.254.169.254", "100.64.3.4",
    ],
)  # fmt: skip
def test_loopback_link_local_and_private_addresses_are_private(host: str) -> None:
    assert is_private_host(host)


@pytest.mark.parametrize("host", ["8.8.8.8", "models.example", "2606:4700::1", "10.example", "localhost.example", ""])
def test_other_hosts_are_not_private(host: str) -> None:
    assert not is_private_host(host)


def test_in_1000_random_configurations_no_proxy_of_the_environment_reaches_a_self_hosted_server() -> None:
    draw = random.Random(16)
    hosts = ["127.0.0.1", "localhost", "[::1]", "10.7.7.7", "192.168.0.4", "169.254.1.1", "100.100.1.1", "127.1"]
    names = ["vllm", "gpu.internal", "models.example", "8.8.8.8", "[2606:4700::1]", "xn--mll-hoa.example"]
    proxies = ["http://proxy.example:3128", "https://u:p@proxy.example", "proxy.example:8080", "socks5://p:1", "", "::"]
    exempt = ["", "*", "models.example", "10.0.0.0/8", ".internal,8.8.8.8", "127.0.0.1:9"]
    used = 0
    for _ in range(1000):
        local = draw.random() < 0.5
        host = draw.choice(hosts + names)
        url = f"{draw.choice(['http', 'https'])}://{host}{draw.choice(['', ':8000', ':443'])}/v1"
        environment = {
            draw.choice([name, name.upper()]): draw.choice(exempt if name == "no_proxy" else proxies)
            for name in _VARIABLES
            if draw.random() < 0.8
        }
        setting = draw.choice([None, None, None, "none", "NONE ", "http://own.example:1"])
        try:
            chosen = choose_proxy(url, local=local, setting=setting, environment=environment)
        except BadProxy:
            assert not local
            assert host in names
            continue
        if setting == "http://own.example:1":
            assert chosen is not None
            assert chosen.host == "own.example"
        elif local or host in hosts or setting is not None:
            assert chosen is None, (url, environment)
        else:
            used += chosen is not None
    assert used > 20


def local_client(address: str) -> Client:
    return Client(
        name="LocalVLLM", provider="openai-generic", model="m", base_url=f"http://{address}/v1", location="local"
    )


@pytest.mark.parametrize("capitals", [False, True])
@pytest.mark.parametrize("location", ["local", "hosted"])
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "127.1"])
def test_a_resume_for_this_machine_is_never_seen_by_the_proxy_of_the_environment(
    monkeypatch: pytest.MonkeyPatch, recording: Seen, *, host: str, location: str, capitals: bool
) -> None:
    """shinnpuru/VoiceTransl#32, run-llama/llama_index#13640 and #13526, ollama/ollama#9141"""
    set_all(monkeypatch, f"http://{recording.address}", capitals=capitals)
    with serving(_ANSWER) as server:
        done = ask(server.address.replace("127.0.0.1", host), route=ServerRoute(local=location == "local"))
    assert done.text == TEXT
    assert recording.everything == b""


def test_a_named_server_that_is_local_is_reached_directly(monkeypatch: pytest.MonkeyPatch, recording: Seen) -> None:
    """A name that the proxy would resolve, as in a Compose network; here nothing has it, so nobody is called."""
    set_all(monkeypatch, f"http://{recording.address}", capitals=False)
    done = ask("vllm.invalid:8000", route=ServerRoute(local=True))
    assert done.failure is not None
    assert done.failure.error == "dns_failure"
    assert recording.everything == b""


def test_everything_else_that_talks_to_a_self_hosted_server_avoids_the_proxy(
    monkeypatch: pytest.MonkeyPatch, recording: Seen
) -> None:
    set_all(monkeypatch, f"http://{recording.address}", capitals=True)
    with serving(sending(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}")) as server:
        client = local_client(server.address)
        address = client.base_url or ""
        check_endpoint(address, "key", connect_seconds=5, limit_seconds=10)
        ask_for_one_word(address, "m", "key", connect_seconds=5, limit_seconds=10)
        ask_for_json(address, "m", "key", connect_seconds=5, limit_seconds=10)
        list_models(address, "m", {}, connect_seconds=5, limit_seconds=10, route=client.route)
        fetch_context_tokens(client)
        is_capable_vllm(client)
        read_gpus([f"http://{server.address}/metrics"])
    assert len(server.requests) >= 8
    assert recording.everything == b""


def test_a_provider_that_only_baml_can_call_is_not_called_where_the_proxy_cannot_be_avoided(
    monkeypatch: pytest.MonkeyPatch, recording: Seen
) -> None:
    set_all(monkeypatch, f"http://{recording.address}", capitals=False)
    with serving(_ANSWER) as server:
        client = Client(
            name="Claude", provider="anthropic", model="m", api_key="k", base_url=f"http://{server.address}/v1"
        )
        result = call_model(_QUESTION, client, timeout_seconds=20)
    assert (result.outcome, result.error, result.usage.input_tokens) == ("unreachable", "proxy_unavoidable", 0)
    assert (recording.everything, server.everything) == (b"", b"")


@pytest.mark.parametrize("variable", ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"])
def test_a_hosted_server_is_called_through_the_proxy_of_the_environment(
    monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    with serving(_ANSWER) as proxy:
        monkeypatch.setenv(variable, f"http://{_QUOTED}@{proxy.address}")
        assert ask("models.example.invalid").text == TEXT
    (request,) = proxy.requests
    assert request.startswith(b"POST http://models.example.invalid")
    credentials = base64.b64encode(f"{_USER}:{_PASSWORD}".encode())
    assert b"proxy-authorization: basic " + credentials.lower() in request.lower()
    assert RESUME.encode() in request


def test_a_clients_own_proxy_is_used_even_for_a_self_hosted_server(
    monkeypatch: pytest.MonkeyPatch, recording: Seen
) -> None:
    set_all(monkeypatch, f"http://{recording.address}", capitals=False)
    with serving(_ANSWER) as proxy:
        route = ServerRoute(local=True, proxy=f"http://{proxy.address}")
        assert ask("vllm.invalid:8000", route=route).text == TEXT
        with open_client("http://vllm.invalid/v1", route, connect_seconds=5, limit_seconds=10) as http:
            http.get("http://vllm.invalid/v1/models")
    assert [request.split(b"\r\n")[0] for request in proxy.requests] == [
        b"POST http://vllm.invalid:8000/v1/chat/completions HTTP/1.1",
        b"GET http://vllm.invalid/v1/models HTTP/1.1",
    ]
    assert recording.everything == b""


def test_none_turns_the_environments_proxy_off(monkeypatch: pytest.MonkeyPatch, recording: Seen) -> None:
    set_all(monkeypatch, f"http://{recording.address}", capitals=False)
    done = ask("models.example.invalid", route=ServerRoute(proxy="none"))
    assert done.failure is not None
    assert done.failure.error == "dns_failure"
    assert recording.everything == b""


_REFUSALS = [
    pytest.param("http", b"HTTP/1.1 407 Proxy Authentication Required\r\n", "proxy_authentication", id="407"),
    pytest.param("https", b"HTTP/1.1 407 Proxy Authentication Required\r\n", "proxy_authentication", id="407 tunnel"),
    pytest.param("https", b"HTTP/1.1 403 Forbidden\r\n", "proxy_refused", id="403 tunnel"),
    pytest.param("https", b"HTTP/1.1 502 Bad Gateway\r\n", "proxy_refused", id="502 tunnel"),
    pytest.param("https", b"SSH-2.0-OpenSSH_9.6\r\n", "proxy_refused", id="no proxy at all"),
]


@pytest.mark.parametrize(("scheme", "head", "error"), _REFUSALS)
def test_a_proxy_that_refuses_costs_nothing_and_the_reason_names_the_setting(
    scheme: str, head: bytes, error: str
) -> None:
    with serving(sending(head + b"Content-Length: 0\r\n\r\n")) as proxy:
        done = ask("models.example.invalid", scheme=scheme, route=ServerRoute(proxy=f"http://{proxy.address}"))
    assert done.failure is not None
    assert (done.failure.outcome, done.failure.error, done.failure.may_be_billed) == ("unreachable", error, False)
    client = Client(name="GPT4o", provider="openai", model="m", base_url="https://models.example.invalid/v1")
    assert explain_failure("unreachable", error, client).setting == "clients.GPT4o.proxy"
    if scheme == "https":
        assert RESUME.encode() not in proxy.everything


def test_a_proxy_that_does_not_answer_ends_at_the_connect_limit() -> None:
    with serving(sending(b"", hang=True)) as proxy:
        limits = type(LIMITS)(connect_seconds=0.3, first_token_seconds=20, stall_seconds=20, total_seconds=20)
        route = ServerRoute(proxy=f"http://{proxy.address}")
        done = ask("models.example.invalid", scheme="https", route=route, limits=limits)
    assert done.failure is not None
    assert (done.failure.outcome, done.failure.error) == ("unreachable", "connect_timeout")


def relaying(target: str) -> Answer:
    """A proxy that opens a tunnel to `target`, whatever host it is asked for."""

    def answer(connection: socket.socket, _: bytes, stop: threading.Event) -> None:
        host, port = target.rsplit(":", 1)
        with socket.create_connection((host, int(port))) as beyond:
            connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")

            def copy(source: socket.socket, sink: socket.socket) -> None:
                with suppress(OSError):
                    while piece := source.recv(65536):
                        sink.sendall(piece)
                with suppress(OSError):
                    sink.shutdown(socket.SHUT_WR)

            back = threading.Thread(target=copy, args=(beyond, connection), daemon=True)
            back.start()
            copy(connection, beyond)
            back.join(10)

    return answer


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")
@pytest.mark.parametrize("proxy_scheme", ["http", "https"])
def test_an_https_server_is_called_through_a_tunnel_that_hides_the_resume(tmp_path: Path, proxy_scheme: str) -> None:
    certificate = tmp_path / "server.pem"
    names = "subjectAltName=DNS:models.example.invalid,IP:127.0.0.1"
    files = ["-keyout", str(tmp_path / "key"), "-out", str(certificate)]
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=x", "-addext", names, *files],
        check=True,
        capture_output=True,
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, tmp_path / "key")
    with (
        serving(_ANSWER, tls=context) as server,
        serving(relaying(server.address), tls=context if proxy_scheme == "https" else None) as proxy,
    ):
        route = ServerRoute(proxy=f"{proxy_scheme}://{_QUOTED}@{proxy.address}", ca_file=str(certificate))
        done = ask("models.example.invalid", scheme="https", route=route)
    assert (done.failure, done.text) == (None, TEXT)
    assert proxy.requests[0].startswith(b"CONNECT models.example.invalid:443 HTTP/1.1\r\n")
    assert b"proxy-authorization: basic" in proxy.requests[0].lower()
    assert b"proxy-authorization" not in server.requests[0].lower()
    assert RESUME.encode() in server.requests[0]
    assert RESUME.encode() not in proxy.everything


@pytest.mark.parametrize("proxy", ["socks5://127.0.0.1:1080", "http://:3128", "http://proxy:99999", "ftp://proxy"])
def test_a_proxy_that_cannot_be_used_stops_the_start_and_names_the_setting(tmp_path: Path, proxy: str) -> None:
    loaded = load_settings(tmp_path, {"VITAE_CLIENTS__GPT4O__PROXY": proxy.replace("//", "//u:secret@")})
    with pytest.raises(ConfigurationError, match=r"clients\.GPT4o\.proxy") as caught:
        build_clients(loaded.settings, loaded.environment)
    assert "secret" not in str(caught.value)


def test_a_socks_proxy_in_the_environment_is_an_unreachable_server_with_a_reason(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("all_proxy", "socks5h://127.0.0.1:1080")
    done = ask("models.example.invalid")
    assert done.failure is not None
    assert (done.failure.outcome, done.failure.error) == ("unreachable", "proxy_unusable")


def test_a_proxys_password_is_in_no_text() -> None:
    proxy = read_proxy("http://ann:secret@proxy.example")
    route = ServerRoute(proxy="http://ann:secret@proxy.example")
    client = Client(name="A", provider="openai", model="m", base_url=None, proxy="http://ann:secret@proxy.example")
    assert "secret" not in f"{proxy} {route} {client}"
    assert (proxy.user, proxy.password, proxy.port) == ("ann", "secret", 80)


def test_the_settings_reach_the_client(tmp_path: Path) -> None:
    loaded = load_settings(tmp_path, {"VITAE_CLIENTS__GPT4O__PROXY": "none", "VITAE_CLIENTS__LOCALVLLM__PROXY": " "})
    clients = build_clients(loaded.settings, loaded.environment)
    assert (clients["GPT4o"].route, clients["LocalVLLM"].route) == (ServerRoute(proxy="none"), ServerRoute(local=True))
