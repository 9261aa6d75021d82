#!/usr/bin/env bash
# Starts a vLLM server and reports it as ready only once it can work: `start.sh` serves, `start.sh healthy` is its
# health check. Run by docker-compose.yml (profile gpu) inside the image vllm/vllm-openai, by Kubernetes, and by
# `vitae vllm up` without containers. Configured with variables; `vitae size --write .env` suggests the first five (and
# VLLM_EXTRA_ARGS):
#
#   VLLM_MODEL                        Hugging Face name or folder; also the model name that clients use
#   VLLM_MAX_MODEL_LEN                tokens for prompt and response together; more needs more KV cache per request (8192)
#   VLLM_GPU_MEMORY_UTILIZATION       share of the GPU's memory that vLLM reserves; 0.8 to 0.95 is sensible (0.9)
#   VLLM_MAX_NUM_SEQS                 responses generated at once; the rest wait in vLLM's queue (32)
#   VLLM_TENSOR_PARALLEL_SIZE         GPUs that share one copy of the model (1)
#   VLLM_STRUCTURED_OUTPUTS_BACKEND   guidance | xgrammar | outlines | auto (guidance: always valid JSON in our measurements)
#   VLLM_API_KEY                      key that clients must send; empty: no key
#   VLLM_LISTEN_HOST                  (0.0.0.0)
#   VLLM_LISTEN_PORT                  (8000)
#   VLLM_START_SECONDS                time limit for download, loading and warm-up (3600)
#   VLLM_WARM_UP_SECONDS              time limit for one warm-up response; the first one may compile kernels (900)
#   VLLM_DRAIN_SECONDS                time between reporting not ready and stopping (5)
#   VLLM_SHUTDOWN_SECONDS             time for open responses to finish when the server stops (60)
#   VLLM_EXTRA_ARGS                   more arguments for `vllm serve`, separated by spaces
#
# Order of events: serve, wait for /health, one warm-up response, and only then the ready file for the health check.
# On SIGTERM the ready file is removed first. Load balancers have VLLM_DRAIN_SECONDS to switch to another server, while
# this one still accepts requests; then vLLM rejects new ones, finishes the open ones and exits.
# SIGUSR1 does the same and then starts a new server in the same process, so a terminal or systemd keeps track of it.
# However this script ends, `kill -9` included, its server ends too (on Linux) and is no longer reported as healthy.
set -euo pipefail

here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
port="${VLLM_LISTEN_PORT:-8000}"
ready_file="${VLLM_READY_FILE:-/tmp/vllm-ready}"

say() { printf '%s start.sh: %s\n' "$(date -u +%H:%M:%S)" "$*" >&2; }

# The image always has Python, but not curl.
health_responds() {
  python3 - "$port" <<'PYTHON' 2>/dev/null
import sys, urllib.request
urllib.request.urlopen(f"http://127.0.0.1:{sys.argv[1]}/health", timeout=4).close()
PYTHON
}

# Sends Vitae's own request about an invented resume, with its schema. This loads the kernels for prompts of that length,
# the sampler and the grammar, and puts the constant part of the prompt in the prefix cache.
# If the context is too small for it, a short request is sent instead.
warm_up() {
  python3 - "$port" "$1" "$here/warm_up.json" "$warm_up_seconds" <<'PYTHON'
import json, os, sys, urllib.error, urllib.request
port, model, path, limit_seconds = sys.argv[1:]
schema = {"type": "object", "properties": {"ready": {"type": "boolean"}}, "required": ["ready"], "additionalProperties": False}
short_request = {
    "messages": [{"role": "user", "content": 'Answer with {"ready": true}.'}],
    "max_tokens": 16,
    "temperature": 0,
    "response_format": {"type": "json_schema", "json_schema": {"name": "warm_up", "schema": schema}},
}
headers = {"Content-Type": "application/json"}
if os.environ.get("VLLM_API_KEY"):
    headers["Authorization"] = "Bearer " + os.environ["VLLM_API_KEY"]

def send(request_body):
    body = json.dumps({**request_body, "model": model}).encode()
    request = urllib.request.Request(f"http://127.0.0.1:{port}/v1/chat/completions", body, headers)
    with urllib.request.urlopen(request, timeout=float(limit_seconds)) as response:
        json.load(response)["choices"][0]

try:
    if os.path.exists(path):
        try:
            with open(path, encoding="utf-8") as file:
                sys.exit(send(json.load(file)))
        except urllib.error.HTTPError as error:
            if error.code != 400:
                raise
    send(short_request)
except urllib.error.HTTPError as error:
    sys.exit(f"the warm-up request failed with status {error.code}: {error.read(500).decode(errors='replace')}")
except TimeoutError:
    sys.exit(f"no warm-up response within {limit_seconds} s (VLLM_WARM_UP_SECONDS)")
except (OSError, ValueError, LookupError) as error:
    sys.exit(f"the warm-up request failed: {error!r}")
PYTHON
}

