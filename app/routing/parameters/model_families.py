"""Which parameters of a chat completion a model takes: a table by family. Called by `request_parameters`.

`[clients.NAME.parameters]` overrides it. A parameter that a server refuses although the table has it is left out too
(`refused_parameters`), so a model that is missing here costs one refused call. Sources are in
tests/contract/servers/test_parameters.py.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal
from urllib.parse import urlsplit

MaxTokensName = Literal["max_tokens", "max_completion_tokens"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFamily:
    """`models` is searched in the bare name; with `hosts`, it counts only at these providers.

    `max_tokens_name` None: the usual name of the client's BAML provider. `reasoning_effort` None: not known.
    """

    name: str
    models: re.Pattern[str]
    hosts: tuple[str, ...] = ()
    temperature: bool = True
    max_tokens_name: MaxTokensName | None = None
    response_format: bool = True  # with a JSON schema
    stream_options: bool = True
    reasoning_effort: bool | None = None


def _models(pattern: str) -> re.Pattern[str]:
    """A name may have a vendor or deployment in front: `us.anthropic.claude-...`, `prod-gpt-5-mini`."""
    return re.compile(rf"(?:^|[._-]){pattern}")


_ANY = re.compile("")
# The first family that fits counts.
FAMILIES: tuple[ModelFamily, ...] = (
    # Providers whose API differs from that of other servers with the same models
    ModelFamily(
        name="Mistral's API",
        models=_ANY,
        hosts=("api.mistral.ai",),
        max_tokens_name="max_tokens",
        stream_options=False,  # it always reports its usage
        reasoning_effort=False,
    ),
    ModelFamily(
        name="DeepSeek's API, reasoning model",
        models=_models("deepseek-reasoner"),
        temperature=False,  # ignored
        max_tokens_name="max_tokens",
        response_format=False,
        reasoning_effort=False,
    ),
    ModelFamily(
        name="DeepSeek's API",
        models=_ANY,
        hosts=("api.deepseek.com",),
        max_tokens_name="max_tokens",
        response_format=False,  # only JSON without a schema
        reasoning_effort=False,
    ),
    # OpenAI
    ModelFamily(name="gpt-oss", models=_models("gpt-oss"), reasoning_effort=True),
    ModelFamily(
        name="gpt-5-chat",
        models=_models("gpt-?5-chat"),
        max_tokens_name="max_completion_tokens",
        reasoning_effort=False,
    ),
    ModelFamily(
        name="gpt-5",
        models=_models("gpt-?5"),
        temperature=False,
        max_tokens_name="max_completion_tokens",
        reasoning_effort=True,
    ),
    ModelFamily(
        name="o1-mini, o1-preview",
        models=re.compile(r"^(?:azure-|openai-)?o1-(?:mini|preview)"),
        temperature=False,
        max_tokens_name="max_completion_tokens",
        response_format=False,
        reasoning_effort=False,
    ),
    ModelFamily(
        name="o1, o3, o4",
        # Only in front: other vendors' names end in -o1.
        models=re.compile(r"^(?:azure-|openai-)?o[134](?:-|$)"),
        temperature=False,
        max_tokens_name="max_completion_tokens",
        reasoning_effort=True,
    ),
    ModelFamily(
        name="gpt-4o with web search",
        models=_models(r"gpt-4o(?:-mini)?-search"),
        temperature=False,
        reasoning_effort=False,
    ),
    ModelFamily(name="chatgpt-4o", models=_models("chatgpt-4o"), response_format=False, reasoning_effort=False),
    ModelFamily(name="gpt-4o, gpt-4.1", models=_models(r"gpt-?4(?:o|\.\d)"), reasoning_effort=False),
    ModelFamily(
        name="gpt-4, gpt-3.5", models=_models(r"gpt-?(?:4|3\.?5)"), response_format=False, reasoning_effort=False
    ),
    # Others, at their own API or behind a gateway
    ModelFamily(name="claude", models=_models("claude"), max_tokens_name="max_tokens"),
    ModelFamily(
        name="gemini 1.5, 2.0",
        models=_models(r"gemini-(?:1\.|2\.0)"),
        max_tokens_name="max_tokens",
        reasoning_effort=False,
    ),
    ModelFamily(name="gemini", models=_models("gemini"), max_tokens_name="max_tokens", reasoning_effort=True),
    ModelFamily(
        name="grok with reasoning effort",
        models=_models(r"grok-(?:3-mini|4\.20-multi-agent|4\.3)"),
        max_tokens_name="max_tokens",
        reasoning_effort=True,
    ),
    ModelFamily(
        name="grok 2 to 4", models=_models(r"grok-[234]"), max_tokens_name="max_tokens", reasoning_effort=False
    ),
    ModelFamily(
        name="kimi k2.5 and later",
        models=_models(r"kimi-k(?:2\.[5-9]|[3-9])"),
        temperature=False,
        max_tokens_name="max_tokens",
    ),
    ModelFamily(
        name="mistral, mixtral, llama, gemma, phi",
        models=_models(r"(?:(?:open-)?mi[sx]tral|ministral|codestral|llama|gemma|phi)"),
        max_tokens_name="max_tokens",
        reasoning_effort=False,
    ),
    ModelFamily(name="qwen, qwq", models=_models("(?:qwen|qwq)"), max_tokens_name="max_tokens"),
)
_UNKNOWN = ModelFamily(name="unknown", models=_ANY)


@lru_cache(maxsize=256)
def find_family(model: str | None, base_url: str | None) -> ModelFamily:
    host = (urlsplit(base_url).hostname or "") if base_url else ""
    bare = bare_name(model or "")
    return next(
        (
            family
            for family in FAMILIES
            if (not family.hosts or host in family.hosts) and (bare or family.hosts) and family.models.search(bare)
        ),
        _UNKNOWN,
    )


def bare_name(model: str) -> str:
    """Without prefixes and tags: of `openai/gpt-5-mini`, `models/gemini-2.5-pro`, `ft:gpt-4o-mini:team::id`,
    `qwen2.5:7b`.
    """
    name = model.strip().lower().removeprefix("ft:").rpartition("/")[2]
    return re.split(r"[:@]", name, maxsplit=1)[0]
