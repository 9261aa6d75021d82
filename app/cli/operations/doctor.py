"""`vitae doctor`: checks whether this machine can run the service, and shows how to fix problems. Changes nothing."""

import importlib.metadata
import importlib.util
import json
import os
import platform
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

import httpx
import typer
from rich.text import Text

from app.cli.local_address import local_url
from app.cli.models.vllm_program import INSTALL, VllmProgram, find_gpus, find_vllm
from app.cli.operations.model_server_check import try_server
from app.cli.terminal import print_json, results, table
from app.embedded.accounts import unprivileged_account
from app.embedded.binaries import find_redis
from app.embedded.data_folder import find_database_home, is_running
from app.embedded.ports import require_free
from app.errors import ConfigurationError, VitaeError
from app.network.server_route import ServerRoute
from app.routing.clients import is_as_shipped
from app.settings import BUILTIN, ClientSettings, LoadedSettings, Settings, load_settings

OLDEST_PYTHON = (3, 11)
CONNECT_SECONDS = 1
LEAST_FREE_BYTES = 500_000_000  # the databases alone take 50 MB, their write-ahead log up to 1 GB under load
COMFORTABLE_FREE_BYTES = 5_000_000_000
PROGRAM_SECONDS = 20.0
STYLES = {"ok": "green", "optional": "dim", "warning": "yellow", "missing": "bold red"}

Status = Literal["ok", "optional", "warning", "missing"]


@dataclass(frozen=True, slots=True)
class Check:
    """The result of one check.

    `missing` keeps the service from starting, `warning` means that part of it does not work, and `optional` is an
    absent part that no setting requires.
    """

    check: str
    status: Status
    finding: str
    fix: str = ""


def doctor(
    *, as_json: Annotated[bool, typer.Option("--json", help="Print one JSON list to stdout, for scripts.")] = False
) -> None:
    """Check this machine for problems and show how to fix them.

    Changes nothing. The exit status is 1 if the service cannot start here.

    Examples:
        vitae doctor
        vitae doctor --json | jq -r '.[] | select(.status != "ok").finding'
    """
    checks = list(run_checks())
    if as_json:
        print_json([asdict(check) for check in checks])
    else:
        _print_table(checks)
    raise typer.Exit(1 if any(check.status == "missing" for check in checks) else 0)


def run_checks(root: Path | None = None, environment: Mapping[str, str] | None = None) -> Iterator[Check]:
    """Run every check, in the order in which the parts are needed."""
    yield check_python()
    try:
        loaded = load_settings(root, environment)
    except ConfigurationError as error:
        yield Check("configuration", "missing", error.detail, "correct that setting")
        return
    settings = loaded.settings
    data_dir = settings.storage.data_dir.expanduser().absolute()
    yield check_postgres(settings, data_dir)
    yield check_redis(settings)
    yield check_data_folder(data_dir)
    yield check_port(settings)
    generated = find_generated_client()
    yield check_generated_client(generated)
    yield from check_clients(loaded, generated)
    yield check_tesseract()
    yield check_program("soffice", "reading old .doc files", "apt-get install libreoffice-writer", title="LibreOffice")
    gpus = find_gpus()
    yield check_gpu(gpus)
    yield check_vllm(find_vllm(loaded.environment), gpus)


def check_python() -> Check:
    if sys.version_info < OLDEST_PYTHON:  # impossible for pyright, but not after a forced installation
        return Check(
            "Python", "missing", f"Python {platform.python_version()} is too old.", "make setup PYTHON=python3.12"
        )
    return Check("Python", "ok", f"Python {platform.python_version()}.")


def check_postgres(settings: Settings, data_dir: Path) -> Check:
    from app.embedded.connections import ask_postgres
    from app.embedded.postgres import choose_postgres

    url = settings.storage.database_url
    try:
        if url is not None:
            version = ask_postgres(url.get_secret_value(), CONNECT_SECONDS)
            return Check("Postgres", "ok", f"The configured Postgres {version} is available.")
        unprivileged_account()  # as root: fails if there is no account to run it as
        found = choose_postgres(find_database_home(data_dir), settings.storage.prefer_bundled)
    except VitaeError as error:
        finding, fix = _split(error.detail)
        return Check("Postgres", "missing", finding, fix)
    return Check("Postgres", "ok", f"Embedded: {found.title}.")


