"""What the words and codes of error responses mean: data for `app.routing.failure`. docs/resilience.md has the table.

The order counts: the first meaning that fits is taken. Sources are in tests/contract/servers/test_refusals.py.
"""

import re
from dataclasses import dataclass

from app.routing.attempt import Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Meaning:
    """Its codes and words count in responses with one of `statuses`. A response with one of `always` means it whatever
    it says. Words do not count in a text that matches `unless`.
    """

    name: str
    is_named: bool = True  # the name becomes part of `error` where the server has no code that says so
    outcome: Outcome
    statuses: frozenset[int]
    always: frozenset[int] = frozenset()
    codes: frozenset[str] = frozenset()  # in lower case
    words: re.Pattern[str] | None = None
    unless: re.Pattern[str] | None = None
    may_be_billed: bool = False


def _any_of(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(patterns), re.IGNORECASE | re.MULTILINE)


_BAD_REQUEST = frozenset({400, 413, 422})
# Gateways turn a server's 400 into one of these and keep the text.
_BROKEN = frozenset({424, 500, 502, 503})

NO_CREDIT = Meaning(
    name="no_credit",
    outcome="unauthorised",
    statuses=frozenset({400, 401, 402, 403, 429}) | _BROKEN,
    always=frozenset({402}),
    codes=frozenset(
        {
            "insufficient_quota",
            "insufficient_balance",
            "insufficient_credits",
            "insufficient_user_quota",
            "billing_hard_limit_reached",
            "billing_not_active",
            "billing_disabled",
            "billing_error",
            "exceeded_current_quota_error",
            "budget_exceeded",
            "account_deactivated",
            "account_suspended",
            "access_terminated",
            "arrearage",
            "invalid_payment_instrument",
            "payment_required",
        }
    ),
    words=_any_of(
        r"credit balance is too low",
        r"insufficient (?:account )?(?:balance|credits?|funds|quota)",
        r"exceeded your current quota",
        r"billing hard limit",
        r"check your (?:plan and )?billing",
        r"\b(?:account|organization|team)\b.{0,60}\b(?:suspended|deactivated|not active)",
        r"(?:used all|doesn't have any|does not have any|out of|no|requires more) (?:available |remaining )?credits\b",
        r"exceeded your monthly (?:included credits|spending limit)",
        r"budget has been exceeded",
        r"requires billing to be enabled",
        r"account is in good standing",
        r"in arrears|欠费|余额不足",
    ),
    # Gemini uses OpenAI's sentence for its limits per minute and day.
    unless=_any_of(r"RESOURCE_EXHAUSTED", r"per (?:minute|day)\b", r"(?:retry|try again) (?:in|after) \d"),
)
WRONG_KEY = Meaning(
    name="wrong_key",
    is_named=False,
    outcome="unauthorised",
    statuses=frozenset({400, 401, 403, 500}),
    always=frozenset({401}),
    codes=frozenset({"invalid_api_key", "invalidapikey", "api_key_invalid", "authentication_error"}),
    words=_any_of(
        r"(?:incorrect|invalid|unknown|expired) api[ _-]?key", r"api[ _-]?key (?:is )?(?:not valid|invalid|expired)"
    ),
)
CONTENT_FILTER = Meaning(
    name="content_filter",
    outcome="rejected",
    statuses=frozenset({400, 403, 422, 451}),
    always=frozenset({451}),
    codes=frozenset({"content_filter", "content_policy_violation", "data_inspection_failed", "datainspectionfailed"}),
    words=_any_of(r"content (?:management )?policy", r"responsibleaipolicyviolation", r"\binput was flagged"),
)
# The request alone needs more tokens than the account may use in a minute. No wait makes it fit, so the server is not
# busy; and the model's context has room for it, so the document is not too long.
OVER_RATE_LIMIT = Meaning(
    name="larger_than_rate_limit",
    outcome="rejected",
    statuses=frozenset({400, 413, 429}) | _BROKEN,
    words=_any_of(r"request too large for .{0,200}tokens per", r"tokens must be reduced in order to run successfully"),
)
OVERLOADED = Meaning(
    name="overloaded",
    is_named=False,
    outcome="rate_limited",
    statuses=frozenset({400, 403, 408}) | _BROKEN,
    always=frozenset({429, 529}),
    codes=frozenset(
        {
            "overloaded",
            "overloaded_error",
            "engine_overloaded_error",
            "rate_limit_exceeded",
            "rate_limit_error",
            "resource_exhausted",
            "throttlingexception",
            "throttling",
            "too_many_requests",
        }
    ),
    words=_any_of(
        r"\b(?:is|are|server|model|engine|service|currently|temporarily) overloaded",
        r"\brate ?limit(?:ed|error| reached| exceeded)",
        r"too many (?:concurrent )?requests",
        r"throttlingexception",
        r"resource_?exhausted",
        r"server (?:is )?busy",
        r"request queue is full|queue is full",
        r"maximum pending requests exceeded",
    ),
)
# A limit on the answer that holds for every request of this client: a lower max_output_tokens helps.
OUTPUT_LIMIT = Meaning(
    name="output_limit",
    outcome="rejected",
    statuses=frozenset({400, 416, 422}) | _BROKEN,
    words=_any_of(
        r"supports at most \d+ (?:completion|output) tokens",
        r"maximum allowed number of output tokens",
        r"valid range of max_(?:completion_)?tokens",
        r"the maximum tokens you requested exceeds the model limit",
        r"max_(?:completion_|new_|output_)?tokens\b[`'\"]? (?:must|should) be (?:less than|<=|at most)",
        r"[`'\"]max_(?:completion_|new_|output_)?tokens[`'\"] (?:must|should) be (?:less than|<=|at most)",
        r"max_(?:completion_|new_|output_)?tokens\b.{0,80}(?:is limited for this model|above maximum value)",
        r"parameter=max_(?:completion_)?tokens\s+input should be less than",
    ),
    # TGI limits `inputs` tokens + `max_new_tokens`.
    unless=_any_of(r"maximum context length", r"`inputs` tokens \+"),
)
TOO_LONG = Meaning(
    name="too_long",
    is_named=False,
    outcome="too_long",
    statuses=_BAD_REQUEST | _BROKEN,
    always=frozenset({413}),
    codes=frozenset(
        {
            "context_length_exceeded",
            "context_window_exceeded",
            "exceed_context_size_error",
            "request_too_large",
            "tokens_limit_reached",
            "string_above_max_length",
        }
    ),
    words=_any_of(
        # OpenAI, Azure, vLLM, OpenRouter, DeepSeek, Mistral, Groq, Cloudflare
        r"(?:maximum|max) (?:context|prompt|sequence|input|model|allowed) length",
        r"context[_ ]?(?:length|window|size)[_ ]?(?:was |is |has been |limit )?(?:was |is )?exceeded",
        r"contextwindowexceeded",
        r"exceed(?:s|ed|ing)?\b.{0,60}\bcontext (?:length|window|size|limit)",
        r"longer than the (?:model's |maximum )?(?:context|model|sequence|max)",
        r"(?:greater|larger|more) than (?:the )?(?:model's |available )?context",
        r"context[_ ](?:length|window|size|limit) (?:of|is) (?:only )?\d",
        r"max_model_len|max_seq_len|parameter=input_tokens",
        r"reduce the length of (?:the |your )?(?:messages|prompt|input|completion|either)",
        r"reduce (?:the length of )?your prompt",
        # Anthropic, Bedrock, Ollama, Zhipu, Hugging Face
        r"prompt (?:is )?too long|prompt exceeds max|too long to fit",
        r"input (?:is )?too long|input is too large|too many input tokens",
        r"exceed_context_size|exceeds the available context|context limit\b",
        r"messages?\b.{0,40}\bstring too long",
        # Gemini, Vertex, watsonx, Cohere
        r"token count\b.{0,60}\b(?:exceeds|only supports)",
        r"number of input tokens\b.{0,40}\b(?:cannot exceed|exceeds)",
        r"too many tokens",
        # LM Studio
        r"context the overflows|tokens to keep from the initial prompt|n_keep\b.{0,40}n_ctx",
        # TGI, TEI
        r"`?inputs`? (?:tokens \+ `max_new_tokens` must be|must have less than)",
        # SGLang, TensorRT-LLM
        r"exceeds the maximum (?:allowed|input|sequence|number of tokens)",
        r"exceeds? (?:the )?max(?:imum)?_(?:num_tokens|input_len|seq_len)|should not exceed max_num_tokens",
        # llama-cpp-python, DashScope, Moonshot, OpenRouter
        r"requested tokens .{0,40}exceed",
        r"range of input length",
        r"exceeded model token limit",
        r"prompt tokens limit exceeded",
    ),
    # Groq's output limit mentions the context; a rate limit may say "too many tokens".
    unless=_any_of(r"per (?:minute|min|day|second)\b", r"too many tokens processed"),
)
MODEL_NOT_FOUND = Meaning(
    name="model_not_found",
    outcome="rejected",
    statuses=frozenset({400, 404, 422}) | _BROKEN,
    codes=frozenset({"model_not_found", "deploymentnotfound", "model_not_exist", "modelnotfound", "unknown_model"}),
    words=_any_of(
        r"\bmodels?\b.{0,120}\b(?:not (?:be )?found|(?:does not|doesn't|not) exist)",
        r"\bmodel \S{1,80} is not (?:available|supported)",
        r"(?:no such|unknown|invalid) model\b|not a valid model|model identifier is invalid",
        r"\bdeployment\b.{0,60}\bnot exist",
        r"no models? (?:is |are )?loaded",
    ),
)
NO_SUCH_PATH = Meaning(
    name="no_such_path",
    outcome="rejected",
    statuses=frozenset({400, 404, 405}),
    always=frozenset({405}),
    words=_any_of(
        r"invalid url \(",
        r"unexpected endpoint or method",
        r"^\s*(?:404 )?(?:page |file |path |resource |route )?not found\.?\s*$",
        r"cannot post /|no route matched",
    ),
)
# The limit of a proxy's configuration, such as nginx's client_max_body_size, not of a model.
PROXY_LIMIT = Meaning(
    name="proxy_body_limit",
    outcome="rejected",
    statuses=_BAD_REQUEST | _BROKEN,
    words=_any_of(r"(?:request entity|payload|content|request body) (?:is )?too large(?! for)"),
)
# Pages are written by proxies and web servers, never by a model server.
PROXY_REFUSED = Meaning(name="refused_by_proxy", outcome="rejected", statuses=frozenset())
PAGES = {403: PROXY_REFUSED, 404: NO_SUCH_PATH, 413: PROXY_LIMIT}
# A gateway gave up; the model behind it may still be working.
GATEWAY_TIMEOUT = Meaning(
    name="gateway_timeout",
    is_named=False,
    outcome="timeout",
    statuses=_BROKEN,
    always=frozenset({408, 499, 504, 524}),
    codes=frozenset({"deadline_exceeded"}),
    words=_any_of(r"deadline[ _]exceeded", r"upstream request timeout", r"request timed out", r"litellm\.timeout"),
    may_be_billed=True,
)

BEFORE_PARAMETERS = (NO_CREDIT, WRONG_KEY, CONTENT_FILTER, OVER_RATE_LIMIT, OVERLOADED, OUTPUT_LIMIT)
AFTER_PARAMETERS = (PROXY_LIMIT, TOO_LONG, MODEL_NOT_FOUND, NO_SUCH_PATH, GATEWAY_TIMEOUT)
_ALL = (*BEFORE_PARAMETERS, *AFTER_PARAMETERS, PROXY_REFUSED)
_BY_WORD = {word: meaning for meaning in _ALL for word in (meaning.name, *meaning.codes)}
_BY_STATUS = {status: meaning for meaning in _ALL for status in meaning.always}
_ERROR = re.compile(r"^http_(\d+)(?:_(.+))?$")


def meaning_of(error: str) -> Meaning | None:
    """Of an attempt's `error`, such as `http_429_insufficient_quota`; None where only the outcome is known."""
    found = _ERROR.match(error)
    if found is None:
        return None
    return _BY_WORD.get((found[2] or "").lower()) or _BY_STATUS.get(int(found[1]))
