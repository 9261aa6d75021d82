"""Answers of models that think aloud: the final answer is taken, never a draft, and what cannot be one is refused."""

import json

import pytest

from app.routing.baml_client import estimate_prompt_tokens
from app.routing.question import Question
from app.routing.tokens import estimate_tokens
from tests.contract.servers.body_server import (
    ANSWER,
    DRAFT,
    RESUME,
    TEXT,
    ask_with,
    chunk,
    plain,
    stream_of,
    usage_chunk,
)

PROSE = "The user wants JSON. The name seems to be Northwind Ltd. No, wait: that is the employer {see line 4}."
CHANNELS = "<|channel|>analysis<|message|>{prose}<|end|><|start|>assistant<|channel|>final<|message|>{answer}<|return|>"

# name, text of the answer, source
THOUGHTS: tuple[tuple[str, str, str], ...] = (
    ("think", f"<think>\n{PROSE}\n</think>\n\n{TEXT}", "DeepSeek-R1 model card"),
    ("a draft inside think", f"<think>{PROSE} Draft: {DRAFT} Not right.</think>{TEXT}", "HKUDS/DeepTutor#675"),
    (
        "a fenced draft inside think",
        f"<think>```json\n{DRAFT}\n```</think>\n```json\n{TEXT}\n```",
        "THU-MAIC/OpenMAIC#750",
    ),
    ("no opening mark", f"{PROSE}\n</think>\n{TEXT}", "QwQ-32B model card: the template adds the opening mark"),
    ("a draft and no opening mark", f"{PROSE} {DRAFT} Hm.\n</think>\n{TEXT}", "garrytan/gbrain#4640"),
    ("thinking", f"<thinking>{PROSE}{DRAFT}</thinking>{TEXT}", "own variant"),
    ("reasoning", f"<reasoning>{PROSE}{DRAFT}</reasoning>{TEXT}", "own variant"),
    ("capitals", f"<THINK>{DRAFT}</THINK>{TEXT}", "own variant"),
    ("seed", f"<seed:think>{DRAFT}</seed:think>{TEXT}", "ByteDance Seed-OSS model card"),
    ("magistral", f"[THINK]{DRAFT}[/THINK]{TEXT}", "Magistral-Small-2509 model card"),
    ("kimi", f"◁think▷{DRAFT}◁/think▷{TEXT}", "Kimi-VL-Thinking model card"),
    ("two rounds of thinking", f"<think>{DRAFT}</think>Hm.<think>{PROSE}</think>{TEXT}", "own variant"),
    ("channels", CHANNELS.format(prose=PROSE, answer=TEXT), "openai/harmony"),
    ("channels with a draft", CHANNELS.format(prose=DRAFT, answer=TEXT), "openai/harmony"),
    (
        "constrained channel",
        CHANNELS.format(prose=DRAFT, answer=TEXT).replace("final", "final <|constrain|>json"),
        "openai/harmony",
    ),
    ("text before", f"Here is the profile you asked for:\n\n{TEXT}", "BoundaryML/baml#1755"),
    ("text after", f"{TEXT}\n\nLet me know if you need {{anything}} else!", "own variant"),
    ("braces in the text before", f"I fill {{is_resume}} and {{person}} first. {TEXT}", "own variant"),
    ("a quote in the text before", f'I keep 6" as written. {TEXT}', "own variant"),
    ("an open brace in the text before", f"The shape begins with {{ and so on. {TEXT}", "own variant"),
    ("a fence", f"```json\n{TEXT}\n```", "own variant"),
    ("a fence without a language", f"```\n{TEXT}\n```\nDone.", "own variant"),
    ("two objects", f"{DRAFT}\n{TEXT}", "own variant"),
    ("two fences", f"First try:\n```json\n{DRAFT}\n```\nBetter:\n```json\n{TEXT}\n```", "own variant"),
    ("an object of another kind after it", f'{TEXT}\n{{"confidence": 0.9}}', "own variant"),
    ("white space", f"\n\n   {TEXT}   \n", "own variant"),
    ("an end mark", f"{TEXT}<|im_end|>", "own variant"),
    (
        "a mark in a value",
        json.dumps(ANSWER | {"skills": [{"keywords": ["a </think> b"], "lines": [4]}]}),
        "own variant",
    ),
)


