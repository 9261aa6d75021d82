"""A fake `vllm` command, to test the scripts around it. `make test-vllm` tests the real one."""

import sys
import time
from collections.abc import Callable
from pathlib import Path

LIMIT_SECONDS = 30

# Healthy once the file `loaded` exists; responds to completions with the status in the file `status`; dies on request;
# and records its arguments, requests and signals.
FAKE_VLLM = """\
#!{python}
import http.server, json, os, pathlib, signal, sys, threading, time
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
        if (folder / "silent").exists(): time.sleep(600)
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


def write_fake_vllm(folder: Path, ready_file: Path) -> None:
    """Write the command `vllm` into `folder`; its inputs and its records are files there as well."""
    command = folder / "vllm"
    command.write_text(FAKE_VLLM.format(python=sys.executable, folder=str(folder), ready=str(ready_file)), "utf-8")
    command.chmod(0o755)


def eventually(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + LIMIT_SECONDS
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.05)
