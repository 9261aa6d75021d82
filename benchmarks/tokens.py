"""Counts the tokens of Vitae's prompts by part: `python -m benchmarks.tokens`, for people who change a prompt.

Uses the real tokenizers that are installed: GPT-4o's (`pip install quicktok-v1`) and Mistral 7B v0.3's
(`pip install mistral-common sentencepiece`). Vitae itself needs neither; it uses a conservative estimate.
"""

import importlib
import importlib.util
import json
import statistics
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from app.extraction.extract import extract_document
from app.intake.file_types import detect_media_type
from app.routing.baml_client import render_request
from app.routing.question import Question
from app.routing.tokens import estimate_tokens
from app.settings import Settings
from app.wiring.shared_parts import extraction_limits
from benchmarks.saturation import sources
from tests.scripted_model.answers import extract

Count = Callable[[str], int]
_OPENAI_LEAST_TOKENS = 1024  # the shortest identical prefix that OpenAI's prompt cache accepts
_VLLM_BLOCK = 16  # tokens; vLLM's prefix cache stores whole blocks


def tokenizers() -> dict[str, Count]:
    found: dict[str, Count] = {}
    try:
        openai: Any = importlib.import_module("quicktok")
        encoding = openai.get_encoding("o200k_base")
        found["GPT-4o (o200k_base)"] = lambda text: len(encoding.encode(text))
    except ImportError:
        print("GPT-4o's tokenizer is missing: pip install quicktok-v1", file=sys.stderr)
    try:
        sentencepiece: Any = importlib.import_module("sentencepiece")
        package = importlib.util.find_spec("mistral_common")  # only the package's model file is used, none of its code
        folder = Path(package.origin or "").parent / "data" if package else Path()
        model = sentencepiece.SentencePieceProcessor(model_file=str(next(folder.glob("*240323.model.v3"))))
        found["Mistral 7B v0.3"] = lambda text: len(model.encode(text))
    except (ImportError, StopIteration):
        print("Mistral's tokenizer is missing: pip install mistral-common sentencepiece", file=sys.stderr)
    return found or {"Vitae's own estimate (conservative)": estimate_tokens}


def main() -> int:
    limits = extraction_limits(Settings().limits)
    documents = [
        extract_document(file.content, detect_media_type(file.content, file.name), limits)
        for file in sources("mix")
        if Path(file.name).stem != "README"
    ]
    for name, count in tokenizers().items():
        print(f"\n{name}, medians over {len(documents)} samples (minimum to maximum)\n")
        print("| part | tokens |\n|---|---:|")
        asked = render_request(Question.extract_profile("\x00"))["messages"]
        system = count(_text(asked[0]))
        frame = count(_text(asked[1]).replace("\x00", ""))
        print(f"| instructions, the same for every document | {system} |")
        print(f"| tags around the document | {frame} |")
        answers = [extract(document.numbered_text()) for document in documents]
        answers = [answer for answer in answers if answer.get("is_resume")]
        rows: dict[str, list[int]] = {
            "document as sent (numbered lines)": [count(d.numbered_text()) for d in documents],
            "document without numbers": [count(d.text) for d in documents],
            "response, minified (as requested)": [count(_compact(a)) for a in answers],
            "response, indented": [count(json.dumps(a, ensure_ascii=False, indent=2)) for a in answers],
        }
        for part, counts in rows.items():
            print(f"| {part} | {statistics.median(counts):.0f} ({min(counts)} to {max(counts)}) |")
        numbered = rows["document as sent (numbered lines)"]
        kept = system // _VLLM_BLOCK * _VLLM_BLOCK
        shares = [kept / (system + frame + tokens) for tokens in numbered]
        share = f"{statistics.median(shares):.0%} of the input of the median resume"
        openai = "applies" if system >= _OPENAI_LEAST_TOKENS else "does not apply"
        print(f"\nIdentical prefix: {system} tokens. vLLM's prefix cache stores {kept} of them, {share}.")
        print(f"OpenAI's prompt cache requires {_OPENAI_LEAST_TOKENS} tokens: it {openai}.")
        whole = [estimate_tokens(d.numbered_text()) / count(d.numbered_text()) for d in documents]
        print(f"Vitae's estimate relative to this count: {statistics.median(whole):.2f} (minimum {min(whole):.2f}).")
    return 0


def _text(message: dict[str, Any]) -> str:
    content: Any = message["content"]
    return content if isinstance(content, str) else "".join(part["text"] for part in content)


def _compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


if __name__ == "__main__":
    raise SystemExit(main())
