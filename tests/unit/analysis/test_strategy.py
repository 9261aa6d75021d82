"""How much of a resume a model reads, and what that leaves out of the request."""

import pytest

from app.analysis.readings.rules_reading import RulesReading
from app.analysis.strategy import RequestScope, RequiredField, Saved, Strategy
from app.extraction.document import Document
from app.routing.clients import Client
from tests.unit.analysis.resume_documents import document_of

CLEAR = """
Ilse Varga-Okoye
ilse.varga@example.org

Experience
Data Engineer, Quarrystone Ltd
March 2019 - Present
- Rebuilt the billing pipeline
Analyst, Fernhollow GmbH
January 2015 - February 2019
- Wrote the weekly report

Education
BSc Mathematics, University of Harrowmere
2011 - 2014

Skills
SQL, Airflow, dbt
"""
# A section whose entry has neither an organization nor a period.
UNCLEAR_PART = (
    CLEAR
    + """
Volunteering
Harbour master's helper
Painted the hull of the Wendeltje, Oude Vaart, two winters
"""
)
UNKNOWN_FORM = """
Ilse Varga-Okoye
ilse.varga@example.org

The story so far
I kept the billing pipeline of Quarrystone alive from 2019 on.
Before that I wrote reports at Fernhollow, from 2015 to 2019.
And before that I studied in Harrowmere.
"""
CLIENT = Client(name="GPT4o", provider="openai", model="gpt-4o", base_url=None, api_key="k")
REQUIRED: tuple[RequiredField, ...] = ("name", "email", "work", "education")


def choose(strategy: Strategy, text: str) -> tuple[RequestScope, RulesReading, Document]:
    document = document_of(text)
    rules = RulesReading(document, default_region="US")
    return strategy.choose(rules, document), rules, document


@pytest.mark.parametrize("text", [CLEAR, UNCLEAR_PART, UNKNOWN_FORM])
def test_the_model_strategy_sends_every_line(text: str) -> None:
    chosen, _, document = choose(Strategy("model"), text)
    assert chosen.is_whole
    assert chosen.lines == {line.number for line in document.lines}


@pytest.mark.parametrize("strategy", [Strategy("verify"), Strategy("rules-first", REQUIRED, 0.9)])
def test_a_clear_resume_needs_no_request(strategy: Strategy) -> None:
    chosen, _, _ = choose(strategy, CLEAR)
    assert not chosen.lines
    assert not chosen.is_whole


@pytest.mark.parametrize("strategy", [Strategy("verify"), Strategy("rules-first", REQUIRED, 0.9)])
def test_a_form_that_the_rules_do_not_know_is_read_as_a_whole(strategy: Strategy) -> None:
    chosen, _, _ = choose(strategy, UNKNOWN_FORM)
    assert chosen.is_whole


def test_verify_sends_the_unclear_section_with_the_line_of_the_name_for_context() -> None:
    chosen, rules, document = choose(Strategy("verify"), UNCLEAR_PART)
    text = {line.number: line.text for line in document.lines}
    assert not chosen.is_whole
    assert [text[number] for number in sorted(chosen.lines)] == UNCLEAR_PART.strip().split("\n")[-3:]
    sent = document.numbered_text(chosen.lines_to_send(rules, document)).split("\n")
    assert sent[0] == "1| Ilse Varga-Okoye"
    assert len([line for line in sent if line]) == 4


@pytest.mark.parametrize("missing", ["phone", "languages"])
def test_rules_first_calls_a_model_if_a_required_field_is_missing(missing: RequiredField) -> None:
    chosen, _, _ = choose(Strategy("rules-first", (*REQUIRED, missing), 0.9), CLEAR)
    assert chosen.is_whole


def test_rules_first_calls_a_model_if_a_required_field_is_not_certain_enough() -> None:
    assert not choose(Strategy("rules-first", ("work",), 0.9), CLEAR)[0].lines
    assert choose(Strategy("rules-first", ("work",), 0.999), CLEAR)[0].is_whole
    assert not choose(Strategy("rules-first", (), 0.999), CLEAR)[0].lines


def saved(text: str, whole_prompt_tokens: int) -> Saved:
    chosen, rules, document = choose(Strategy("verify"), text)
    return chosen.saved(CLIENT, rules.answer, document, whole_prompt_tokens, "verify")


def test_without_a_request_the_whole_prompt_and_answer_are_saved() -> None:
    found = saved(CLEAR, 1000)
    assert (found.no_request, found.client, found.strategy) == (True, "GPT4o", "verify")
    assert found.input_tokens == 800  # estimates of tokens are a quarter too high
    assert found.output_tokens > 100


def test_a_smaller_request_saves_the_lines_and_the_entries_that_it_leaves_out() -> None:
    part, none = saved(UNCLEAR_PART, 1000), saved(CLEAR, 1000)
    assert not part.no_request
    assert 0 < part.input_tokens < none.input_tokens
    assert part.output_tokens == pytest.approx(none.output_tokens, abs=5)