if [[ "${1:-}" == healthy ]]; then
  [[ -e "$ready_file" ]] || { echo "not ready: starting, warming up or stopping" >&2; exit 1; }
  kill -0 "$(<"$ready_file")" 2>/dev/null || { echo "not ready any more: start.sh was killed, and its server is stopping" >&2; exit 1; }
  health_responds || { echo "not ready any more: /health is not responding" >&2; exit 1; }
  exit 0
fi

rm -f "$ready_file"
model="${VLLM_MODEL:?set VLLM_MODEL to a Hugging Face name or the folder of a model}"
start_seconds="${VLLM_START_SECONDS:-3600}"
warm_up_seconds="${VLLM_WARM_UP_SECONDS:-900}"
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
  --enable-prompt-tokens-details # reports cached tokens, for the ledger
  --shutdown-timeout "$shutdown_seconds"
)
# Otherwise small models fill their response with line breaks, which any JSON grammar allows.
case "$backend" in guidance | xgrammar) arguments+=(--structured-outputs-config.disable_any_whitespace true) ;; esac
arguments+=("${extra[@]}")
# vLLM reads the key from the environment; on the command line, every user of the machine could see it. The other
# variables are unset, because vLLM would warn about names that it does not know.
ours=(VLLM_MODEL VLLM_MAX_MODEL_LEN VLLM_GPU_MEMORY_UTILIZATION VLLM_MAX_NUM_SEQS VLLM_TENSOR_PARALLEL_SIZE
  VLLM_STRUCTURED_OUTPUTS_BACKEND VLLM_LISTEN_HOST VLLM_LISTEN_PORT VLLM_START_SECONDS VLLM_WARM_UP_SECONDS
  VLLM_DRAIN_SECONDS VLLM_SHUTDOWN_SECONDS VLLM_EXTRA_ARGS VLLM_READY_FILE)
[[ -n "${VLLM_API_KEY:-}" ]] || ours+=(VLLM_API_KEY)

# Without this script, the server would keep the GPU unsupervised. The kernel therefore sends it SIGTERM, and it finishes
# the open responses.
tied=(setpriv --pdeathsig TERM)
"${tied[@]}" true 2>/dev/null || tied=()

say "vllm ${arguments[*]}"
env "${ours[@]/#/-u}" "${tied[@]}" vllm "${arguments[@]}" &
server=$!

# A signal interrupts `wait` at once, but not a plain `sleep`.
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
  say "stopping: open responses have ${shutdown_seconds} s to finish"
  kill -TERM "$server" 2>/dev/null || true
}
restart() {
  restarting=true
  stop
}
# A stop during a restart takes precedence.
trap 'restarting=false; stop' TERM INT HUP
trap restart USR1

# Exits with the server's status, or starts it again. `wait` returns early whenever a signal arrives.
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
  say "vllm exited by itself with status $status"
  exit "$((status == 0 ? 1 : status))"
}

give_up() {
  say "$1"
  kill -TERM "$server" 2>/dev/null || true
  wait "$server" || true
  exit 1
}

until health_responds; do
  if $stopping || ! kill -0 "$server" 2>/dev/null; then follow_server; fi
  ((SECONDS < start_seconds)) || give_up "no response from /health within ${start_seconds} s (VLLM_START_SECONDS)"
  pause 1
done

say "the server is up; warming up"
for attempt in 1 2 3; do
  if warm_up "$model"; then break; fi
  if $stopping || ! kill -0 "$server" 2>/dev/null; then follow_server; fi
  ((attempt < 3)) || give_up "three warm-up requests failed; the server gets no traffic"
  pause 1
done

if ! $stopping; then
  echo $$ > "$ready_file"
  say "ready after ${SECONDS} s"
fi
follow_server
