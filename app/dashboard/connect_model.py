"""The ways to connect a model, with the exact lines to write; shown on the system page until one is connected.

The lines are valid configuration: a test reads them with `load_settings`.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Way:
    """`doing` is followed by the file's name and then the lines; `note` has commands in backquotes."""

    title: str
    doing: str
    file: str
    lines: str
    note: str = ""


WAYS_TO_CONNECT = (
    Way(
        "OpenAI",
        "Add this line with your key to",
        ".env",
        "OPENAI_API_KEY=sk-...",
        "Resumes are sent to OpenAI, except those uploaded for local models only.",
    ),
    Way(
        "Your own vLLM server",
        "Replace the section `[clients.LocalVLLM]` in",
        "vitae.toml",
        """\
[clients.LocalVLLM]
base_url = "http://gpu-server:8000/v1"
model = "mistralai/Mistral-7B-Instruct-v0.3"
location = "local"
billing = "self_hosted"
cost_profile = "aws-g5.xlarge-1yr\"""",
        "`cost_profile` names the server, so that its cost can be computed (docs/cost-model.md).",
    ),
    Way(
        "Ollama on this computer",
        "Replace the section `[clients.LocalVLLM]` in",
        "vitae.toml",
        """\
[clients.LocalVLLM]
base_url = "http://127.0.0.1:11434/v1"
model = "qwen2.5:7b-instruct"
location = "local"
billing = "self_hosted"
context_tokens = 8192
first_token_timeout_seconds = 60
total_timeout_seconds = 120""",
        "Start it with `OLLAMA_CONTEXT_LENGTH=8192 ollama serve`. LM Studio and llama.cpp work the same way "
        "(docs/clients.md).",
    ),
)
