"""Error responses in the words of real servers, by the outcome that they should have: data for `test_refusals`.

Each row names its source: the repository and issue in which somebody met the response, or a vendor's documentation.
"""

from dataclasses import dataclass, field
from typing import Any

from tests.contract.servers.refusing_server import Body


@dataclass(frozen=True, slots=True)
class Row:
    source: str
    status: int
    body: Body
    error: str | None = None  # None: only the outcome matters
    headers: dict[str, str] = field(default_factory=dict[str, str])
    retry_after_seconds: float | None = None


def openai(message: str, *, code: Any = None, kind: str = "invalid_request_error", param: str | None = None) -> Body:
    return {"error": {"message": message, "type": kind, "param": param, "code": code}}


def vllm(message: str) -> Body:
    return {"object": "error", "message": message, "type": "BadRequestError", "param": None, "code": 400}


def page(title: str) -> str:
    return f"<html>\r\n<head><title>{title}</title></head>\r\n<body><center><h1>{title}</h1></center></body></html>"


TOO_LONG = [
    # vLLM, old and new
    Row(
        "ruipeterpan/specreason#4",
        400,
        vllm(
            "This model's maximum context length is 8192 tokens. However, you requested 8203 tokens (7691 in "
            "the messages, "
            "512 in the completion). Please reduce the length of the messages or completion."
        ),
    ),
    Row(
        "thu-coai/Glyph#9",
        400,
        openai(
            "The decoder prompt (length 163840) is longer than the maximum model length of 131072. Make sure that "
            "`max_model_len` is no smaller than the number of text tokens plus multimodal tokens.",
            kind="BadRequestError",
            code=400,
        ),
    ),
    Row(
        "vllm-project/vllm#12165",
        500,
        "The prompt (total length 25938) is too long to fit into the model (context length 4096).",
    ),
    Row(
        "claude-code-best/claude-code#272",
        400,
        openai(
            "'max_tokens' or 'max_completion_tokens' is too large: 64000. This model's maximum context length is 64001 "
            "tokens and your request has 24235 input tokens (64000 > 64001 - 24235). None",
            kind="BadRequestError",
            code=400,
        ),
    ),
    Row(
        "vllm-project/vllm#36197",
        400,
        openai("Please reduce the input. (parameter=input_tokens, value=4097)", param="input_tokens", code=400),
    ),
    # OpenAI, Azure, others with OpenAI's words
    Row(
        "ChatGPTNextWeb/NextChat#3195",
        400,
        openai(
            "This model's maximum context length is 8192 tokens. However, you requested 8256 tokens.",
            param="messages",
            code="context_length_exceeded",
        ),
    ),
    Row(
        "webtimemachine/wtm2#579",
        400,
        {"message": "However, your messages resulted in 204308 tokens.", "code": "context_length_exceeded"},
    ),
    Row("THUDM/LongBench#104", 400, vllm("This model's maximum context length is 131072 tokens.")),
    Row("ddalcu/mlx-serve#66", 400, {"error": "Prompt exceeds maximum context length"}),
    # SGLang
    Row(
        "QwenLM/Qwen3#1321",
        400,
        vllm("The input (61709 tokens) is longer than the model's context length (40960 tokens)."),
    ),
    Row(
        "sgl-project/sglang#4048",
        400,
        vllm("Input length (160062 tokens) exceeds the maximum allowed length (59862 tokens)."),
    ),
    # TGI, TEI
    Row(
        "huggingface/llm-vscode#94",
        422,
        {
            "error": "Input validation error: `inputs` tokens + `max_new_tokens` must be <= 2048. Given: 3474 `inputs` "
            "tokens and 60 `max_new_tokens`",
            "error_type": "validation",
        },
    ),
    Row(
        "opea-project/GenAIExamples#340",
        413,
        {
            "error": "Input validation error: `inputs` must have less than 512 tokens. Given: 900",
            "error_type": "validation",
        },
    ),
    Row(
        "bytedance/UI-TARS-desktop#626",
        422,
        '"Input validation error: `inputs` tokens + `max_new_tokens` must be <= 65537. Given: 79993 `inputs` tokens"',
    ),
    Row("huggingface/huggingface_hub#1735", 400, {"error": "Input is too long for this model, shorten your input"}),
    # llama.cpp and what is built on it
    Row(
        "openakita/openakita#459",
        400,
        {
            "error": {
                "code": 400,
                "message": "request (44593 tokens) exceeds the available context size (4096 tokens), try increasing it",
                "type": "exceed_context_size_error",
                "n_prompt_tokens": 44593,
                "n_ctx": 4096,
            }
        },
    ),
    Row(
        "ggml-org/llama.cpp#15780",
        500,
        {
            "error": {
                "code": 500,
                "message": "the request exceeds the available context size. try increasing the context size or enable "
                "context shift",
                "type": "server_error",
            }
        },
    ),
    Row(
        "fedora-copr/logdetective-website#193",
        500,
        openai("Requested tokens (2285) exceed context window of 2048", kind="internal_server_error"),
    ),
    Row(
        "lfnovo/open-notebook#470",
        500,
        {
            "error": {
                "code": 500,
                "message": "rpc error: code = Internal desc = request (20652 tokens) exceeds the available "
                "context size "
                "(8192 tokens), try increasing it",
                "type": "",
            }
        },
    ),
    Row("nomic-ai/gpt4all#664", 500, "ERROR: The prompt size exceeds the context window size and cannot be processed."),
    Row("AIAnytime/ChatCSV-Llama2-Chatbot#2", 500, "Number of tokens (757) exceeded maximum context length (512)."),
    # LM Studio
    Row(
        "lmstudio-ai/lmstudio-bug-tracker#237",
        400,
        {
            "error": "Trying to keep the first 5000 tokens when context the overflows. However, the model is "
            "loaded with "
            "context length of only 4096 tokens, which is not enough."
        },
    ),
    # TensorRT-LLM
    Row(
        "NVIDIA/TensorRT-LLM#9277",
        500,
        openai("The sum of prompt length (9351.0), query length (0) should not exceed max_num_tokens (8192)"),
    ),
    Row(
        "triton-inference-server/tensorrtllm_backend#565",
        500,
        {
            "error": "Encountered an error when fetching new request: Prompt length (200) exceeds maximum input "
            "length (1)"
        },
    ),
    Row(
        "triton-inference-server/tensorrtllm_backend#141",
        400,
        "Cannot process new request: Prompt length (5056) exceeds maximum sequence length (2048)",
    ),
    # Anthropic, Bedrock, Gemini behind gateways
    Row(
        "docker/docker-agent#569",
        400,
        {
            "type": "error",
            "error": {
                "type": "invalid_request_error",
                "message": "input length and `max_tokens` exceed context limit: 178959 + 64000 > 200000, "
                "decrease input "
                "length or `max_tokens` and try again",
            },
        },
    ),
    Row(
        "kortix-ai/suna#172",
        500,
        {
            "detail": 'litellm.BadRequestError: AnthropicException - b\'{"type":"error","error":{"type":'
            '"invalid_request_error","message":"prompt is too long: 238160 tokens > 200000 maximum"}}\''
        },
    ),
    Row(
        "aws-samples/assessment-generator#2",
        400,
        {"errorType": "ValidationException", "errorMessage": "Input is too long for requested model."},
    ),
    Row(
        "continuedev/continue#6005",
        424,
        {"detail": "The model returned the following errors: Input is too long for requested model."},
    ),
    Row(
        "google-gemini/gemini-cli#6678",
        400,
        [
            {
                "error": {
                    "code": 400,
                    "message": "The input token count (1200293) exceeds the maximum number of tokens allowed "
                    "(1048576).",
                    "status": "INVALID_ARGUMENT",
                }
            }
        ],
    ),
    Row(
        "google-gemini/gemini-cli#5807",
        500,
        {
            "error": {
                "message": '{\n  "error": {\n    "code": 400,\n    "message": "The input token count (1091639) '
                "exceeds the "
                'maximum number of tokens allowed (1048576).",\n    "status": "INVALID_ARGUMENT"\n  }\n}\n',
                "code": 400,
                "status": "Bad Request",
            }
        },
    ),
    # LiteLLM and other gateways that wrap the text
    Row(
        "BerriAI/litellm#38368",
        400,
        openai("litellm.ContextWindowExceededError: OpenAIException. Max Input Tokens=272000, Got=301450", code="400"),
    ),
    Row(
        "Gabesarch/grounded-rl#16",
        500,
        {
            "detail": "Error code: 400 - {'object': 'error', 'message': 'The decoder prompt (length 10127) is "
            "longer than "
            "the maximum model length of 8192.', 'type': 'BadRequestError', 'param': None, 'code': 400}"
        },
    ),
]

