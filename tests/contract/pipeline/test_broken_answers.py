"""A model's answer that breaks off: the stored result, its warning, and what is shown meanwhile."""

from typing import Any

from app.analysis.combine_readings import CUT_OFF
from app.extraction.extract import extract_document
from app.wiring.shared_parts import extraction_limits
from tests.calendar_days import AS_OF
from tests.contract.pipeline.service import SAMPLE, Service
from tests.contract.pipeline.test_calls_on_record import ledger
from tests.scripted_model import Behaviour, ScriptedModel


def test_a_cut_off_answer_is_the_result_with_a_warning_and_is_not_reused(
    service: Service, model: ScriptedModel
) -> None:
    model.script.replace(Behaviour("truncated"))
    made = service.upload(sha256="ab" * 32)
    analysis = service.analyse(made.resume_id)
    assert (analysis.status, analysis.client, analysis.degraded) == ("done", "LocalVLLM", False)
    assert CUT_OFF in analysis.warnings
    assert analysis.profile["work"]
    assert [row.outcome for row in ledger(service, made.resume_id)] == ["partial"]
    model.script.replace(Behaviour())
    again = service.upload(sha256="ab" * 32)
    later = service.analyse(again.resume_id)
    assert CUT_OFF not in later.warnings
    assert [row.outcome for row in ledger(service, again.resume_id)] == ["ok"]


def test_entries_are_shown_while_they_arrive_even_if_the_model_doubts_that_this_is_a_resume(service: Service) -> None:
    document = extract_document(SAMPLE.read_bytes(), "text/plain", extraction_limits(service.settings.limits))
    value: dict[str, Any] = {"is_resume": False, "person": {"name": "Marcus Delhaye", "lines": [1]}}
    partial = service.parts.analyser.check_partial(document, value, as_of=AS_OF)
    assert partial is not None
    assert partial.profile["basics"]["name"] == "Marcus Delhaye"
    assert service.parts.analyser.check_partial(document, {"is_resume": False}, as_of=AS_OF) is None
