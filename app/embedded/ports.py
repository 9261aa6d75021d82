"""Picks free ports for the databases, and reports which program occupies the API's port when it is taken."""

import contextlib
import errno
import json
import socket
from pathlib import Path

import psutil

from app.errors import ConfigurationError

LOOPBACK = "127.0.0.1"


def is_free(port: int, host: str = LOOPBACK) -> bool:
    return _refusal(host, port) is None


def pick_port(remembered_in: Path, name: str) -> int:
    """The port `name` used last time if it is still free, otherwise any free port, which is then remembered."""
    ports = remembered_ports(remembered_in)
    port = ports.get(name)
    if port is None or not is_free(port):
        with socket.socket() as probe:
            probe.bind((LOOPBACK, 0))
            port = int(probe.getsockname()[1])
        remembered_in.write_text(json.dumps({**ports, name: port}), "utf-8")
    return port


def remembered_ports(path: Path) -> dict[str, int]:
    """Empty if the file is missing or unreadable: the remembered port is only a preference."""
    try:
        kept = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    if not isinstance(kept, dict):
        return {}
    return {str(k): v for k, v in kept.items() if isinstance(v, int) and 0 < v < 65536}


def require_free(host: str, port: int) -> None:
    """Raises `ConfigurationError` with the port, the program that uses it (if known) and how to choose another port."""
    refusal = _refusal(host, port)
    if refusal is None:
        return
    change = "choose another port with `--port`, VITAE_SERVER__PORT or `port` under [server] in vitae.toml"
    if refusal == errno.EADDRINUSE:
        holder = _holder(port)
        raise ConfigurationError(
            f"Port {port} on {host} is already in use{f' by {holder}' if holder else ''}. Stop that program, or "
            f"{change} (for example VITAE_SERVER__PORT={port + 1 if port < 65535 else 8080})."
        )
    if refusal in (errno.EACCES, errno.EPERM):
        raise ConfigurationError(
            f"This user may not listen on port {port} (ports below 1024 need root). Instead, {change}."
        )
    raise ConfigurationError(
        f"{host} is not an address of this machine. Set `--host`, VITAE_SERVER__HOST or `host` under [server] in "
        "vitae.toml to 127.0.0.1 (this machine only) or 0.0.0.0 (everyone)."
    )


def _refusal(host: str, port: int) -> int | None:
    """The error number of an attempt to listen there, `None` if it succeeds."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            # Servers set this too; connections of an earlier run in TIME_WAIT do not block the port.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
            probe.listen(1)
    except socket.gaierror:
        return errno.EADDRNOTAVAIL
    except OSError as error:
        return error.errno
    return None


def _holder(port: int) -> str | None:
    with contextlib.suppress(psutil.Error, OSError):
        for connection in psutil.net_connections("tcp"):
            if connection.status == psutil.CONN_LISTEN and connection.laddr and connection.laddr.port == port:
                return f"{psutil.Process(connection.pid).name()} (process {connection.pid})" if connection.pid else None
    return None