NO_CREDIT = [
    Row(
        "2389-research/tracker#547",
        429,
        openai(
            "You exceeded your current quota, please check your plan and billing details.",
            kind="insufficient_quota",
            code="insufficient_quota",
        ),
        "http_429_insufficient_quota",
    ),
    Row("diegosouzapw/OmniRoute#1767", 429, openai("quota", kind="insufficient_quota"), "http_429_no_credit"),
    Row(
        "continuedev/continue#5499",
        400,
        {
            "type": "error",
            "error": {
                "type": "invalid_request_error",
                "message": "Your credit balance is too low to access the Anthropic API. Please go to Plans & Billing.",
            },
        },
        "http_400_no_credit",
    ),
    Row(
        "Gitlawb/openclaude#1125",
        402,
        {
            "error": {
                "message": "This request requires more credits, or fewer max_tokens. You requested up to 32000 "
                "tokens, but "
                "can only afford 27342.",
                "code": 402,
            }
        },
        "http_402_no_credit",
    ),
    Row("RFC 9110, status 402", 402, "", "http_402"),
    Row(
        "tencentmusic/supersonic#1572",
        400,
        {"message": "Access denied, please make sure your account is in good standing.", "code": "Arrearage"},
        "http_400_Arrearage",
    ),
    Row(
        "continuedev/continue#11443",
        429,
        "Your account org-x <ak-y> is suspended due to insufficient balance, please recharge your account or "
        "check your "
        "plan and billing details",
        "http_429_no_credit",
    ),
    Row(
        "anomalyco/opencode#25458",
        429,
        {
            "error": {
                "message": "Error from provider: Provider returned error",
                "code": 429,
                "metadata": {
                    "raw": '{"error":{"message":"Your account org-x is suspended due to insufficient balance",'
                    '"type":"exceeded_current_quota_error"}}',
                    "provider_name": "Moonshot AI",
                },
            }
        },
        "http_429_no_credit",
    ),
    Row(
        "OpenAI documentation, error codes",
        400,
        openai("Billing hard limit has been reached", code="billing_hard_limit_reached"),
        "http_400_billing_hard_limit_reached",
    ),
    Row(
        "LiteLLM documentation, budgets",
        400,
        openai("Budget has been exceeded! Current cost: 10.1, Max budget: 10.0", kind="budget_exceeded", code="400"),
        "http_400_no_credit",
    ),
]

