#!/usr/bin/env bash
# Starts a vLLM server that is ready when it says so: `start.sh` serves, `start.sh healthy` is its health check.
# Run by docker-compose.yml (profile gpu) inside the image vllm/vllm-openai, by Kubernetes, and by `vitae vllm up`
# where there are no containers. Everything is set by variables; `vitae size --write .env` proposes the first five (and
# VLLM_EXTRA_ARGS):
#
#   VLLM_MODEL                        Hugging Face name or folder; also the name that clients ask for
#   VLLM_MAX_MODEL_LEN                tokens that prompt and answer share; more costs KV cache per request (8192)
#   VLLM_GPU_MEMORY_UTILIZATION       share of the GPU's memory that vLLM takes; 0.8 to 0.95 is sensible (0.9)
#   VLLM_MAX_NUM_SEQS                 answers being written at once; the rest waits in vLLM's queue (32)
#   VLLM_TENSOR_PARALLEL_SIZE         GPUs that share one copy of the model (1)
#   VLLM_STRUCTURED_OUTPUTS_BACKEND   guidance | xgrammar | outlines | auto (guidance: always valid JSON when measured)
#   VLLM_API_KEY                      key that clients must send; empty: none
#   VLLM_LISTEN_HOST                  (0.0.0.0)
#   VLLM_LISTEN_PORT                  (8000)
#   VLLM_START_SECONDS                time for download, loading and warm-up before the start counts as failed (3600)
#   VLLM_DRAIN_SECONDS                time between being no longer ready and stopping (5)
#   VLLM_SHUTDOWN_SECONDS             time that open answers get when the server stops (60)
#   VLLM_EXTRA_ARGS                   more arguments for `vllm serve`, separated by spaces
#
# Order of events: serve, wait for /health, one warm-up answer, only then the ready file that the health check wants.
# On SIGTERM the ready file goes first. Whoever balances load has VLLM_DRAIN_SECONDS to look elsewhere, in which the
# server still takes requests; then vLLM refuses new ones, finishes the open ones and ends.
# SIGUSR1 does the same and then starts a new server in the place of the old one: the process stays, and so does whoever
# looks after it (a terminal, systemd).
# However this script ends, `kill -9` included, its server ends too (on Linux), and is no longer called healthy.
set -euo pipefail

here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
port="${VLLM_LISTEN_PORT:-8000}"
ready_file="${VLLM_READY_FILE:-/tmp/vllm-ready}"

say() { printf '%s start.sh: %s\n' "$(date -u +%H:%M:%S)" "$*" >&2; }

# Python is in the image for certain; curl is not.
answers_health() {
  python3 - "$port" <<'PYTHON' 2>/dev/null
import sys, urllib.request
urllib.request.urlopen(f"http://127.0.0.1:{sys.argv[1]}/health", timeout=4).close()
PYTHON
}

# The project's own question about an invented resume, under its schema: loads the kernels for prompts of that length,
# the sampler and the grammar, and leaves the part of the prompt that never changes in the prefix cache.
# Where the context is too small for it, a few words have to do.
warm_up() {
  python3 - "$port" "$1" "$here/warm_up.json" <<'PYTHON'
import json, os, sys, urllib.error, urllib.request
port, model, path = sys.argv[1:]
schema = {"type": "object", "properties": {"ready": {"type": "boolean"}}, "required": ["ready"], "additionalProperties": False}
few_words = {
    "messages": [{"role": "user", "content": 'Answer with {"ready": true}.'}],
    "max_tokens": 16,
    "temperature": 0,
    "response_format": {"type": "json_schema", "json_schema": {"name": "warm_up", "schema": schema}},
}
headers = {"Content-Type": "application/json"}
if os.environ.get("VLLM_API_KEY"):
    headers["Authorization"] = "Bearer " + os.environ["VLLM_API_KEY"]

def ask(question):
    body = json.dumps({**question, "model": model}).encode()
    request = urllib.request.Request(f"http://127.0.0.1:{port}/v1/chat/completions", body, headers)
    with urllib.request.urlopen(request, timeout=300) as answer:
        json.load(answer)["choices"][0]

try:
    if os.path.exists(path):
        try:
            with open(path, encoding="utf-8") as file:
                sys.exit(ask(json.load(file)))
        except urllib.error.HTTPError as error:
            if error.code != 400:
                raise
    ask(few_words)
except urllib.error.HTTPError as error:
    sys.exit(f"the warm-up request was answered with {error.code}: {error.read(500).decode(errors='replace')}")
except (OSError, ValueError, LookupError) as error:
    sys.exit(f"the warm-up request failed: {error!r}")
PYTHON
}

if [[ "${1:-}" == healthy ]]; then
  [[ -e "$ready_file" ]] || { echo "not ready: starting, warming up or stopping" >&2; exit 1; }
  kill -0 "$(<"$ready_file")" 2>/dev/null || { echo "ready once, but start.sh was killed, and its server ends" >&2; exit 1; }
  answers_health || { echo "ready once, but /health does not answer now" >&2; exit 1; }
  exit 0
