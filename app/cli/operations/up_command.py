"""`vitae up`: runs the whole service on this machine, databases included, until it is stopped."""

import importlib
import os
import signal
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import httpx
import typer
from pydantic import SecretStr
from rich.console import Console
from rich.text import Text

from app.cli.local_address import local_url
from app.cli.terminal import notes
from app.embedded.data_folder import DataFolder
from app.embedded.ports import require_free
from app.embedded.service_log import NAME_WIDTH, OWN_NAME, Echo, ServiceLog
from app.embedded.supervisor import CommandChild, Supervisor
from app.errors import VitaeError
from app.routing.clients import build_clients
from app.settings import Settings, load_settings

if TYPE_CHECKING:
    from app.embedded.stack import EmbeddedStack

READY_LIMIT_SECONDS = 90.0  # enough for four processes importing everything at once on a slow machine
READY_ANSWER_SECONDS = 2.0
FIRST_START = "app.cli.operations.first_start"
COLOURS = ("cyan", "green", "magenta", "yellow", "blue")


@dataclass(frozen=True, slots=True)
class ServiceProcess:
    name: str
    command: tuple[str, ...]
    stop_phase: int  # lower ones stop first
    grace_seconds: float  # all phases together, databases included, end within 15 s


SERVICE = (
    ServiceProcess("api", (sys.executable, "-m", "app.main"), 0, 3),
    ServiceProcess("extraction", (sys.executable, "-m", "workers.celery_app", "extraction"), 2, 5),
    ServiceProcess("analysis", (sys.executable, "-m", "workers.celery_app", "analysis"), 2, 5),
    ServiceProcess("scheduler", (sys.executable, "-m", "workers.schedule"), 1, 1),
)
MIGRATIONS = (sys.executable, "-m", "migrations.migrate")
REDIS_PHASE, REDIS_GRACE_SECONDS = 3, 1.0
POSTGRES_PHASE, POSTGRES_GRACE_SECONDS = 4, 3.0


def up(
    *,
    samples: Annotated[bool, typer.Option("--samples", help="Analyse the bundled samples on the first start.")] = False,
    host: Annotated[str | None, typer.Option(help="Address to listen on.", show_default="server.host")] = None,
    port: Annotated[int | None, typer.Option(help="Port of the API and dashboard.", show_default="server.port")] = None,
    data_dir: Annotated[
        Path | None, typer.Option(help="Folder for databases, files, logs and keys.", show_default="storage.data_dir")
    ] = None,
) -> None:
    """Start the whole service and run it until Ctrl-C.

    Starts its own Postgres and Redis unless others are configured, applies migrations, then starts the API, dashboard,
    workers and scheduler.

    Examples:
        vitae up --samples
        vitae up --port 9000 --data-dir /srv/vitae
        VITAE_ROUTING__CLIENTS=LocalVLLM,GPT4o vitae up
    """
    given = {"server.host": host, "server.port": port, "storage.data_dir": data_dir}
    try:
        loaded = load_settings(overrides={key: str(value) for key, value in given.items() if value is not None})
        build_clients(loaded.settings, loaded.environment)  # a wrong client name fails here, with a one-line error
        serve(loaded.settings, samples=samples, echo=_coloured_echo(notes))
    except VitaeError as error:
        typer.echo(f"vitae: {error.detail}", err=True)
        raise typer.Exit(1) from None


def serve(
    settings: Settings,
    *,
    samples: bool,
    echo: Echo,
    processes: Sequence[ServiceProcess] = SERVICE,
    migrations: Sequence[str] = MIGRATIONS,
    prepare: Callable[[Settings], None] | None = None,
    ready_limit_seconds: float = READY_LIMIT_SECONDS,
) -> None:
    """Run until a stop signal. If the service cannot start, stop everything and raise `VitaeError`.

    `prepare` (default: `make_first_key`) runs after the migrations and before any process starts.
    """
    from app.embedded.connections import ask_postgres, ask_redis
    from app.embedded.stack import EmbeddedStack

    os.umask(0o077)  # only this user can read what the service writes
    storage = settings.storage
    data = DataFolder(storage.data_dir)
    data.open()
    try:
        require_free(settings.server.host, settings.server.port)
        if storage.database_url is not None:
            ask_postgres(storage.database_url.get_secret_value())
        if storage.redis_url is not None:
            ask_redis(storage.redis_url.get_secret_value())
        log = ServiceLog(data.logs / "vitae.log", echo)
        stack = EmbeddedStack(
            data,
            storage.prefer_bundled,
            postgres=storage.database_url is None,
            redis=storage.redis_url is None,
            say=log.say,
        )
        supervisor = Supervisor(log)
        with supervisor.handling_signals():
            try:
                stack.start()
                effective = _with_databases(settings, stack)
                environment = child_environment(effective, os.environ)
                supervisor.run_once(CommandChild("migrations", migrations, environment, log))
                (prepare or make_first_key)(effective)
                _add_databases(supervisor, stack)
                for process in processes:
                    supervisor.add(
                        CommandChild(process.name, process.command, environment, log),
                        stop_phase=process.stop_phase,
                        grace_seconds=process.grace_seconds,
                    )
                address = local_url(settings)
                if supervisor.run(lambda: _is_ready(address), ready_limit_seconds):
                    log.say(f"ready at {address}, stop with Ctrl-C")
                    _announce_beside(effective, samples=samples, say=log.say)
                    supervisor.run()
            except KeyboardInterrupt:
                pass  # stopped during startup
            finally:
                supervisor.stop()
                stack.stop()
                log.close()
    finally:
        data.close()


