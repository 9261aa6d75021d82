"""Refusals of parameters in the words of real servers: data for `test_parameters`.

Each row names its source: the repository and issue in which somebody met the response, or a vendor's documentation.
"""

from dataclasses import dataclass
from typing import Any

from tests.contract.servers.refusing_server import Body


def openai(message: str, *, code: str | None = None, param: str | None = None) -> Body:
    return {"error": {"message": message, "type": "invalid_request_error", "param": param, "code": code}}


def unsupported_value(name: str) -> Body:
    return openai(
        f"Unsupported value: '{name}' does not support 0 with this model. Only the default (1) value is supported.",
        param=name,
        code="unsupported_value",
    )


@dataclass(frozen=True, slots=True)
class Row:
    """`refused`: the parameters that the server refuses, each with its response."""

    source: str
    status: int
    refused: dict[str, Body]
    instead: str | None = None
    parameters: dict[str, Any] | None = None


ROWS = [
    Row("gabrii/Cursor-Azure-GPT-5#33", 400, {"temperature": unsupported_value("temperature")}),
    Row(
        "BerriAI/litellm#13397",
        400,
        {
            "temperature": openai(
                "litellm.BadRequestError: AzureException BadRequestError - Unsupported value: 'temperature' does not "
                "support 0 with this model. Only the default (1) value is supported.. Received Model Group=gpt-5",
                code="400",
            )
        },
    ),
    Row(
        "BerriAI/litellm#33738",
        400,
        {
            "temperature": openai(
                "litellm.UnsupportedParamsError: gpt-5-nano doesn't support temperature=0.1 while reasoning is active. "
                "Only temperature=1 is supported. To drop unsupported params set `litellm.drop_params = True`.",
                code="400",
            )
        },
    ),
    Row(
        "opencyvis/opencyvis-phone#12",
        400,
        {"temperature": openai("invalid temperature: only 1 is allowed for this model")},
    ),
    Row(
        "raycast/extensions#18304",
        400,
        {"temperature": openai("Model incompatible request argument supplied: temperature")},
    ),
    Row(
        "huggingface/text-generation-inference, temperature",
        422,
        {
            "temperature": {
                "error": "Input validation error: `temperature` must be strictly positive",
                "error_type": "validation",
            }
        },
    ),
    Row(
        "BerriAI/litellm#8199",
        400,
        {
            "max_tokens": openai(
                "litellm.BadRequestError: GithubException - Error code: 400 - {'error': {'message': \"Unsupported "
                "parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' "
                "instead.\", 'type': "
                "'invalid_request_error', 'param': 'max_tokens', 'code': 'unsupported_parameter'}}",
                code="400",
            )
        },
        instead="max_completion_tokens",
    ),
    Row(
        "mistralai/platform-docs-public#7",
        422,
        {
            "stream_options": {
                "object": "error",
                "message": '{"detail":[{"type":"extra_forbidden","loc":["body","stream_options"],"msg":"Extra '
                "inputs are "
                'not permitted","input":{"include_usage":true}}]}',
                "type": "internal_error_proxy",
                "param": None,
                "code": "1000",
            }
        },
    ),
    Row(
        "dnakov/anon-kode#53, at another address",
        422,
        {
            "stream_options": {
                "object": "error",
                "message": {
                    "detail": [
                        {
                            "type": "extra_forbidden",
                            "loc": ["body", "stream_options", "include_usage"],
                            "msg": "Extra inputs are not permitted",
                            "input": True,
                        }
                    ]
                },
                "type": "invalid_request_error",
            }
        },
    ),
    Row(
        "gpustack/gpustack#429",
        400,
        {
            "stream_options": openai(
                "[{'type': 'extra_forbidden', 'loc': ('body', 'stream_options'), 'msg': 'Extra inputs are not "
                "permitted', "
                "'input': {'include_usage': True}}]"
            )
        },
    ),
    Row(
        "Pythagora-io/gpt-pilot#1022",
        400,
        {
            "stream_options": openai(
                "Unrecognized request argument supplied: stream_options. Please contact us.", param=""
            )
        },
    ),
    Row(
        "agno-agi/agno#1066",
        400,
        {
            "stream_options": openai(
                "Unknown parameter: 'stream_options'.", param="stream_options", code="unknown_parameter"
            )
        },
    ),
    Row(
        "microsoft/semantic-kernel#10510",
        400,
        {"stream_options": openai("Validation error at #/stream_options: Extra inputs are not permitted")},
    ),
    Row(
        "lobehub/lobehub#9385",
        400,
        {
            "stream": openai(
                "Your organization must be verified to stream this model.", param="stream", code="unsupported_value"
            )
        },
    ),
    Row(
        "langchain-ai/langchain#31490",
        400,
        {
            "response_format": openai(
                "Invalid parameter: 'response_format' of type 'json_schema' is not supported with this model."
            )
        },
    ),
    Row(
        "ItzCrazyKns/Vane#969",
        400,
        {"response_format": openai("This response_format type is unavailable now", code="invalid_request_error")},
    ),
    Row(
        "browser-use/browser-use#215",
        422,
        {
            "response_format": "Failed to deserialize the JSON body into the target type: response_format: "
            "response_format.type `json_schema` is unavailable now at line 1 column 12440"
        },
    ),
    Row(
        "openai/openai-node#469",
        400,
        {
            "response_format": openai(
                "1 validation error for Request\nbody -> response_format\n  extra fields not permitted "
                "(type=value_error.extra)"
            )
        },
    ),
    Row(
        "BerriAI/litellm#14163",
        400,
        {
            "reasoning_effort": openai(
                "litellm.UnsupportedParamsError: groq does not support parameters: ['reasoning_effort'], for "
                "model=openai/gpt-oss-120b."
            )
        },
        parameters={"reasoning_effort": "low"},
    ),
    Row(
        "chenyme/grok2api#814",
        400,
        {
            "reasoning_effort": {
                "code": "invalid-argument",
                "error": "Model grok-4.20-0309-reasoning does not support parameter reasoningEffort.",
            }
        },
        parameters={"reasoning_effort": "low"},
    ),
    Row(
        "mistralai/client-ts#65",
        422,
        {
            "safe_prompt": {
                "detail": [
                    {"type": "extra_forbidden", "loc": ["body", "safe_prompt"], "msg": "Extra inputs are not permitted"}
                ]
            }
        },
        parameters={"safe_prompt": True},
    ),
    Row(
        "Google documentation, unknown fields",
        400,
        {
            "top_k": [
                {
                    "error": {
                        "code": 400,
                        "message": 'Invalid JSON payload received. Unknown name "top_k": Cannot find field.',
                        "status": "INVALID_ARGUMENT",
                    }
                }
            ]
        },
        parameters={"top_k": 20},
    ),
    Row(
        "a gateway that reports its server's refusal as 500",
        500,
        {"temperature": {"detail": "Error code: 400 - {'error': {'message': 'unsupported', 'param': 'temperature'}}"}},
    ),
    Row(
        "NeilMazumdar in microsoft/vscode#254389: one after the other",
        400,
        {
            "temperature": unsupported_value("temperature"),
            "max_tokens": openai(
                "Unsupported parameter: 'max_tokens' is not supported with this model.",
                param="max_tokens",
                code="unsupported_parameter",
            ),
        },
        instead="max_completion_tokens",
    ),
]