BUSY = [
    Row("RFC 6585, status 429", 429, "", "http_429"),
    Row("RFC 6585, Retry-After", 429, {"message": "slow down"}, "http_429", {"Retry-After": "7"}, 7),
    Row(
        "OpenAI documentation, rate limits",
        429,
        openai(
            "Rate limit reached for gpt-4o in organization org-x on tokens per min (TPM): Limit 30000, Used 29000, "
            "Requested 2000. Please try again in 2.5s.",
            kind="tokens",
            code="rate_limit_exceeded",
        ),
        "http_429_rate_limit_exceeded",
        retry_after_seconds=2.5,
    ),
    Row(
        "vanderschaarlab/climb#1, Azure",
        429,
        openai(
            "Requests to the ChatCompletions_Create Operation under Azure OpenAI API version 2024-08-01-preview have "
            "exceeded token rate limit of your current OpenAI S0 pricing tier. Please retry after 86400 seconds.",
            code="429",
        ),
        "http_429",
        retry_after_seconds=86_400,
    ),
    Row(
        "continuedev/continue#10062",
        429,
        {
            "error": {
                "message": '{\n "error": {\n "code": 429,\n "message": "You exceeded your current quota, please '
                "check your "
                "plan and billing details.\\n* Quota exceeded for metric: generate_content_free_tier_requests, "
                "limit: 0\\n"
                'Please retry in 20.04466179s.",\n "status": "RESOURCE_EXHAUSTED"\n }\n}'
            }
        },
        "http_429",
        retry_after_seconds=20.04466179,
    ),
    Row(
        "continuedev/continue#9800",
        429,
        {"message": "Tokens per minute limit exceeded - too many tokens processed."},
        "http_429",
    ),
    Row(
        "anthropics/claude-code#3558",
        529,
        {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}},
        "http_529",
    ),
    Row("vava-nessa/free-coding-models#148", 529, "Service temporarily overloaded", "http_529"),
    Row(
        "EasyMetaAu/helm-api#641",
        503,
        {
            "error": {
                "code": 503,
                "message": "The model is overloaded. Please try again later.",
                "status": "UNAVAILABLE",
            }
        },
        "http_503",
        {"Retry-After": "3"},
        3,
    ),
    Row(
        "perminder-klair/subwave#684",
        503,
        openai("Upstream error from Nvidia: ResourceExhausted: Worker local total request limit reached (32/32)"),
        "http_503",
    ),
    Row(
        "Ollama documentation, OLLAMA_MAX_QUEUE",
        503,
        {"error": "server busy, please try again.  maximum pending requests exceeded"},
        "http_503",
    ),
]

