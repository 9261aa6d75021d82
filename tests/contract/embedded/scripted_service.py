"""A service of tiny processes under the real `serve`: `python scripted_service.py DATA_DIR PORT [MODE]`.

The processes run this same file with a role; MODE selects the fault. test_up.py runs it as a process that it can kill.
"""

import http.server
import os
import signal
import socketserver
import subprocess
import sys
import time
from pathlib import Path

from app.cli.operations.up_command import ServiceProcess, serve
from app.embedded.service_log import print_line
from app.errors import VitaeError
from app.settings import load_settings

THIS = str(Path(__file__).resolve())


class _Ready(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass


def api() -> None:
    print("api says hello", flush=True)
    socketserver.TCPServer.allow_reuse_address = True
    with socketserver.TCPServer(
        (os.environ["VITAE_SERVER__HOST"], int(os.environ["VITAE_SERVER__PORT"])), _Ready
    ) as it:
        it.serve_forever()


def worker() -> None:
    """Has a child, as a prefork pool does, and exits together with it on request."""
    grandchild = subprocess.Popen([sys.executable, THIS, "grandchild"])

    def stop(_number: int, _frame: object) -> None:
        print("worker finishes its work", flush=True)
        grandchild.kill()
        sys.exit(0)

    signal.signal(signal.SIGTERM, stop)
    print(f"worker {os.getpid()} grandchild {grandchild.pid}", flush=True)
    while True:
        signal.pause()


def stubborn() -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    print("hears nothing", flush=True)
    while True:
        time.sleep(60)


def broken() -> None:
    print("a setting of mine is wrong", flush=True)
    sys.exit(3)


def migrate() -> None:
    print("migrating " + os.environ["VITAE_STORAGE__DATABASE_URL"].split("@")[1], flush=True)


def refuse() -> None:
    print("the schema is from the future", flush=True)
    sys.exit(1)


ROLES = {
    "api": api,
    "worker": worker,
    "stubborn": stubborn,
    "grandchild": stubborn,
    "broken": broken,
    "migrate": migrate,
    "refuse": refuse,
}


def _process(name: str, role: str, phase: int) -> ServiceProcess:
    return ServiceProcess(name, (sys.executable, THIS, role), phase, 4.0)


def main(data_dir: str, port: str, mode: str = "well") -> None:
    analysis = {"broken": "broken", "stubborn": "stubborn"}.get(mode, "worker")
    settings = load_settings(overrides={"storage.data_dir": data_dir, "server.port": port}).settings
    try:
        serve(
            settings,
            samples=False,
            echo=print_line,
            processes=(_process("api", "api", 0), _process("analysis", analysis, 2)),
            migrations=(sys.executable, THIS, "refuse" if mode == "refuse" else "migrate"),
            prepare=lambda _settings: None,  # the scripted migration creates no tables
            ready_limit_seconds=30,
        )
    except VitaeError as error:
        sys.exit(f"vitae: {error.detail}")


if __name__ == "__main__":
    if sys.argv[1] in ROLES:
        ROLES[sys.argv[1]]()
    else:
        main(*sys.argv[1:])
