"""A small stand-in for the `vllm` command, to test what surrounds it. The real one is tested by `make test-vllm`."""

import sys
import time
from collections.abc import Callable
from pathlib import Path

PATIENCE_SECONDS = 30

# Healthy once the file `loaded` is there, answers completions with the status in the file `status`, dies when asked to,
# and writes its arguments, requests and signals down.
STAND_IN = """\
#!{python}
import http.server, json, os, pathlib, signal, sys, threading
folder = pathlib.Path({folder!r})
arguments = sys.argv[1:]
(folder / "arguments").write_text(json.dumps(arguments))
(folder / "environment").write_text(json.dumps(dict(os.environ)))

class Handler(http.server.BaseHTTPRequestHandler):
    def log_message(self, *_): pass
    def answer(self, status, body):
        self.send_response(status); self.end_headers(); self.wfile.write(json.dumps(body).encode())
    def do_GET(self):
        if (folder / "die").exists(): os._exit(7)
        self.answer(200 if (folder / "loaded").exists() else 503, {{}})
    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with (folder / "requests").open("a") as file:
            seen = {{"body": body, "was_ready": os.path.exists({ready!r}), "key": self.headers["Authorization"]}}
            file.write(json.dumps(seen) + "\\n")
        status = int((folder / "status").read_text()) if (folder / "status").exists() else 200
        if (folder / "small").exists() and body["max_tokens"] > 16: status = 400
        self.answer(status, {{"choices": [{{}}]}})

server = http.server.ThreadingHTTPServer(("127.0.0.1", int(arguments[arguments.index("--port") + 1])), Handler)
def stop(*_):
    (folder / "terminated").touch()
    threading.Thread(target=server.shutdown).start()
signal.signal(signal.SIGTERM, stop)
server.serve_forever()
"""


def write_stand_in(folder: Path, ready_file: Path) -> None:
    """The command `vllm` in `folder`; what it is told and what it tells are files there, too."""
    command = folder / "vllm"
    command.write_text(STAND_IN.format(python=sys.executable, folder=str(folder), ready=str(ready_file)), "utf-8")
    command.chmod(0o755)


def eventually(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.05)
