"""Reviewing doubtful values in a real browser, with nothing but the keyboard."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from tests.browser.conftest import SAMPLES, upload
from tests.end_to_end.service import RunningService, running_service
from tests.scripted_model.server import ScriptedModel

pytest.importorskip("playwright.sync_api", reason="the browser tests need the package playwright")

from playwright.sync_api import expect

if TYPE_CHECKING:
    from playwright.sync_api import Page


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningService]:
    """With a model that reads each resume in its own way, so that there are two readings."""
    with ScriptedModel() as model:
        environment = {
            "VITAE_ROUTING__CLIENTS": "LocalVLLM",
            "VITAE_CLIENTS__LOCALVLLM__BASE_URL": model.base_url,
        }
        with running_service(tmp_path_factory.mktemp("review"), environment=environment) as running:
            yield running


def _profile(service: RunningService, resume_id: str) -> dict[str, Any]:
    with service.http() as client:
        return client.get(f"/v1/resumes/{resume_id}").json()["profile"]


def _sample(service: RunningService, name: str) -> str:
    """A new upload each time; two uploads of one file share their corrections."""
    return upload(service, name, (SAMPLES / name).read_bytes())


def test_a_resume_is_reviewed_with_the_keyboard(page: Page, service: RunningService) -> None:
    resume_id = _sample(service, "marcus-delhaye.txt")
    page.goto(f"{service.url}/review?candidate={resume_id}&below=0.8")
    words, current = page.locator("#progress-values"), page.locator(".question.current")
    expect(words).to_have_text("Value 1 of 3")
    expect(current.locator(".question-body")).to_be_focused()
    expect(page.locator("#lines mark")).to_have_text("OSHA Forklift Certification, 02/2023")
    page.keyboard.press("j")
    expect(page.locator("#lines mark")).to_have_text("OSHA 30-Hour General Industry, 06/2022")
    page.keyboard.press("ArrowUp")
    expect(words).to_have_text("Value 1 of 3")
    page.keyboard.press("2")  # what the other reading has
    expect(words).to_have_text("Value 2 of 3")
    page.keyboard.press("e")
    expect(page.get_by_label("Right value")).to_be_focused()
    page.keyboard.press("Escape")
    expect(current.locator(".question-body")).to_be_focused()
    page.keyboard.press("e")
    page.keyboard.type("OSHA 30")
    page.keyboard.press("Enter")
    expect(words).to_have_text("Value 3 of 3")
    expect(current).to_contain_text("Is this education entry right?")
    page.keyboard.press("s")
    expect(page.locator("#end-words")).to_have_text("1 value skipped.")
    page.keyboard.press("k")
    page.keyboard.press("a")
    expect(page.locator("#end-words")).to_have_text("All values of this candidate are decided.")
    page.keyboard.press("u")  # the last decision
    expect(words).to_have_text("Value 3 of 3")
    page.keyboard.press("x")
    expect(words).to_have_text("3 of 3 values decided")
    expect(page.get_by_role("button", name="Next candidate")).to_be_focused()
    profile = _profile(service, resume_id)
    assert [each["name"] for each in profile["certificates"]] == ["OSHA Forklift Certification", "OSHA 30"]
    assert profile["education"] == []
    page.goto(f"{service.url}/candidates/{resume_id}")
    page.get_by_role("link", name="1 doubtful value").click()  # by the usual threshold
    expect(words).to_have_text("Value 1 of 1")
    expect(current.locator(".question-body")).to_be_focused()
    page.keyboard.press("a")
    expect(page.get_by_role("button", name="Next candidate")).to_be_focused()
    page.goto(f"{service.url}/candidates/{resume_id}")
    expect(page.get_by_role("link", name="doubtful value")).to_have_count(0)
    expect(page.locator("#profile")).to_contain_text("The model and the built-in parser agree on")


def test_the_keys_are_shown_and_a_key_that_is_held_down_decides_once(page: Page, service: RunningService) -> None:
    resume_id = _sample(service, "jonas-lindvall.pdf")
    page.goto(f"{service.url}/review?candidate={resume_id}")
    words = page.locator("#progress-values")
    expect(words).to_contain_text("Value 1 of")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_contain_text("Undo the last decision")
    page.keyboard.press("x")  # nothing is decided while the keys are shown
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(page.locator(".sheet .mark.chosen").first).to_be_visible()
    page.keyboard.down("Enter")
    page.keyboard.down("Enter")  # the browser repeats it
    page.keyboard.up("Enter")
    expect(words).to_contain_text("Value 2 of")
    with service.http() as client:
        made = client.get(f"/v1/resumes/{resume_id}/profile/corrections").json()["items"]
    assert [each["number"] for each in made] == [1]


def test_a_resume_that_was_erased_meanwhile_leads_on_to_the_next(page: Page, service: RunningService) -> None:
    resume_id = _sample(service, "elodie-marchandeau.pdf")
    page.goto(f"{service.url}/review?candidate={resume_id}")
    expect(page.locator("#progress-values")).to_contain_text("Value 1 of")
    with service.http() as client:
        client.delete(f"/v1/resumes/{resume_id}").raise_for_status()
    page.keyboard.press("Enter")
    expect(page.locator("#end-words")).to_have_text("This candidate has been deleted.")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Review")).to_be_visible()
    expect(page.locator("#review")).not_to_contain_text("Marchandeau")