def check_redis(settings: Settings) -> Check:
    from app.embedded.connections import ask_redis

    url = settings.storage.redis_url
    if url is not None:
        try:
            version = ask_redis(url.get_secret_value(), CONNECT_SECONDS)
        except VitaeError as error:
            finding, fix = _split(error.detail)
            return Check("Redis", "missing", finding, fix)
        return Check("Redis", "ok", f"The configured Redis {version} is available.")
    found = find_redis(settings.storage.prefer_bundled)
    if found:
        return Check("Redis", "ok", f"Embedded: {found.title}.")
    return Check(
        "Redis",
        "missing",
        "No redis-server or valkey-server was found.",
        "apt-get install redis-server, or brew install valkey, or set VITAE_STORAGE__REDIS_URL",
    )


def check_data_folder(data_dir: Path) -> Check:
    existing = next(path for path in (data_dir, *data_dir.parents) if path.exists())
    if not existing.is_dir() or not os.access(existing, os.W_OK | os.X_OK):
        return Check(
            "data folder",
            "missing",
            f"This user cannot write to {existing}.",
            "give this user write permission, or set VITAE_STORAGE__DATA_DIR",
        )
    free_bytes = shutil.disk_usage(existing).free
    finding = f"{data_dir} is writable; {free_bytes / 1e9:.1f} GB are free."
    if free_bytes < LEAST_FREE_BYTES:
        return Check(
            "data folder", "missing", finding, "free some space, or set VITAE_STORAGE__DATA_DIR to another disk"
        )
    if free_bytes < COMFORTABLE_FREE_BYTES:
        return Check("data folder", "warning", finding, "free some space: uploads and databases will fill it")
    return Check("data folder", "ok", finding)


def check_port(settings: Settings) -> Check:
    host, port = settings.server.host, settings.server.port
    try:
        require_free(host, port)
    except ConfigurationError as error:
        address = local_url(settings)
        if _answers(address):
            return Check("port", "ok", f"Vitae is running at {address}.")
        finding, fix = _split(error.detail)
        return Check("port", "missing", finding, fix)
    if is_running(settings.storage.data_dir):
        return Check(
            "port",
            "warning",
            f"Vitae is running on this data folder, but not on port {port}.",
            "check which port it was started with",
        )
    return Check("port", "ok", f"Port {port} on {host} is free.")


@dataclass(frozen=True, slots=True)
class GeneratedClient:
    """What can be read from the generated code without running it."""

    version: str
    sources: str  # every .baml file, one after the other

    def client_block(self, name: str) -> str | None:
        """Return the text of `client<llm> NAME { ... }`, or None if there is none."""
        start = re.search(rf"^\s*client\s*<\s*llm\s*>\s*{re.escape(name)}\s*\{{", self.sources, re.MULTILINE)
        if not start:
            return None
        depth, end = 1, start.end()
        while depth and end < len(self.sources):
            depth += {"{": 1, "}": -1}.get(self.sources[end], 0)
            end += 1
        return self.sources[start.end() : end]

    @property
    def client_names(self) -> list[str]:
        return re.findall(r"^\s*client\s*<\s*llm\s*>\s*(\w+)\s*\{", self.sources, re.MULTILINE)


def find_generated_client(folder: Path | None = None) -> GeneratedClient | None:
    """Find and read `baml_client` without importing it, because importing starts threads that forbid forking."""
    if folder is None:
        spec = importlib.util.find_spec("baml_client")
        places = spec.submodule_search_locations if spec else None
        if not places:
            return None
        folder = Path(next(iter(places)))
    try:
        init = (folder / "__init__.py").read_text("utf-8")
        inlined = (folder / "inlinedbaml.py").read_text("utf-8")
    except OSError:
        return None
    version = re.search(r'__version__\s*=\s*"([^"]+)"', init)
    sources: list[str] = []
    for literal in re.findall(r'^\s*"[^"\n]+":\s*("(?:[^"\\\n]|\\.)*")', inlined, re.MULTILINE):
        with suppress(ValueError):  # the generator writes JSON strings
            sources.append(str(json.loads(literal)))
    without_comments = re.sub(r"^\s*//.*$", "", "\n".join(sources), flags=re.MULTILINE)
    return GeneratedClient(version[1] if version else "unknown", without_comments)


