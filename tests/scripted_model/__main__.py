"""Starts a scripted model by hand: `python -m tests.scripted_model --port 8000 --script failures.json`."""

import argparse
import contextlib
import signal
import threading
from pathlib import Path

from tests.scripted_model import Script, ScriptedModel


def main() -> None:
    """Serve until interrupted. The script file uses the same JSON as `POST /admin/script`."""
    parser = argparse.ArgumentParser(prog="python -m tests.scripted_model")
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--script", type=Path, help="JSON list of steps; without it every answer is truthful")
    parser.add_argument("--model", default="scripted-model")
    parser.add_argument("--max-model-len", type=int, default=32_768)
    parser.add_argument("--slots", type=int, default=512, help="calls processed concurrently; more of them wait")
    options = parser.parse_args()
    script = Script(*Script.steps_from_json(options.script.read_text("utf-8"))) if options.script else None
    model = ScriptedModel(
        port=options.port, script=script, model=options.model, max_model_len=options.max_model_len, slots=options.slots
    )
    print(f"scripted model on {model.base_url}", flush=True)
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    with contextlib.suppress(KeyboardInterrupt):
        stop.wait()
    model.close()


if __name__ == "__main__":
    main()