fi

rm -f "$ready_file"
model="${VLLM_MODEL:?set VLLM_MODEL to a Hugging Face name or the folder of a model}"
start_seconds="${VLLM_START_SECONDS:-3600}"
drain_seconds="${VLLM_DRAIN_SECONDS:-5}"
shutdown_seconds="${VLLM_SHUTDOWN_SECONDS:-60}"
backend="${VLLM_STRUCTURED_OUTPUTS_BACKEND:-guidance}"
read -r -a extra <<<"${VLLM_EXTRA_ARGS:-}"
arguments=(
  serve "$model"
  --host "${VLLM_LISTEN_HOST:-0.0.0.0}"
  --port "$port"
  --served-model-name "$model"
  --max-model-len "${VLLM_MAX_MODEL_LEN:-8192}"
  --gpu-memory-utilization "${VLLM_GPU_MEMORY_UTILIZATION:-0.9}"
  --max-num-seqs "${VLLM_MAX_NUM_SEQS:-32}"
  --tensor-parallel-size "${VLLM_TENSOR_PARALLEL_SIZE:-1}"
  --structured-outputs-config.backend "$backend"
  --enable-prefix-caching
  --enable-prompt-tokens-details # cached tokens in the usage, so that the ledger has them
  --shutdown-timeout "$shutdown_seconds"
)
# Small models otherwise fill their answer with line breaks, which any JSON grammar allows.
case "$backend" in guidance | xgrammar) arguments+=(--structured-outputs-config.disable_any_whitespace true) ;; esac
arguments+=("${extra[@]}")
# vLLM reads the key from the environment: on the command line everybody on the machine could see it. The other names
# are ours, and vLLM would warn of variables it does not know.
ours=(VLLM_MODEL VLLM_MAX_MODEL_LEN VLLM_GPU_MEMORY_UTILIZATION VLLM_MAX_NUM_SEQS VLLM_TENSOR_PARALLEL_SIZE
  VLLM_STRUCTURED_OUTPUTS_BACKEND VLLM_LISTEN_HOST VLLM_LISTEN_PORT VLLM_START_SECONDS VLLM_DRAIN_SECONDS
  VLLM_SHUTDOWN_SECONDS VLLM_EXTRA_ARGS VLLM_READY_FILE)
[[ -n "${VLLM_API_KEY:-}" ]] || ours+=(VLLM_API_KEY)

# A server whose script is gone would keep the GPU, and nobody would look after it: the kernel sends it SIGTERM then, on
# which it finishes the open answers.
tied=(setpriv --pdeathsig TERM)
"${tied[@]}" true 2>/dev/null || tied=()

say "vllm ${arguments[*]}"
env "${ours[@]/#/-u}" "${tied[@]}" vllm "${arguments[@]}" &
server=$!

# A signal ends `wait` at once, which a plain `sleep` would not allow.
pause() { sleep "$1" & wait $! || true; }

stopping=false
restarting=false
stop() {
  if $stopping; then return; fi
  stopping=true
  if [[ -e "$ready_file" ]]; then
    rm -f "$ready_file"
    say "no longer ready; stopping in ${drain_seconds} s"
    sleep "$drain_seconds"
  fi
  say "stopping: open answers get ${shutdown_seconds} s"
  kill -TERM "$server" 2>/dev/null || true
}
restart() {
  restarting=true
  stop
}
# A stop that comes while restarting wins.
trap 'restarting=false; stop' TERM INT HUP
trap restart USR1

# Ends this script with the server's own status, or begins anew; `wait` returns early whenever a signal arrives.
follow_server() {
  local status
  while true; do
    status=0
    wait "$server" || status=$?
    kill -0 "$server" 2>/dev/null || break
  done
  rm -f "$ready_file"
  if $restarting; then
    say "stopped; starting again"
    exec bash "$here/start.sh"
  fi
  if $stopping; then
    say "stopped"
    exit 0
  fi
  say "vllm ended by itself with status $status"
  exit "$((status == 0 ? 1 : status))"
}

give_up() {
  say "$1"
  kill -TERM "$server" 2>/dev/null || true
  wait "$server" || true
  exit 1
}

until answers_health; do
  if $stopping || ! kill -0 "$server" 2>/dev/null; then follow_server; fi
  ((SECONDS < start_seconds)) || give_up "no answer from /health within ${start_seconds} s (VLLM_START_SECONDS)"
  pause 1
done

say "the server answers; warming up"
for attempt in 1 2 3; do
  if warm_up "$model"; then break; fi
  if $stopping || ! kill -0 "$server" 2>/dev/null; then follow_server; fi
  ((attempt < 3)) || give_up "three warm-up requests failed; a server that cannot answer one takes no traffic"
  pause 1
done

if ! $stopping; then
  echo $$ > "$ready_file"
  say "ready after ${SECONDS} s"
fi
follow_server
