"""A thousand false answers, some of them from a real server over HTTP through the complete analysis."""

import random
from pathlib import Path

import pytest

from app.settings import load_settings
from app.storage.ledger.attempt_row import AttemptRow
from app.wiring.command_line_parts import build_file_analysis
from tests.scripted_model import Behaviour, ScriptedModel
from tests.unit.analysis.grounding.lies import DOCUMENTS, SAMPLES, assert_no_lie_in, assert_no_lie_survives, lie, read
from tests.unit.analysis.resume_documents import AS_OF


@pytest.mark.slow
def test_none_of_a_thousand_false_answers_brings_a_lie_into_a_profile() -> None:
    for seed in range(1000):
        assert_no_lie_survives(DOCUMENTS[seed % len(DOCUMENTS)], seed)


def test_a_lying_server_brings_no_lie_into_a_profile(tmp_path: Path) -> None:
    with ScriptedModel() as model:
        environment = {
            "VITAE_ROUTING__CLIENTS": "LocalVLLM",
            "VITAE_CLIENTS__LOCALVLLM__BASE_URL": model.base_url,
            "VITAE_CLIENTS__LOCALVLLM__MODEL": model.model,
            "VITAE_ANALYSIS__SUMMARISE": "false",
        }
        analyse_file = build_file_analysis(load_settings(tmp_path, environment))
        answered: set[str] = set()
        for seed, name in enumerate(DOCUMENTS):
            document, truth, true_profile = read(name)
            told = lie(truth, lines=len(document.lines), rng=random.Random(f"server {seed}"))
            model.script.replace(Behaviour(answer=told.answer.model_dump(exclude_none=True)))
            rows: list[AttemptRow] = []
            extracted = analyse_file.read((SAMPLES / name).read_bytes(), name)
            analysed = analyse_file.analyse(extracted, "any", AS_OF, rows)
            answered.add(analysed.client)
            assert [row.outcome for row in rows] == ["ok"]
            assert_no_lie_in(analysed.checked.profile, told, document, true_profile, f"{name} {told.kinds}")
        assert "LocalVLLM" in answered
