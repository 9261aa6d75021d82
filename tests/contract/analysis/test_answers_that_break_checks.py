"""An answer that breaks the checks costs its own result only: the built-in parser reads the resume."""

from datetime import date
from typing import Any

import pytest

from app.analysis.analyse import Analyser
from app.analysis.combine_readings import Combiner
from app.routing.attempt import Attempt, ModelResult, TokenUsage
from app.routing.clients import Client
from app.routing.question import Question
from app.routing.router import Router
from app.settings import RoutingSettings
from tests.unit.analysis.resume_documents import document_of

RESUME = document_of("""
Ilse Varga-Okoye
ilse.varga@example.org

Work
Fitter, Northwind Ltd
03/2019 - Present
""")
CLIENT = Client(name="LocalVLLM", provider="openai-generic", model="m", base_url="http://l/v1", location="local")


class Caller:
    """Gives one answer, always."""

    def __init__(self, value: dict[str, Any]) -> None:
        self.value = value

    def call(self, *_: Any, **__: Any) -> ModelResult:
        return ModelResult("ok", 5, TokenUsage(input_tokens=9, cached_tokens=0, output_tokens=9), value=self.value)

    def estimate_prompt_tokens(self, question: Question) -> int:
        return 600

    def prompt_version(self, function: str) -> str:
        return "v"


def analyser_of(value: dict[str, Any]) -> Analyser:
    settings = RoutingSettings.model_validate({"clients": ["LocalVLLM"]})
    router = Router({"LocalVLLM": CLIENT}, settings, Caller(value), context_tokens=lambda _: None)
    return Analyser(router, deadline_seconds=30, summarise=False, default_region="US")


def test_the_built_in_parser_reads_a_resume_whose_answer_breaks_the_checks(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    ground = Combiner._ground  # pyright: ignore[reportPrivateUsage] - the fault has to be inside

    def break_on_the_model(self: Combiner, answer: Any, *rest: Any) -> Any:
        if answer.person.name == "Moonbeam":
            raise RecursionError("Moonbeam")
        return ground(self, answer, *rest)

    monkeypatch.setattr(Combiner, "_ground", break_on_the_model)
    rows: list[Attempt] = []
    analyser = analyser_of({"is_resume": True, "person": {"name": "Moonbeam"}})
    found = analyser.analyse(RESUME, privacy="any", as_of=date(2026, 1, 1), record=rows.append)
    assert found.checked.profile["basics"]["name"] == "Ilse Varga-Okoye"
    assert (found.tier, found.degraded, [row.outcome for row in rows]) == ("stand_in", True, ["ok"])
    assert any("could not be checked" in warning for warning in found.warnings)
    assert "Moonbeam" not in caplog.text


@pytest.mark.parametrize(
    "value",
    [
        {"is_resume": True, "person": {"name": "Ilse Varga-Okoye" * 5_000}},
        {"is_resume": True, "work": [{"employer": "Northwind Ltd", "lines": [10**30, -(10**30)]}]},
        {"is_resume": True, "skills": [{"keywords": ["\ud800", "\x00", "((((" * 2_000]}]},
        {"is_resume": True, "work": [{"employer": "N", "lines": list(range(500))}] * 300},
    ],
    ids=["a very long text", "impossible line numbers", "characters that are none", "the same entry 300 times"],
)
def test_odd_values_of_the_right_shape_do_no_harm(value: dict[str, Any]) -> None:
    found = analyser_of(value).analyse(RESUME, privacy="any", as_of=date(2026, 1, 1), record=lambda _: None)
    assert found.checked.profile["basics"]["name"] == "Ilse Varga-Okoye"
