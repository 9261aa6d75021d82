"""The API process: `create_app` puts the layers together, `main` serves them.

Started as `python -m app.main`, by `vitae up` and by the containers.
"""

import asyncio
import logging
import signal
import socket
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from importlib.metadata import PackageNotFoundError, version
from types import FrameType

import anyio.to_thread
import uvicorn
from fastapi import FastAPI

from app.api import docs, health_routes, problems
from app.api.body_limit import BodyLimit
from app.api.boundary import Boundary
from app.api.live_events import LiveEvents
from app.api.openapi import describe
from app.api.routes import (
    batch_routes,
    bulk_export_routes,
    client_routes,
    cost_routes,
    event_routes,
    export_routes,
    key_routes,
    match_routes,
    personal_data_routes,
    price_routes,
    resume_routes,
    sign_in_link_routes,
    upload_routes,
    webhook_routes,
)
from app.api.routes.profiles import correction_routes, review_routes
from app.api.service_metrics import Scrape
from app.api.stream_timing import StreamTiming
from app.dashboard import pages as dashboard
from app.errors import VitaeError
from app.logs import configure_logging
from app.observability.machine_board import MachineBoard
from app.routing.baml_source import installed_source
from app.settings import load_settings
from app.wiring.api_parts import ApiParts, build_api_parts
from app.wiring.shared_parts import budget_limits

log = logging.getLogger(__name__)

_MIB = 1024 * 1024
_BODY_BYTES = _MIB  # for every request that is not an upload
_FORM_FIELDS = 20  # the upload form has three
_FORM_FIELD_BYTES = 16 * 1024
_DESCRIPTION = (
    "Resume analysis: upload documents, get typed profiles with evidence, and the exact cost of every answer."
)
# Seconds that requests in progress get when the process is asked to stop; event streams end at once.
_SHUTDOWN_SECONDS = 4
_KEEP_ALIVE_SECONDS = 20
_DEFAULT_TIMING = StreamTiming()


def create_app(parts: ApiParts, timing: StreamTiming = _DEFAULT_TIMING) -> FastAPI:
    settings = parts.settings
    live = LiveEvents(parts.database, parts.redis_url, look_again_seconds=timing.look_again_seconds)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncGenerator[None, None]:
        # As many concurrent requests as database connections, so that no request waits for a connection.
        anyio.to_thread.current_default_thread_limiter().total_tokens = settings.server.threads
        parts.counts.start()
        yield
        live.close()
        parts.database.close()
        parts.publisher.close()
        parts.notices.close()
        parts.counts.close()
        parts.traces.close()

    app = FastAPI(
        title="Vitae",
        version=_version(),
        description=_DESCRIPTION,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        generate_unique_id_function=lambda route: route.name,
        lifespan=lifespan,
        form_limits={
            "max_files": settings.limits.files_per_upload,
            "max_fields": _FORM_FIELDS,
            "max_part_size": _FORM_FIELD_BYTES,
        },
        # Its log records would contain the content of requests.
        telemetry={
            "tracing": False,
            "metrics": False,
            "logs": False,
            "operation_spans": False,
            "auto_configure": False,
        },
    )
    app.state.parts = parts
    app.state.live = live
    app.state.scrape = Scrape(
        parts.database,
        parts.counts,
        MachineBoard(parts.redis_url),
        control=lambda: client_routes.client_control(app),
        functions=installed_source().functions(),
        limits=budget_limits(settings),
    )
    app.state.timing = timing
    problems.install(app)
    # This is also the order in the documentation.
    for router in (
        upload_routes.router,
        bulk_export_routes.router,
        resume_routes.reading,
        export_routes.router,
        resume_routes.writing,
        correction_routes.reading,
        correction_routes.writing,
        correction_routes.administering,
        review_routes.router,
        match_routes.router,
        personal_data_routes.router,
        event_routes.router,
        cost_routes.router,
        cost_routes.operating,
        price_routes.router,
        batch_routes.router,
        client_routes.reading,
        client_routes.administering,
        key_routes.router,
        sign_in_link_routes.router,
        webhook_routes.router,
    ):
        app.include_router(router)
    for router in (health_routes.router, docs.router):
        app.include_router(router)
    dashboard.install(app)
    describe(app)
    limits = settings.limits
    upload_bytes = limits.files_per_upload * limits.upload_bytes + _MIB
    longer = {
        ("POST", upload_routes.UPLOAD_PATH): upload_bytes,
        ("PUT", batch_routes.OUTPUT_PATH): batch_routes.LARGEST_OUTPUT_BYTES,
    }
    app.add_middleware(BodyLimit, limit_bytes=_BODY_BYTES, limits_bytes=longer)
    app.add_middleware(Boundary, tally=parts.counts.tally, traces=parts.traces)  # added last, so it is the outermost
    return app


class Server(uvicorn.Server):
    """Ends the event streams before it waits for open requests; they would never end by themselves."""

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002 - the shape of a signal handler
        """A requested stop is not an error: the signal is not raised again afterwards, and the exit status is 0."""
        self.force_exit = self.should_exit and sig == signal.SIGINT  # asked twice
        self.should_exit = True

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        app = self.config.app
        if isinstance(app, FastAPI):
            app.state.live.close()
        await super().shutdown(sockets)


def make_server(app: FastAPI, *, host: str, port: int) -> Server:
    return Server(
        uvicorn.Config(
            app,
            host=host,
            port=port,
            access_log=False,
            log_config=None,  # handled by the root logger of app.logs
            server_header=False,
            lifespan="on",
            timeout_keep_alive=_KEEP_ALIVE_SECONDS,
            timeout_graceful_shutdown=_SHUTDOWN_SECONDS,
        )
    )


def main() -> int:
    try:
        loaded = load_settings()
        server = loaded.settings.server
        configure_logging(loaded.settings.logs.level, loaded.settings.logs.format)
        app = create_app(build_api_parts(loaded))
    except VitaeError as error:
        print(f"{error.title}: {error.detail}", file=sys.stderr)  # noqa: T201
        return 2
    logging.getLogger("uvicorn").setLevel(logging.WARNING)  # its startup lines say less than ours
    log.info("api_starting", extra={"fields": {"host": server.host, "port": server.port}})
    asyncio.run(make_server(app, host=server.host, port=server.port).serve())
    log.info("api_stopped")
    return 0


def _version() -> str:
    try:
        return version("vitae")
    except PackageNotFoundError:  # run from the source tree without installing it
        return "0"


if __name__ == "__main__":
    sys.exit(main())
