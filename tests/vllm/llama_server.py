"""llama.cpp's OpenAI-compatible server on 127.0.0.1: `python tests/vllm/llama_server.py MODEL.gguf PORT NAME CONTEXT`.

Run it with the Python of `.venv-vllm-test`; `tests.vllm.model_server` does. It serves until SIGTERM, one request at a
time, on one core.
"""
# pyright: reportMissingImports=false, reportUnknownVariableType=false
# xllamacpp is installed only in `.venv-vllm-test`.

import signal
import sys

import xllamacpp


def main() -> None:
    path, port, name, context_tokens = sys.argv[1:5]
    wanted = xllamacpp.CommonParams()
    wanted.model.path = path
    wanted.model_alias = {name}
    wanted.hostnames = ["127.0.0.1"]
    wanted.port = int(port)
    wanted.n_ctx = int(context_tokens)
    wanted.n_parallel = 1
    wanted.endpoint_metrics = True
    wanted.cpuparams.n_threads = 1
    wanted.cpuparams_batch.n_threads = 1
    server = xllamacpp.Server(wanted)
    print("listening at", server.listening_address, flush=True)
    signal.sigwait({signal.SIGTERM, signal.SIGINT})


if __name__ == "__main__":
    main()
