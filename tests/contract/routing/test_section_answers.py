"""Requests per section over real HTTP: parallel calls, one attempt, failing sections, limits, and a whole analysis."""

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from app.analysis.analyse import Analyser
from app.extraction.document import Document
from app.extraction.extract import ExtractionLimits, extract_document
from app.routing.attempt import Attempt, Cancellation
from app.routing.baml_client import BamlCaller, prompt_version, render_messages
from app.routing.clients import Client
from app.routing.question import Question, SectionPart
from app.routing.router import Router
from app.routing.sections.section_requests import section_questions, sections_version
from tests.contract.routing.conftest import RESUME
from tests.scripted_model import Behaviour, ScriptedModel, Step

Configure = Callable[..., tuple[dict[str, Client], Router]]
BY_SECTIONS = {"VITAE_CLIENTS__LOCALVLLM__REQUESTS": "sections"}
FUNCTIONS = {"ReadPerson", "ReadJobs", "ReadStudies", "ReadLanguages"}


def part(name: Any, first: int, last: int) -> SectionPart:
    lines = [line for line in RESUME.splitlines() if line and first <= int(line.split("|")[0]) <= last]
    return SectionPart(name=name, text="\n".join(lines), first_line=first, last_line=last)


QUESTION = Question.extract_profile(
    RESUME, sections=(part("person", 1, 2), part("work", 3, 6), part("education", 7, 9), part("languages", 10, 11))
)


@pytest.fixture
def client(local: ScriptedModel) -> Client:
    return Client(
        name="LocalVLLM",
        provider="openai-generic",
        model=local.model,
        base_url=local.base_url,
        location="local",
        requests="sections",
        total_timeout_seconds=20,
    )


@pytest.fixture
def resume() -> Document:
    text = "\n".join(line.partition("| ")[2] for line in RESUME.splitlines()) + "\n"
    limits = ExtractionLimits(pages=50, text_characters=200_000, seconds=30, memory_mib=1024)
    return extract_document(text.encode(), "text/plain", limits)


def test_the_sections_are_read_at_once_and_make_one_answer(local: ScriptedModel, client: Client) -> None:
    together = threading.Barrier(4)
    local.gate = lambda: together.wait(10)  # passed only if all four requests are there
    result = BamlCaller().call(QUESTION, client, timeout_seconds=20)
    assert (result.outcome, result.http_status, result.error) == ("ok", 200, None)
    assert {call.function for call in local.calls} == FUNCTIONS
    assert result.value == {
        "is_resume": True,
        "person": {
            "name": "Ilse Varga-Okoye",
            "email": "ilse.varga@example.org",
            "phone": "+36 1 555 0142",
            "lines": [1, 2],
        },
        "work": [
            {
                "position": "Data Engineer",
                "employer": "Quarrystone Ltd",
                "start": "Mar 2019",
                "ongoing": True,
                "highlights": ["Moved 40 pipelines to a queue"],
                "lines": [4, 5, 6],
            }
        ],
        "education": [
            {
                "degree": "B.Sc. Informatics",
                "institution": "University of Szeged",
                "start": "2011",
                "end": "2014",
                "lines": [8, 9],
            }
        ],
        "languages": [
            {"language": "Hungarian", "fluency": "native", "lines": [11]},
            {"language": "English", "fluency": "fluent", "lines": [11]},
        ],
    }


def test_at_most_four_sections_are_read_at_once(local: ScriptedModel, client: Client) -> None:
    local.script.replace(Behaviour(latency_seconds=0.2))
    many = replace(QUESTION, sections=(*QUESTION.sections, *QUESTION.sections))
    assert BamlCaller().call(many, client, timeout_seconds=20).outcome == "ok"
    assert (len(local.calls), local.most_running) == (8, 4)


def test_the_usage_is_the_sum_of_all_requests(local: ScriptedModel, client: Client) -> None:
    local.script.replace(Behaviour(prompt_tokens=100, completion_tokens=7, cached_tokens=60))
    usage = BamlCaller().call(QUESTION, client, timeout_seconds=20).usage
    assert (usage.input_tokens, usage.output_tokens, usage.cached_tokens, usage.estimated) == (400, 28, 240, False)


def test_a_failing_section_leaves_a_partial_answer_with_the_others(local: ScriptedModel, client: Client) -> None:
    local.script.replace(Step(Behaviour("error", status=500), calls=1), Behaviour())
    result = BamlCaller().call(QUESTION, client, timeout_seconds=20)
    assert result.outcome == "partial"
    assert (result.broken_by, result.http_status, result.error) == ("server_error", 500, "http_500")
    assert result.value is not None
    assert result.value["is_resume"]
    assert len(result.value) == 4  # `is_resume` and the three sections that were read


