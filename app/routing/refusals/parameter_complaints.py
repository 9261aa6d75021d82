"""Finds the parameters that an error response refuses; called by `app.routing.failure`.

Only names leave this module. Which of them the request had is checked by `app.routing.baml_client`.
"""

import re

from app.routing.refusals.error_bodies import ErrorBody

_STATUSES = {400, 422, 501}
_STRICT_STATUSES = {500, 502}  # gateways: only with the words of a refusal
_REFUSAL = re.compile(
    r"unsupported|n[o']t support|unrecognized|unknown|extra (?:inputs|fields)|extra_forbidden|deprecated|unavailable"
    r"|not (?:permitted|allowed|available|compatible|valid|recognized)|incompatible|invalid(?!_request)"
    r"|unexpected (?:keyword|argument|field)|only \S+ (?:is )?(?:allowed|supported)|must (?:be|have)|cannot (?:find|be)"
    r"|strictly positive",
    re.IGNORECASE,
)
# Names of parameters that servers write without quotes. Others are found in quotes or in the error's own fields.
_KNOWN = re.compile(
    r"\b(temperature|top_[pk]|min_p|seed|stream_options|response_format|json_schema|max_(?:completion_|new_)?tokens"
    r"|reasoning_effort|reasoning|verbosity|logprobs|(?:frequency|presence|repetition)_penalty|service_tier|store|metadata"
    r"|chat_template_kwargs|enable_thinking|thinking|guided_(?:json|decoding|grammar)|structured_outputs?)\b"
)
_QUOTED = re.compile(r"""['"`]([a-z][a-z0-9_]{1,39})['"`]""")
_CAMEL_CASE = re.compile(r"\b[a-z]{2,20}(?:[A-Z][a-z]{1,20}){1,3}\b")  # xAI's errors
_BEFORE_COLON = re.compile(r"\b([a-z][a-z0-9_.]{1,59}): (?:Extra inputs|Field required|Input should)")
_POINTER = re.compile(r"#/([a-z][a-z0-9_]{1,39})")
# Words of servers and grammar backends that cannot enforce a schema.
_ABOUT_SCHEMA = re.compile(r"response_format|json_schema|structured.?output|guided|grammar|\bschema\b", re.IGNORECASE)
RESPONSE_FORMAT = "response_format"


def named_parameters(status: int, body: ErrorBody) -> tuple[str, ...]:
    """In order of likelihood; empty for an error about something else."""
    if body.is_page or status not in _STATUSES | _STRICT_STATUSES:
        return ()
    text = body.text
    if status in _STRICT_STATUSES and not _REFUSAL.search(text):
        return ()
    names = [*body.parameters]
    if not names and _REFUSAL.search(text):
        names += [name.split(".")[0] for name in _BEFORE_COLON.findall(text)]
        names += [*_POINTER.findall(text), *_QUOTED.findall(text), *_KNOWN.findall(text)]
        names += [re.sub("[A-Z]", lambda sign: f"_{sign[0].lower()}", name) for name in _CAMEL_CASE.findall(text)]
    if status in _STATUSES and _ABOUT_SCHEMA.search(" ".join(body.parameters) or text):
        names.insert(0, RESPONSE_FORMAT)
    return tuple(dict.fromkeys(names))