@pytest.mark.parametrize("streamed", [True, False])
@pytest.mark.parametrize("text", [row[1] for row in THOUGHTS], ids=[row[0] for row in THOUGHTS])
def test_the_final_answer_is_taken_and_never_a_draft(text: str, streamed: object) -> None:
    chunks = [chunk(text[at : at + 40]) for at in range(0, len(text), 40)]
    body = stream_of([*chunks, chunk(None, "stop"), usage_chunk()]) if streamed else plain(text)
    result = ask_with(body, content_type="text/event-stream" if streamed else "application/json")
    assert (result.outcome, result.error) == ("ok", None)
    assert result.value is not None
    assert {key: result.value[key] for key in ANSWER} == ANSWER


UNFINISHED = (
    f"<think>{PROSE} {DRAFT}",
    f"<think>{DRAFT}</think>",
    f"<|channel|>analysis<|message|>{DRAFT}<|end|>",
    f"{PROSE} {DRAFT} </think>  ",
)


@pytest.mark.parametrize("text", UNFINISHED)
def test_thinking_without_an_answer_is_none(text: str) -> None:
    result = ask_with(plain(text), content_type="application/json")
    assert (result.outcome, result.error, result.value) == ("parse_error", "only_reasoning", None)
    result = ask_with(plain(text, "length"), content_type="application/json")
    assert (result.outcome, result.value) == ("cut_off", None)


@pytest.mark.parametrize("field", ["reasoning_content", "reasoning", "thinking"])
@pytest.mark.parametrize("streamed", [True, False])
def test_reasoning_in_a_field_of_its_own_is_no_part_of_the_answer(field: str, streamed: object) -> None:
    body = (
        stream_of([chunk(**{field: PROSE}), chunk(**{field: DRAFT}), chunk(TEXT), chunk(None, "stop"), usage_chunk()])
        if streamed
        else plain(**{field: PROSE + DRAFT})
    )
    result = ask_with(body, content_type="text/event-stream" if streamed else "application/json")
    assert (result.outcome, result.value) == ("ok", ANSWER)


@pytest.mark.parametrize("empty", ["", None])
@pytest.mark.parametrize("streamed", [True, False])
def test_an_answer_that_a_server_takes_for_reasoning_is_used(empty: str | None, streamed: object) -> None:
    """vllm-project/vllm#17349, #17609, #19839."""
    body = (
        stream_of(
            [
                chunk(empty, reasoning_content=TEXT[:30]),
                chunk(empty, reasoning_content=TEXT[30:]),
                chunk(None, "stop"),
                usage_chunk(),
            ]
        )
        if streamed
        else plain(empty, reasoning_content=TEXT)
    )
    result = ask_with(body, content_type="text/event-stream" if streamed else "application/json")
    assert (result.outcome, result.value) == ("ok", ANSWER)


@pytest.mark.parametrize("reasoning", [PROSE, f"{DRAFT} is not right, so"])
def test_reasoning_that_does_not_end_with_an_answer_is_none(reasoning: str) -> None:
    result = ask_with(plain("", reasoning_content=reasoning), content_type="application/json")
    assert (result.outcome, result.error) == ("parse_error", "only_reasoning")


def test_reasoning_is_counted_where_the_server_does_not_count() -> None:
    thoughts = PROSE * 50
    body = plain(TEXT, reasoning_content=thoughts, usage={})
    usage = ask_with(body, content_type="application/json").usage
    assert usage.estimated
    assert usage.output_tokens >= estimate_tokens(thoughts)
    assert usage.input_tokens == estimate_prompt_tokens(Question.extract_profile(RESUME))