def make_first_key(settings: Settings) -> None:
    """Create the admin key before the API is up, so that anyone waiting for the API finds the key."""
    from app.pipeline.access.first_key import ensure_first_key
    from app.storage.engine import Database

    database = Database(settings.database_url, pool_size=1, application_name="vitae-up")
    try:
        ensure_first_key(database, settings.storage.data_dir / "admin-key")
    finally:
        database.close()


def child_environment(settings: Settings, inherited: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of every service process; `settings` must name the databases that are running."""
    storage = settings.storage
    variables = {
        "VITAE_SERVER__HOST": settings.server.host,
        "VITAE_SERVER__PORT": str(settings.server.port),
        "VITAE_STORAGE__DATA_DIR": str(storage.data_dir),
        "VITAE_STORAGE__DATABASE_URL": storage.database_url.get_secret_value() if storage.database_url else "",
        "VITAE_STORAGE__REDIS_URL": storage.redis_url.get_secret_value() if storage.redis_url else "",
        "BAML_LOG": "off",  # its default prints whole resumes
        "PYTHONUNBUFFERED": "1",
    }
    return {**inherited, **variables}


def _with_databases(settings: Settings, stack: "EmbeddedStack") -> Settings:
    changes: dict[str, Any] = {"data_dir": stack.data.path}
    if stack.postgres:
        changes["database_url"] = SecretStr(stack.database_url)
    if stack.redis:
        changes["redis_url"] = SecretStr(stack.redis_url)
    return settings.model_copy(update={"storage": settings.storage.model_copy(update=changes)})


def _add_databases(supervisor: Supervisor, stack: "EmbeddedStack") -> None:
    if stack.postgres:
        supervisor.add(
            stack.postgres,
            stop_phase=POSTGRES_PHASE,
            grace_seconds=POSTGRES_GRACE_SECONDS,
            running=True,
            watch_signal=signal.SIGINT,  # Postgres: close connections, flush, exit (fast shutdown)
        )
    if stack.redis:
        supervisor.add(stack.redis, stop_phase=REDIS_PHASE, grace_seconds=REDIS_GRACE_SECONDS, running=True)


def _is_ready(address: str) -> bool:
    try:
        # No `trust_env`: a proxy from the environment cannot reach this machine.
        return httpx.get(f"{address}/readyz", timeout=READY_ANSWER_SECONDS, trust_env=False).is_success
    except httpx.HTTPError:
        return False


def _announce_beside(settings: Settings, *, samples: bool, say: Callable[[str], None]) -> None:
    """Print the first-start messages in a thread: samples take a while, and the supervisor must keep running."""

    def announce() -> None:
        try:
            importlib.import_module(FIRST_START).announce(settings, samples=samples)
        except ModuleNotFoundError as error:
            if error.name != FIRST_START:
                say(f"cannot show the first-start messages: {error}")
        except VitaeError as error:
            say(f"cannot show the first-start messages: {error.detail}")
        except Exception as error:  # noqa: BLE001  # the service itself is fine and must keep running
            say(f"cannot show the first-start messages: {type(error).__name__}: {error}")

    threading.Thread(target=announce, name="first start", daemon=True).start()


def _coloured_echo(console: Console) -> Echo:
    colours: dict[str, str] = {OWN_NAME: "bold"}

    def echo(name: str, line: str) -> None:
        colour = colours.setdefault(name, COLOURS[len(colours) % len(COLOURS)])
        console.print(Text.assemble((f"{name:<{NAME_WIDTH}} | ", colour), line), soft_wrap=True)

    return echo