REJECTED = [
    # A limit on every answer is a setting, not a long document.
    Row(
        "ChatGPTNextWeb/NextChat#3195, gpt-3.5",
        400,
        openai(
            "max_tokens is too large: 8192. This model supports at most 4096 completion tokens, whereas you "
            "provided 8192.",
            param="max_tokens",
        ),
        "http_400_output_limit",
    ),
    Row(
        "we0-dev/we0#56",
        400,
        openai("Invalid max_tokens value, the valid range of max_tokens is [1, 8192]", code="invalid_request_error"),
        "http_400_output_limit",
    ),
    Row(
        "aws-samples/bedrock-access-gateway#41",
        400,
        {
            "detail": "An error occurred (ValidationException) when calling the ConverseStream operation: The maximum "
            "tokens you requested exceeds the model limit of 2048. Try again with a maximum tokens value that is lower."
        },
        "http_400_output_limit",
    ),
    Row(
        "Gitlawb/openclaude#331",
        400,
        {
            "error": {
                "code": "InvalidParameter",
                "message": "The parameter `max_completion_tokens` specified in the request are not valid: "
                "integer above "
                "maximum value, expected a value <= 12288, but got 32000 instead.",
                "param": "max_completion_tokens",
                "type": "BadRequest",
            }
        },
        "http_400_output_limit",
    ),
    Row(
        "AQBot-Desktop/AQBot#93",
        400,
        openai(
            "Param Incorrect",
            kind="upstream_error",
            param="max_tokens is too large: 1048576. This model supports at most 131072 completion tokens.",
            code="400",
        ),
        "http_400_output_limit",
    ),
    Row(
        "huggingface/transformers#28523",
        422,
        {"error": "Input validation error: `max_new_tokens` must be <= 192. Given: 200"},
        "http_422_output_limit",
    ),
    # A request that alone exceeds the account's tokens per minute never fits, however long Vitae waits.
    Row(
        "vanderschaarlab/climb#1",
        429,
        openai(
            "Request too large for gpt-4o in organization org-x on tokens per min (TPM): Limit 30000, Requested "
            "30601. The "
            "input or output tokens must be reduced in order to run successfully.",
            kind="tokens",
            code="rate_limit_exceeded",
        ),
        "http_429_larger_than_rate_limit",
    ),
    Row(
        "autohandai/code-cli#338",
        413,
        openai(
            "Request too large for model `openai/gpt-oss-20b` in organization `org_x` service tier `on_demand` "
            "on tokens "
            "per minute (TPM): Limit 8000, Requested 34031, please reduce your message size and try again.",
            kind="tokens",
            code="rate_limit_exceeded",
        ),
        "http_413_larger_than_rate_limit",
    ),
    # Model or address
    Row(
        "OpenAI documentation, error codes: model",
        404,
        openai("The model `gpt-9` does not exist or you do not have access to it.", code="model_not_found"),
        "http_404_model_not_found",
    ),
    Row(
        "vLLM documentation, served model name", 404, vllm("The model `x` does not exist."), "http_404_model_not_found"
    ),
    Row(
        "ollama documentation, pull",
        404,
        {"error": "model 'x' not found, try pulling it first"},
        "http_404_model_not_found",
    ),
    Row(
        "AWS documentation, Bedrock model ids",
        400,
        {"message": "The provided model identifier is invalid."},
        "http_400_model_not_found",
    ),
    Row("FastAPI documentation, unknown path", 404, {"detail": "Not Found"}, "http_404_no_such_path"),
    Row("Go's http.NotFound, as Ollama uses it", 404, "404 page not found\n", "http_404_no_such_path"),
    Row(
        "ChatGPTNextWeb/NextChat#6604, path of an Azure deployment",
        404,
        {"error": {"code": "404", "message": "Resource not found"}},
        "http_404_no_such_path",
    ),
    Row("nginx, unknown path", 404, page("404 Not Found"), "http_404_no_such_path"),
    Row("FastAPI documentation, GET only", 405, {"detail": "Method Not Allowed"}, "http_405"),
    # Proxies and web servers
    Row(
        "nginx documentation, client_max_body_size",
        413,
        page("413 Request Entity Too Large"),
        "http_413_proxy_body_limit",
    ),
    Row("expressjs/body-parser", 413, {"error": "request entity too large"}, "http_413_proxy_body_limit"),
    Row("nginx documentation, chunked requests", 411, page("411 Length Required"), "http_411"),
    Row("Cloudflare documentation, WAF", 403, page("Attention Required! | Cloudflare"), "http_403_refused_by_proxy"),
    Row("RFC 9110, status 415", 415, {"detail": "Unsupported media type"}, "http_415"),
    Row("RFC 6585, status 431", 431, page("431 Request Header Fields Too Large"), "http_431"),
    Row(
        "ggml-org/llama.cpp, not_supported_error", 501, openai("This server does not support it.", code=501), "http_501"
    ),
    # About the document or its messages
    Row(
        "Azure documentation, content filter",
        400,
        {
            "error": {
                "message": "The response was filtered due to the prompt triggering Azure OpenAI's content management "
                "policy.",
                "param": "prompt",
                "code": "content_filter",
                "status": 400,
            }
        },
        "http_400_content_filter",
    ),
    Row(
        "OpenRouter documentation, moderation",
        403,
        {"error": {"code": 403, "message": "Your input was flagged", "metadata": {"reasons": ["violence"]}}},
        "http_403_content_filter",
    ),
    Row(
        "Gage-Technologies/mistral-go#2",
        422,
        {
            "object": "error",
            "message": {
                "detail": [
                    {
                        "type": "extra_forbidden",
                        "loc": ["body", "messages", 0, "user", "name"],
                        "msg": "Extra inputs are not permitted",
                        "input": "",
                    }
                ]
            },
            "type": "invalid_request_error",
        },
        "http_422",
    ),
]

