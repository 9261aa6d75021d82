"""The three definitions of the answer's shape agree: app/analysis/answer.py, the BAML types and the prompt."""

import re
from pathlib import Path
from types import NoneType
from typing import Any, get_args, get_origin

import pytest
from pydantic import BaseModel

from app.analysis.answer import Answer
from app.routing.baml_source import installed_source
from app.routing.servers.warm_up import warm_up_request
from app.routing.tokens import estimate_tokens

TEXT = installed_source().files["extract_profile.baml"]
SCALARS = {str: "string", bool: "bool", int: "int"}


def baml_fields(class_name: str) -> dict[str, str]:
    """Field names and types, without the optional marker."""
    body = re.search(rf"^class {class_name} \{{\n(.*?)^\}}", TEXT, re.DOTALL | re.MULTILINE)
    assert body, f"no class {class_name} in extract_profile.baml"
    lines = (line.split("//")[0].split() for line in body[1].splitlines())
    return {words[0]: words[1].removesuffix("?") for words in lines if words and not words[0].startswith("@@")}


def python_type(annotation: Any) -> str:
    if get_origin(annotation) is list:
        return f"{python_type(get_args(annotation)[0])}[]"
    inner = [part for part in get_args(annotation) if part is not NoneType]
    if inner:
        return python_type(inner[0])
    return SCALARS.get(annotation) or annotation.__name__


def models(of: type[BaseModel]) -> list[type[BaseModel]]:
    found = [of]
    for field in of.model_fields.values():
        pending: list[Any] = [field.annotation]
        while pending:
            annotation = pending.pop()
            pending.extend(get_args(annotation))
            if isinstance(annotation, type) and issubclass(annotation, BaseModel):
                found.extend(models(annotation))
    return list(dict.fromkeys(found))


@pytest.mark.parametrize("model", models(Answer), ids=lambda model: model.__name__)
def test_the_baml_type_has_the_same_fields_as_the_answer_in_the_same_order(model: type[BaseModel]) -> None:
    expected = [(name, python_type(field.annotation)) for name, field in model.model_fields.items()]
    assert list(baml_fields(model.__name__).items()) == expected


def test_every_list_is_optional_because_baml_drops_an_object_without_its_required_list() -> None:
    for line in TEXT.splitlines():
        assert not re.match(r"^  \w+ \w+\[\]\s*(//.*)?$", line), line


def test_an_answer_must_say_whether_this_is_a_resume() -> None:
    assert re.search(r"^  is_resume bool\s", TEXT, re.MULTILINE)


def test_the_shape_in_the_prompt_matches_the_types() -> None:
    def shape(model: type[BaseModel]) -> str:
        return "{" + ",".join(part(name, f.annotation) for name, f in model.model_fields.items()) + "}"

    def part(name: str, annotation: Any) -> str:
        kind = python_type(annotation)
        item = kind.removesuffix("[]")
        if item in SCALARS.values():
            told = "" if kind == "string" else item
        else:
            told = shape(next(m for m in models(Answer) if m.__name__ == item))
        told = f"[{told}]" if kind.endswith("[]") else told
        return f"{name}:{told}" if told else name

    prompt = re.sub(r"\s+", "", TEXT[TEXT.index("Answer with this JSON") : TEXT.index('_.role("user")')])
    assert shape(Answer) in prompt


def test_the_prompt_names_no_type_that_a_small_model_could_copy_as_a_key() -> None:
    prompt = TEXT[TEXT.index("Extract a resume into JSON") : TEXT.index('{{ _.role("user") }}')]
    assert [model.__name__ for model in models(Answer) if re.search(rf"\b{model.__name__}\b", prompt)] == ["Answer"]
    assert "Answer with this JSON" in prompt


def test_the_prompt_says_when_a_document_is_a_resume_and_when_it_is_not() -> None:
    """Small models take a rule that names only `false` for the usual case."""
    assert "is_resume: true if the document is one person's resume or CV; false, and nothing else" in TEXT


def test_the_constant_part_of_the_prompt_stays_short() -> None:
    constant = TEXT[TEXT.index("Extract a resume into JSON") : TEXT.index('{{ _.role("user") }}')]
    # The estimate is about a quarter above real tokenizers.
    assert estimate_tokens(constant) < 650


def test_the_document_comes_last_and_nothing_before_it_varies() -> None:
    prompt = TEXT[TEXT.index('prompt #"') : TEXT.index('"#\n}')]
    assert prompt.count("{{ numbered_text }}") == 1
    assert "{{" not in prompt.split('_.role("user") }}')[0].split('_.role("system") }}')[1].replace(
        "{{ _.role", ""
    ).rstrip("{ ")
    assert prompt.rstrip().endswith("</document>")


def test_the_model_servers_warm_up_request_uses_the_current_prompt() -> None:
    kept = (Path(__file__).parents[3] / "deploy" / "vllm" / "warm_up.json").read_text("utf-8")
    assert kept == warm_up_request(), "python -m app.routing.servers.warm_up > deploy/vllm/warm_up.json"