def test_the_complete_entries_of_a_section_that_was_cut_off_are_used(local: ScriptedModel, client: Client) -> None:
    jobs = '{"work":[{"employer":"Quarrystone Ltd","position":"Data Engineer"},{"employer":"Quarry'
    local.script.replace(Behaviour("truncated", answer=jobs))
    only_jobs = replace(QUESTION, sections=(QUESTION.sections[1],))
    result = BamlCaller().call(only_jobs, client, timeout_seconds=20)
    assert (result.outcome, result.broken_by) == ("partial", "cut_off")
    assert result.value is not None
    assert [job["employer"] for job in result.value["work"]] == ["Quarrystone Ltd"]


def test_if_all_sections_fail_the_result_is_the_first_failure(local: ScriptedModel, client: Client) -> None:
    local.script.replace(Behaviour("error", status=429, retry_after="7"))
    result = BamlCaller().call(QUESTION, client, timeout_seconds=20)
    assert (result.outcome, result.value, result.retry_after_seconds) == ("rate_limited", None, 7.0)
    assert result.usage.input_tokens == 0


def test_prose_in_every_section_is_a_parse_error(local: ScriptedModel, client: Client) -> None:
    local.script.replace(Behaviour("prose"))
    assert BamlCaller().call(QUESTION, client, timeout_seconds=20).outcome == "parse_error"


def test_the_total_limit_holds_for_all_requests_together(local: ScriptedModel, client: Client) -> None:
    local.script.replace(Behaviour("hang_before_headers"))
    hurried = replace(client, total_timeout_seconds=2)
    many = replace(QUESTION, sections=(*QUESTION.sections, *QUESTION.sections))
    began = time.monotonic()
    result = BamlCaller().call(many, hurried, timeout_seconds=20)
    assert result.outcome == "timeout"
    assert time.monotonic() - began < 10
    assert len(local.calls) == 4  # the others would have begun too late


def test_cancelling_ends_all_requests(local: ScriptedModel, client: Client) -> None:
    local.script.replace(Behaviour("hang_before_headers"))
    cancel = Cancellation()
    threading.Timer(0.3, cancel.cancel).start()
    began = time.monotonic()
    result = BamlCaller().call(QUESTION, client, timeout_seconds=20, cancel=cancel)
    assert (result.outcome, result.value) == ("cancelled", None)
    assert time.monotonic() - began < 10


def test_the_schema_allows_only_line_numbers_of_the_section(local: ScriptedModel, client: Client) -> None:
    BamlCaller().call(QUESTION, replace(client, structured_output=True), timeout_seconds=20)
    jobs = next(call for call in local.calls if call.function == "ReadJobs")
    schema = jobs.options["response_format"]["json_schema"]["schema"]
    entry = schema["$defs"]["JobRead"]
    assert entry["properties"]["bullets_last"] == {"type": "integer", "minimum": 3, "maximum": 6}
    assert entry["required"] == []


def test_a_refused_schema_is_left_out_in_the_same_attempt(local: ScriptedModel, client: Client) -> None:
    refusal = Behaviour("error", status=400, error_message="response_format json_schema is not supported")
    local.script.replace(Step(refusal, calls=1), Behaviour())
    jobs = replace(QUESTION, sections=(QUESTION.sections[1],))
    result = BamlCaller().call(jobs, replace(client, structured_output=True), timeout_seconds=20)
    assert result.outcome == "ok"
    assert ["response_format" in call.options for call in local.calls] == [True, False]


def test_the_system_part_is_the_same_for_every_document_and_the_section_comes_last() -> None:
    for question in section_questions(QUESTION):
        other = replace(question, arguments={"numbered_text": "1| Boil the plums"})
        (system, user), (same, _) = render_messages(question), render_messages(other)
        assert system == same
        assert "untrusted" in system["content"]
        assert user["content"].endswith("\n</section>")
        assert len(system["content"]) < 900


def test_an_analysis_by_sections_is_one_row_in_the_ledger(
    local: ScriptedModel, configure: Configure, resume: Document
) -> None:
    _, router = configure(BY_SECTIONS)
    rows: list[Attempt] = []
    analyser = Analyser(router, deadline_seconds=30, summarise=False, default_region="US")
    analysed = analyser.analyse(resume, privacy="any", as_of=date(2026, 1, 1), record=rows.append)
    assert (analysed.client, analysed.tier, analysed.degraded) == ("LocalVLLM", "first", False)
    assert {call.function for call in local.calls} == FUNCTIONS
    job = analysed.checked.profile["work"][0]
    assert (job["name"], job["position"], job["startDate"]) == ("Quarrystone Ltd", "Data Engineer", "2019-03")
    assert job["highlights"] == ["Moved 40 pipelines to a queue"]
    assert analysed.checked.profile["basics"]["email"] == "ilse.varga@example.org"
    [row] = rows
    assert (row.function, row.outcome) == ("ExtractProfile", "ok")
    assert row.prompt_version == analysed.prompt_version == sections_version(prompt_version)
    assert row.prompt_version != prompt_version("ExtractProfile")
    assert row.output_tokens > 0