WRONG_KEY = [
    Row(
        "OpenAI documentation, 401",
        401,
        openai("Incorrect API key provided", code="invalid_api_key"),
        "http_401_invalid_api_key",
    ),
    Row("nginx, auth_basic", 401, page("401 Authorization Required"), "http_401"),
    Row(
        "Google documentation, API keys",
        400,
        [
            {
                "error": {
                    "code": 400,
                    "message": "API key not valid. Please pass a valid API key.",
                    "status": "INVALID_ARGUMENT",
                }
            }
        ],
        "http_400",
    ),
    Row("RFC 9110, status 403", 403, {"message": "forbidden"}, "http_403"),
    Row(
        "OpenAI documentation, projects",
        403,
        openai("Project `proj_x` does not have access to model `gpt-4o`", code="model_not_found"),
        "http_403_model_not_found",
    ),
]

TIMEOUT = [
    Row("nginx, proxy_read_timeout", 504, page("504 Gateway Time-out"), "http_504"),
    Row("RFC 9110, status 408", 408, "", "http_408"),
    Row("nginx, status 499 of an inner proxy", 499, "", "http_499"),
    Row("Cloudflare documentation, 524", 524, page("524: A timeout occurred"), "http_524"),
    Row("Go's context.DeadlineExceeded behind a gateway", 500, {"error": "context deadline exceeded"}, "http_500"),
]

BROKEN = [
    Row("RFC 9110, status 500", 500, openai("Internal server error", kind="server_error"), "http_500"),
    Row("nginx, upstream down", 502, page("502 Bad Gateway"), "http_502"),
    Row(
        "llama.cpp, starting",
        503,
        {"error": {"code": 503, "message": "Loading model", "type": "unavailable_error"}},
        "http_503",
    ),
    *(Row(f"Cloudflare documentation, {s}", s, page(f"error code: {s}"), f"http_{s}") for s in (520, 521, 522, 523)),
    Row("Ollama, memory", 500, {"error": "model requires more system memory (10.0 GiB) than is available"}, "http_500"),
    Row(
        "Python's TypeError in a server",
        500,
        {"detail": "unsupported operand type(s) for +: 'int' and 'str'"},
        "http_500",
    ),
    Row("a body of brackets", 500, "[" * 60_000, "http_500"),
]
