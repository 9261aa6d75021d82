"""`vitae vllm`: starts a model server without containers, and restarts servers one at a time."""

import os
import shlex
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

import psutil
import typer

from app.cli.help import Commands
from app.cli.models.rolling_restart import Limits, Look, Progress, RestartStopped, RollingRestart, Server
from app.cli.models.vllm_program import INSTALL, START_SCRIPT, find_gpus, find_vllm
from app.cli.service_connection import Service as HttpService
from app.cli.service_connection import ServiceError, service
from app.cli.terminal import EXIT_WRONG_USAGE, fail, notes, results, settings_or_exit
from app.embedded.ports import is_free
from app.errors import ConfigurationError
from app.routing.clients import Client, build_clients
from app.settings import LoadedSettings

_PURPOSE = """Start vLLM servers, and restart them without losing calls.

Examples:
    make vllm && vitae vllm up
    vitae vllm restart --rolling
"""

vllm = Commands(help=_PURPOSE, no_args_is_help=True)

_LEAST_ANSWERS = (100, 500)  # recent and earlier responses; fewer are not significant
_ClientName = Annotated[str, typer.Option("--client", help="The client that the server belongs to.")]
_Endpoint = Annotated[str | None, typer.Option(help="One of the client's base_urls.")]


@vllm.command("up")
def up(
    client: _ClientName = "LocalVLLM",
    endpoint: _Endpoint = None,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
) -> None:
    """Start a client's vLLM server on this machine.

    Runs until Ctrl-C.

    The client sets the model, the key and the port. All other options are variables of deploy/vllm/start.sh, in the
    environment or in .env (`vitae size --write` writes them there).

    Examples:
        vitae vllm up
        vitae vllm up --client LocalVLLM --endpoint http://127.0.0.1:8001/v1
    """
    loaded = settings_or_exit()
    chosen = _endpoint_of(_client(loaded, client), endpoint)
    given = loaded.environment.get("VLLM_MODEL")
    if given and given != chosen.model:
        fail(
            f"VLLM_MODEL is {given}, but {client} uses the model {chosen.model}: they must be the same. Change "
            f"clients.{client}.model, or remove VLLM_MODEL from .env and the environment.",
            EXIT_WRONG_USAGE,
        )
    if not START_SCRIPT.is_file():
        fail(
            f"{START_SCRIPT} is missing, and `vitae vllm up` starts the server with it. Run the command in a checkout "
            "of Vitae."
        )
    program = find_vllm(loaded.environment)
    if program is None:
        fail(f"vLLM is not installed. `{INSTALL}` installs it into .venv-vllm; a `vllm` on PATH is used first.")
    gpus = find_gpus()
    if program.needs_gpu and not gpus:
        fail(
            f"vLLM {program.version} needs an NVIDIA GPU, and nvidia-smi finds none on this machine. Install the "
            f"driver, point clients.{client}.base_url to a GPU server, or use a hosted client."
        )
    port = _port_of(chosen)
    data_dir = loaded.settings.storage.data_dir.expanduser().absolute()
    # A server that is still loading its model does not listen on its port yet.
    if not is_free(port, host) or _own_server(data_dir, port) is not None:
        fail(
            f"Port {port} on {host} is in use. Stop the program that uses it, or choose another base_url for {client}."
        )
    data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    notes.print(f"vLLM {program.version} for {chosen.name} on {', '.join(gpus) or 'the CPU'}, port {port}")
    _pid_file(data_dir, port).write_text(str(os.getpid()), "utf-8")
    variables = {
        "VLLM_MODEL": chosen.model or "",
        "VLLM_API_KEY": chosen.api_key or "",
        "VLLM_LISTEN_HOST": host,
        "VLLM_LISTEN_PORT": str(port),
        "VLLM_READY_FILE": str(data_dir / f"vllm-{port}.ready"),
        "VLLM_NO_USAGE_STATS": "1",
    }
    environment = {**variables, **loaded.environment, "PATH": f"{program.command.parent}:{os.environ['PATH']}"}
    # Replaces this process, so that signals reach the script and its exit status becomes ours.
    os.execvpe("bash", ["bash", str(START_SCRIPT)], environment)  # noqa: S606


