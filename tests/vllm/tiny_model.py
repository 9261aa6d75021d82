"""Makes the model that `make test-vllm` serves: Qwen2 with random weights and a BPE tokenizer of its own, 2 MB.

Run with the Python of `.venv-vllm-test`: `python tests/vllm/tiny_model.py FOLDER [LAYERS WIDTH]`. Takes seconds and no
network; more layers and width make a slower model, for measuring. It knows nothing, so its answers are nonsense; under
a schema they are well-formed nonsense of some 50 to 100 tokens. That they come to an end is made: one component is the
same in every token's vector, and the tokens that end a JSON text answer to it, so that they are likelier than others.
"""
# pyright: reportMissingImports=false, reportUnknownVariableType=false, reportUnknownParameterType=false
# torch, tokenizers and transformers are in `.venv-vllm-test` alone.

import sys
from collections.abc import Iterator
from pathlib import Path

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import GenerationConfig, PreTrainedTokenizerFast, Qwen2Config, Qwen2ForCausalLM

ROOT = Path(__file__).resolve().parents[2]
VOCABULARY = 4096
CONTEXT_TOKENS = 8192
END_OF_TEXT, START, END = "<|endoftext|>", "<|im_start|>", "<|im_end|>"
CHAT = (
    "{% for m in messages %}" + START + "{{ m['role'] }}\n{{ m['content'] }}" + END + "\n{% endfor %}"
    "{% if add_generation_prompt %}" + START + "assistant\n{% endif %}"
)
# Without these factors each next token would hang on the last one alone, and every answer would be the same.
MIXING = 8.0


def texts() -> Iterator[str]:
    """Prompts and invented resumes of this repository: what the model will be asked to read and write."""
    for pattern in (
        "baml_src/*.baml",
        "samples/*.md",
        "samples/*.txt",
        "samples/people/*.toml",
        "samples/*.truth.json",
    ):
        for path in sorted(ROOT.glob(pattern)):
            yield path.read_text("utf-8")


def make_tokenizer() -> PreTrainedTokenizerFast:
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    # Without control bytes: a grammar for JSON cannot place them, and vLLM's then fails.
    control = {chr(256 + byte) for byte in range(32) if byte not in b"\t\n\r"}
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY,
        special_tokens=[END_OF_TEXT, START, END],
        initial_alphabet=sorted(set(pre_tokenizers.ByteLevel.alphabet()) - control),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts(), trainer)
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        eos_token=END,
        pad_token=END_OF_TEXT,
        model_max_length=CONTEXT_TOKENS,
        chat_template=CHAT,
    )


def make_model(tokenizer: PreTrainedTokenizerFast, layers: int, width: int) -> Qwen2ForCausalLM:
    torch.manual_seed(0)
    model = Qwen2ForCausalLM(
        Qwen2Config(
            vocab_size=(len(tokenizer) + 63) // 64 * 64,
            hidden_size=width,
            intermediate_size=2 * width,
            num_hidden_layers=layers,
            num_attention_heads=max(2, width // 64),
            num_key_value_heads=1,
            max_position_embeddings=CONTEXT_TOKENS,
            tie_word_embeddings=False,
            eos_token_id=tokenizer.eos_token_id,
            pad_token_id=tokenizer.pad_token_id,
            bos_token_id=None,
        )
    )
    with torch.no_grad():
        for name, weights in model.named_parameters():
            if name.endswith("proj.weight"):
                weights.mul_(MIXING)
        embeddings, scores = model.model.embed_tokens.weight, model.lm_head.weight
        embeddings.normal_(0, 1)
        scores.normal_(0, 1)
        embeddings[:, 0] = 4.0  # the component that is the same for all
        scores[:, 0] = 0.0
        for token in range(len(tokenizer)):
            scores[token, 0] = 2.0 * leaning(tokenizer.decode([token]))
    return model.to(torch.bfloat16)


def leaning(token: str) -> float:
    """How much likelier than others a token is, in about the spread of all their scores."""
    word = token.strip('",:')
    if (word and "false".startswith(word)) or any(empty in token for empty in ("{}", "[]")):
        return -4.0  # every document is a resume, and something is said of its person
    if len(word) > 1 and "person".startswith(word):
        return 2.5
    if token.startswith('"'):
        return 3.0  # texts are short
    if token.startswith(","):
        return 1.0
    return -1.5 if token.startswith(("}", "]")) else 0.0


def main() -> None:
    folder = Path(sys.argv[1])
    layers, width = map(int, sys.argv[2:4]) if len(sys.argv) > 2 else (2, 64)
    tokenizer = make_tokenizer()
    tokenizer.save_pretrained(folder)
    make_model(tokenizer, layers, width).save_pretrained(folder)
    GenerationConfig(eos_token_id=tokenizer.eos_token_id, pad_token_id=tokenizer.pad_token_id).save_pretrained(folder)
    print(f"{len(tokenizer)} tokens, {sum(path.stat().st_size for path in folder.iterdir()) / 1e6:.1f} MB in {folder}")


if __name__ == "__main__":
    main()
