"""Creates the model for `make test-vllm`: Qwen2 with random weights and a custom BPE tokenizer, 2 MB.

Run it with the Python of `.venv-vllm-test`: `python tests/vllm/tiny_model.py FOLDER [LAYERS WIDTH]`. It takes seconds
and needs no network. More layers and width make a slower model, for measurements. The model is untrained, so its
answers are nonsense; with a schema they are well-formed nonsense of about 50 to 100 tokens. To make sure that they end,
one component is the same in every token's vector, and tokens that end a JSON text respond to it, which makes them more
likely than others.
"""
# pyright: reportMissingImports=false, reportUnknownVariableType=false, reportUnknownParameterType=false
# torch, tokenizers and transformers are installed only in `.venv-vllm-test`.

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
# Without these factors each token would depend only on the previous one, and every answer would be the same.
MIXING = 8.0


def texts() -> Iterator[str]:
    """Prompts and fictitious resumes of this repository, as the model will read and write them."""
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
    # Without control bytes: a JSON grammar does not allow them, and vLLM's implementation then fails.
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
        embeddings[:, 0] = 4.0  # the component that is the same in all vectors
        scores[:, 0] = 0.0
        for token in range(len(tokenizer)):
            scores[token, 0] = 2.0 * leaning(tokenizer.decode([token]))
    return model.to(torch.bfloat16)


def leaning(token: str) -> float:
    """How much more likely a token is than others, in about the units of the spread of all scores."""
    word = token.strip('",:')
    if (word and "false".startswith(word)) or any(empty in token for empty in ("{}", "[]")):
        return -4.0  # every document is a resume, and something is returned about its person
    if len(word) > 1 and "person".startswith(word):
        return 2.5
    if token.startswith('"'):
        return 3.0  # so that texts are short
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