@vllm.command("restart")
def restart(
    client: _ClientName = "LocalVLLM",
    rolling: Annotated[
        bool, typer.Option("--rolling", help="Restart all servers of the client, one at a time.")
    ] = False,
    endpoint: _Endpoint = None,
    when_drifting: Annotated[
        bool, typer.Option("--when-drifting", help="Restart only if responses have become slower. For use in a timer.")
    ] = False,
    drift_ratio: Annotated[
        float, typer.Option(help="Time per token, relative to the three days before, that counts as slower.", min=1.0)
    ] = 1.3,
    drain_seconds: Annotated[float, typer.Option(help="Seconds to wait for calls in flight.", min=0)] = 180,
    start_seconds: Annotated[float, typer.Option(help="Seconds to wait for a server to come back.", min=1)] = 1800,
) -> None:
    """Restart servers one at a time without losing a call.

    Each server is drained, restarted, warmed up and put back into service before the next.

    The client's `restart_command` restarts a server. Without one, the server must run as `vitae vllm up` on this
    machine. A server that does not come back stays drained; running the same command again continues from there.

    Examples:
        vitae vllm restart --rolling
        vitae vllm restart --endpoint http://gpu-2:8000/v1
        vitae vllm restart --rolling --when-drifting
    """
    if rolling == (endpoint is not None):
        fail("Give either --rolling (all servers, one at a time) or --endpoint URL.", EXIT_WRONG_USAGE)
    loaded = settings_or_exit()
    chosen = _client(loaded, client)
    with service(loaded) as http:
        if when_drifting and not _is_drifting(http, client, drift_ratio):
            return
        restart, require = _restarter(loaded, client)
        restarting = RollingRestart(
            client,
            _RunningService(http, client),
            restart,
            Limits(drain_seconds, start_seconds),
            lambda line: notes.print(f"{time.strftime('%H:%M:%S')} {line}", soft_wrap=True),
            require=require,
        )
        try:
            if endpoint is not None:
                restarting.run_one(_endpoint_of(chosen, endpoint).base_url or "")
            else:
                restarting.run(Progress(loaded.settings.storage.data_dir / f"rolling-restart-{client}.json"))
        except RestartStopped as stopped:
            fail(str(stopped))


class _RunningService:
    """Uses the REST API, with the caller's key (scope admin)."""

    def __init__(self, http: HttpService, client: str) -> None:
        self._http = http
        self._client = client

    def servers(self) -> list[Server]:
        answer = self._ask("GET", "/v1/clients")
        item: dict[str, Any] = next((one for one in answer["clients"] if one["name"] == self._client), {})
        return [
            Server(
                one["base_url"],
                one["drained"],
                one["in_flight"],
                serves=not one["drained"] and one["state"] != "open" and one["health"] != "down",
            )
            for one in item.get("endpoints", [])
            if one["base_url"]
        ]

    def drain(self, base_url: str, *, drained: bool) -> None:
        self._post("drain", {"drained": drained, "endpoint": base_url})

    def close_breaker(self, base_url: str) -> None:
        self._post("breaker", {"action": "reset", "endpoint": base_url})

    def warm_up(self, base_url: str) -> Look:
        answer = self._post("warm-up", {"endpoint": base_url})
        return Look(answer["health"] != "down", answer["reason"], answer["started_at"])

    def _post(self, what: str, body: dict[str, Any]) -> Any:
        return self._ask("POST", f"/v1/clients/{self._client}/{what}", json=body)

    def _ask(self, method: str, path: str, **arguments: Any) -> Any:
        try:
            return self._http.request(method, path, **arguments)
        except ServiceError as error:
            raise RestartStopped(f"{error.title}. {error.detail}") from None


