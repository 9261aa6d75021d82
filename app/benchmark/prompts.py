"""Builds the requests of `vitae bench model` from resumes: exactly those that Vitae would send for them."""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

from app.benchmark.model_load import Prompt
from app.benchmark.pipeline_load import SourceFile
from app.benchmark.raw_connection import Address
from app.errors import VitaeError
from app.extraction.limits import ExtractionLimits
from app.extraction.sandbox.sandbox import extract_in_sandbox
from app.intake.file_types import detect_media_type
from app.routing.baml_client import chat_request, estimate_prompt_tokens
from app.routing.clients import Client
from app.routing.length_guard import TooSmall, check_length
from app.routing.question import Question
from app.routing.tokens import estimate_tokens


@dataclass(frozen=True, slots=True)
class Prompts:
    """`left_out` has one sentence for each file without a prompt. Token counts are conservative estimates."""

    prompts: tuple[Prompt, ...]
    left_out: tuple[str, ...]
    input_tokens: int  # all prompts together
    answer_tokens: int  # all responses together


def make_prompts(
    files: Sequence[SourceFile],
    client: Client,
    limits: ExtractionLimits,
    *,
    context_tokens: int | None,
    structured: bool,
    fixed_answer_tokens: int | None,
    repeat: bool,
) -> Prompts:
    """With `fixed_answer_tokens` the response is free text of that length instead of structured output. Without
    `repeat`, every request differs from the document's first line on, as real resumes do.
    """
    address = Address.of(client.base_url or "")
    prompts: list[Prompt] = []
    left_out: list[str] = []
    input_tokens = answer_tokens = 0
    for file in files:
        try:
            document = extract_in_sandbox(file.content, detect_media_type(file.content, file.name), limits)
        except VitaeError as error:
            left_out.append(f"{file.name}: {error.title}")
            continue
        text = document.numbered_text()
        question = Question.extract_profile(text if repeat else f"{Prompt.MARK}\n{text}")
        prompt_tokens = estimate_prompt_tokens(question)
        fitted = check_length(
            prompt_tokens=prompt_tokens,
            argument_tokens=estimate_tokens(text),
            answer_tokens_per_input_token=question.answer_tokens_per_input_token,
            max_output_tokens=fixed_answer_tokens or client.max_output_tokens,
            context_tokens=context_tokens,
        )
        if isinstance(fitted, TooSmall):
            left_out.append(f"{file.name}: the model {fitted.reason}")
            continue
        asked = chat_request(
            question,
            dataclasses.replace(client, max_output_tokens=fitted.answer_tokens),
            structured=structured and fixed_answer_tokens is None,
        )
        if fixed_answer_tokens is not None:
            asked.body["ignore_eos"] = True
        prompts.append(Prompt.of(asked, address))
        input_tokens += prompt_tokens
        answer_tokens += fixed_answer_tokens or round(estimate_tokens(text) * question.answer_tokens_per_input_token)
    return Prompts(tuple(prompts), tuple(left_out), input_tokens, answer_tokens)