def check_generated_client(generated: GeneratedClient | None) -> Check:
    if generated is None:
        return Check("BAML", "missing", "baml_client has not been generated.", "make generate")
    try:
        installed = importlib.metadata.version("baml-py")
    except importlib.metadata.PackageNotFoundError:
        return Check("BAML", "missing", "baml-py is not installed.", "make setup")
    if installed != generated.version:
        return Check(
            "BAML",
            "missing",
            f"baml_client was generated by version {generated.version}, but baml-py is {installed}.",
            "set `version` in baml_src/generators.baml to that of baml-py, then: make generate",
        )
    return Check("BAML", "ok", f"baml_client is generated with version {installed}.")


def check_clients(loaded: LoadedSettings, generated: GeneratedClient | None) -> Iterator[Check]:
    """Check that every client named in the routing exists, has a key and can be reached."""
    routing = loaded.settings.routing
    orders = [routing.clients, *(function.clients for function in routing.functions.values())]
    for name in dict.fromkeys(name for order in orders for name in order):
        if name == BUILTIN:
            yield Check(f"client {name}", "ok", "The built-in parser is always available.")
        elif generated is not None:
            yield check_client(name, loaded, generated)


def check_client(name: str, loaded: LoadedSettings, generated: GeneratedClient) -> Check:
    title = f"client {name}"
    block = generated.client_block(name)
    if block is None:
        known = ", ".join(generated.client_names) or "none"
        return Check(
            title,
            "missing",
            f"There is no client {name} in baml_src; its clients are {known}.",
            f"correct routing.clients, or add {name} to baml_src",
        )
    client = loaded.settings.client(name)
    written_key = re.search(r"\bapi_key\s+env\.(\w+)", block)
    key_variable = client.api_key_env or (written_key[1] if written_key else None)
    if (
        client.api_key is None
        and key_variable
        and not loaded.environment.get(key_variable)
        and client.location == "hosted"
    ):
        return Check(
            title,
            "optional",
            f"Not connected: {key_variable} is not set.",
            f"to use it, write {key_variable}=... into .env",
        )
    written_url = re.search(r'\bbase_url\s+(?:"([^"]+)"|env\.(\w+))', block)
    declared_url = (written_url[1] or loaded.environment.get(written_url[2])) if written_url else None
    url = client.base_url or next(iter(client.base_urls), None) or declared_url
    if url is None and written_url:
        return Check(
            title,
            "optional",
            f"Not connected: {written_url[2]} is not set.",
            f"to use it, write {written_url[2]}=... into .env, or set clients.{name}.base_url",
        )
    not_tried = f"not tried, because a call may cost money; `vitae clients test {name}` makes one"
    if url is None:
        return Check(title, "ok", f"Configured with its provider's default address; {not_tried}.")
    place = urlsplit(url)
    shown = f"{place.scheme}://{place.hostname}{f':{place.port}' if place.port else ''}"
    try:
        proxy = _route_of(client).proxy_to(url)
        address = (place.hostname or "", place.port or (443 if place.scheme == "https" else 80))
        if proxy is not None:
            address = (proxy.host, proxy.port)
        socket.create_connection(address, timeout=CONNECT_SECONDS).close()
    except (OSError, ValueError) as error:  # `ValueError`: the address or the proxy cannot be used
        reason = getattr(error, "strerror", None) or ("timeout" if isinstance(error, OSError) else "unusable address")
        if is_as_shipped(name, url, client.model, has_key=client.api_key is not None):
            return Check(
                title,
                "optional",
                f"Not connected: no model server runs at {shown}.",
                f"to use one, start it there, or set clients.{name}.base_url",
            )
        return Check(
            title,
            "warning",
            f"{shown} cannot be reached ({reason}); the next client is used instead.",
            f"start the server, or correct clients.{name}.base_url",
        )
    if client.location == "hosted":
        return Check(title, "ok", f"{shown} is reachable; {not_tried}.")
    return _try_client(title, name, url, shown, loaded, block)