def test_what_no_section_asks_for_is_read_by_the_built_in_parser(local: ScriptedModel, configure: Configure) -> None:
    _, router = configure(BY_SECTIONS)
    text = "\n".join(line.partition("| ")[2] for line in RESUME.splitlines())
    text += "\n\nProjects\nHarbour Map\n- Drew 40 harbours\n\nInterests\nRowing, Chess\n"
    document = extract_document(text.encode(), "text/plain", ExtractionLimits())
    analyser = Analyser(router, deadline_seconds=30, summarise=False, default_region="US")
    analysed = analyser.analyse(document, privacy="any", as_of=date(2026, 1, 1), record=lambda _: None)
    assert [project["name"] for project in analysed.checked.profile["projects"]] == ["Harbour Map"]
    assert [interest["name"] for interest in analysed.checked.profile["interests"]] == ["Rowing", "Chess"]
    assert analysed.readings is not None
    assert 0 < analysed.readings["lines_requested"] < len(document.lines) - 4
    assert not any(each["place"] in {"projects", "interests"} for each in analysed.readings["disagreements"])


def test_lies_about_a_section_do_not_reach_the_profile(
    local: ScriptedModel, configure: Configure, resume: Document
) -> None:
    _, router = configure(BY_SECTIONS)
    local.script.replace(Behaviour("lies"))
    analyser = Analyser(router, deadline_seconds=30, summarise=False, default_region="US")
    analysed = analyser.analyse(resume, privacy="any", as_of=date(2026, 1, 1), record=lambda _: None)
    for word in ("Moonbeam", "Zebulon", "Atlantis", "Levitation", "Atlantean"):
        assert word not in repr(analysed.checked.profile)


def test_the_next_client_of_the_order_gets_one_request(
    local: ScriptedModel, hosted: ScriptedModel, configure: Configure, resume: Document
) -> None:
    _, router = configure({**BY_SECTIONS, "VITAE_ROUTING__CLIENTS": "LocalVLLM,GPT4o"})
    local.script.replace(Behaviour("error", status=400))
    rows: list[Attempt] = []
    analyser = Analyser(router, deadline_seconds=30, summarise=False, default_region="US", pseudonymise=True)
    analysed = analyser.analyse(resume, privacy="any", as_of=date(2026, 1, 1), record=rows.append)
    assert analysed.client == "GPT4o"
    assert [call.function for call in hosted.calls] == ["ExtractProfile"]
    assert rows[1].prompt_version == analysed.prompt_version == prompt_version("ExtractProfile")


def test_hosted_clients_see_pseudonyms_in_every_section(
    hosted: ScriptedModel, configure: Configure, resume: Document
) -> None:
    _, router = configure({"VITAE_CLIENTS__GPT4O__REQUESTS": "sections", "VITAE_ROUTING__CLIENTS": "GPT4o"})
    seen: list[Question] = []
    analyser = Analyser(router, deadline_seconds=30, summarise=False, default_region="US", pseudonymise=True)
    question = analyser.question(resume)
    seen.extend(section_questions(question.seen_by(Client(name="GPT4o", provider="openai", model="m", base_url=None))))
    assert seen
    assert not any(word in text for one in seen for text in one.arguments.values() for word in ("Ilse", "ilse.varga"))
    analysed = analyser.analyse(resume, privacy="any", as_of=date(2026, 1, 1), record=lambda _: None)
    assert analysed.checked.profile["basics"]["email"] == "ilse.varga@example.org"
    assert {call.function for call in hosted.calls} == FUNCTIONS


def test_results_by_sections_are_not_reused_for_whole_requests(configure: Configure) -> None:
    def key(environment: dict[str, str]) -> str:
        _, router = configure(environment)
        return router.describe("ExtractProfile", "any")

    assert key(BY_SECTIONS) != key({})


def test_a_document_without_a_career_is_sent_as_a_whole(local: ScriptedModel, client: Client) -> None:
    question = replace(QUESTION, sections=(QUESTION.sections[0],))
    assert BamlCaller().call(question, client, timeout_seconds=20).outcome == "ok"
    assert [call.function for call in local.calls] == ["ExtractProfile"]