def _is_drifting(http: HttpService, client: str, ratio: float) -> bool:
    pace = http.get(f"/v1/clients/{client}/pace")
    counts = (pace["recent_answers"], pace["earlier_answers"])
    if any(have < need for have, need in zip(counts, _LEAST_ANSWERS, strict=True)):
        results.print(
            f"Not enough responses to compare: {counts[0]} in the last two hours ({_LEAST_ANSWERS[0]} needed) and "
            f"{counts[1]} in the three days before ({_LEAST_ANSWERS[1]} needed). Nothing was restarted."
        )
        return False
    comparison = (
        f"A token takes {pace['ratio']:.2f} times as long as in the three days before "
        f"({pace['recent_ms_per_token']:.1f} ms, previously {pace['earlier_ms_per_token']:.1f} ms)"
    )
    drifting: bool = pace["ratio"] >= ratio
    results.print(
        f"{comparison}: restarting." if drifting else f"{comparison}. The limit is {ratio:g}. Nothing was restarted."
    )
    return drifting


def _restarter(loaded: LoadedSettings, client: str) -> tuple[Callable[[str, int], None], Callable[[str], object]]:
    """Return a function that restarts a server, and one that raises `RestartStopped` if that is impossible."""
    command = loaded.settings.client(client).restart_command
    data_dir = loaded.settings.storage.data_dir.expanduser().absolute()

    def by_command(base_url: str, position: int) -> None:
        place = urlsplit(base_url)
        values = {
            "base_url": base_url,
            "host": place.hostname or "",
            "port": str(place.port or ""),
            "number": str(position + 1),
            "index": str(position),
        }
        text = command or ""
        for name, value in values.items():
            text = text.replace("{" + name + "}", shlex.quote(value))
        notes.print(f"$ {text}", soft_wrap=True)
        status = subprocess.run(text, shell=True, check=False).returncode  # noqa: S602 - the operator's own command
        if status:
            raise RestartStopped(f"{base_url}: `{text}` exited with status {status}.")

    def own_server(base_url: str) -> psutil.Process:
        process = _own_server(data_dir, urlsplit(base_url).port or 0)
        if process is None:
            raise RestartStopped(
                f"There is no way to restart {base_url}: it was not started by `vitae vllm up` on this machine, and "
                f"clients.{client}.restart_command is not set."
            )
        return process

    def by_signal(base_url: str, _position: int) -> None:
        own_server(base_url).send_signal(signal.SIGUSR1)

    def any_command(_base_url: str) -> None:
        """Accept any server: only running the configured command shows whether it works."""

    return (by_command, any_command) if command else (by_signal, own_server)


def _own_server(data_dir: Path, port: int) -> psutil.Process | None:
    """Return the start script's process for that port, if `vitae vllm up` recorded its pid and it is still running."""
    try:
        process = psutil.Process(int(_pid_file(data_dir, port).read_text("utf-8")))
        return process if str(START_SCRIPT) in process.cmdline() else None
    except (OSError, ValueError, psutil.Error):
        return None


def _pid_file(data_dir: Path, port: int) -> Path:
    return data_dir / f"vllm-{port}.pid"


def _client(loaded: LoadedSettings, name: str) -> Client:
    try:
        clients = build_clients(loaded.settings, loaded.environment)
    except ConfigurationError as error:
        fail(error.detail, EXIT_WRONG_USAGE)
    if name not in clients:
        fail(f"There is no client {name}. Clients: {', '.join(sorted(clients))}.", EXIT_WRONG_USAGE)
    if clients[name].location != "local" or clients[name].base_url is None:
        fail(
            f'{name} is not self-hosted. Name a client with location = "local" and a base_url.',
            EXIT_WRONG_USAGE,
        )
    return clients[name]


def _endpoint_of(client: Client, wanted: str | None) -> Client:
    every = client.endpoints()
    if wanted is None and len(every) == 1:
        return every[0]
    found = next((one for one in every if wanted is not None and one.base_url == wanted.rstrip("/")), None)
    if found is None:
        known = ", ".join(str(one.base_url) for one in every)
        fail(f"Name the server with --endpoint. {client.name} has: {known}.", EXIT_WRONG_USAGE)
    return found


def _port_of(client: Client) -> int:
    place = urlsplit(client.base_url or "")
    return place.port or (443 if place.scheme == "https" else 80)