def _route_of(client: ClientSettings) -> ServerRoute:
    return ServerRoute(local=client.location == "local", proxy=client.proxy or None, ca_file=client.ca_file or None)


def _try_client(title: str, name: str, url: str, shown: str, loaded: LoadedSettings, block: str) -> Check:
    """A self-hosted server is healthy once it has answered a request: some accept connections long before."""
    client = loaded.settings.client(name)
    written_model = re.search(r'\bmodel\s+"([^"]+)"', block)
    model = client.model or (written_model[1] if written_model else None)
    key = client.api_key.get_secret_value() if client.api_key else None
    key = key or (loaded.environment.get(client.api_key_env) if client.api_key_env else None)
    tried = try_server(
        name,
        url.rstrip("/"),
        shown,
        model,
        key,
        connect_seconds=client.connect_timeout_seconds,
        route=_route_of(client),
    )
    if tried.answers:
        return Check(title, "ok", tried.finding)
    if not tried.is_model_server and is_as_shipped(name, url, client.model, has_key=key is not None):
        return Check(
            title,
            "optional",
            f"Not connected: the program at {shown} is not a model server.",
            f"to use one, set clients.{name}.base_url",
        )
    return Check(title, "warning", tried.finding, tried.fix)


def check_tesseract() -> Check:
    """Check tesseract and list the languages it can read in scans and photos."""
    check = check_program("tesseract", "reading scans and photos", "apt-get install tesseract-ocr")
    if check.status != "ok":
        return check
    command = ["tesseract", "--list-langs"]
    try:
        asked = subprocess.run(command, check=False, capture_output=True, text=True, timeout=PROGRAM_SECONDS)
    except (OSError, subprocess.TimeoutExpired):
        return Check("tesseract", "warning", "tesseract is installed but does not start.", "reinstall it")
    languages = [line.strip() for line in asked.stdout.splitlines()[1:] if line.strip() and line.strip() != "osd"]
    if not languages:
        return Check("tesseract", "warning", "tesseract has no language data.", "apt-get install tesseract-ocr-eng")
    return Check("tesseract", "ok", f"Scans and photos can be read in: {', '.join(languages)}.")


def check_program(program: str, purpose: str, install: str, title: str | None = None) -> Check:
    title = title or program
    if shutil.which(program):
        return Check(title, "ok", f"{title} is installed, for {purpose}.")
    return Check(title, "optional", f"{title} is not installed; only needed for {purpose}.", install)


def check_gpu(gpus: Sequence[str]) -> Check:
    if gpus:
        return Check("GPU", "ok", f"{len(gpus)} x {gpus[0]}." if len(gpus) > 1 else f"{gpus[0]}.")
    return Check(
        "GPU",
        "optional",
        "No NVIDIA GPU; only needed for a model server on this machine.",
        "use a hosted client or `builtin`",
    )


def check_vllm(program: VllmProgram | None, gpus: Sequence[str]) -> Check:
    """Check whether `vitae vllm up` can start a server here. Containers include their own vLLM."""
    if program is None:
        return Check("vLLM", "optional", "vLLM is not installed; only needed for `vitae vllm up`.", INSTALL)
    if program.needs_gpu and not gpus:
        return Check(
            "vLLM",
            "warning",
            f"vLLM {program.version} is installed, but there is no NVIDIA GPU.",
            "install the NVIDIA driver; nvidia-smi must list the GPU",
        )
    return Check("vLLM", "ok", f"vLLM {program.version} ({program.command}).")


def _answers(address: str) -> bool:
    """Whether Vitae is running at that address."""
    try:
        return httpx.get(f"{address}/healthz", timeout=CONNECT_SECONDS, trust_env=False).is_success
    except httpx.HTTPError:
        return False


def _split(detail: str) -> tuple[str, str]:
    """Split an error after its first sentence: into what happened, and what to do."""
    what, separator, then = detail.partition(". ")
    return (f"{what}.", then) if separator else (detail, "")


def _print_table(checks: list[Check]) -> None:
    shown = table("check", "status", "finding", "how to fix it")
    for check in checks:
        shown.add_row(check.check, Text(check.status, STYLES[check.status]), check.finding, check.fix)
    results.print(shown)
