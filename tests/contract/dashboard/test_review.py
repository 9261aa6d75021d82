"""The review page as the service renders it: who may see it, what it asks, and where it leads."""

import re
import uuid
from collections.abc import Callable

import pytest
from starlette.testclient import TestClient

from tests.contract.api.conftest import Tenant
from tests.contract.api.doubtful_result import EVIDENCE, place

Browser = Callable[..., TestClient]
CONFIRM_NAME = [{"op": "confirm", "path": "/basics/name", "value": "Ilse Varga"}]


def questions(page: str) -> list[str]:
    return [" ".join(re.sub(r"<[^>]+>", " ", each).split()) for each in re.findall(r"<h2 id=\"question-.*?</h2>", page)]


def test_the_page_asks_about_the_most_doubtful_candidate(
    tenant: Tenant, doubtful: Callable[..., str], browser: Browser
) -> None:
    doubtful(tenant)
    worst = doubtful(tenant, {**EVIDENCE, "/work/0/position": place(3, "Process Engineer", 0.1)})
    page = browser(tenant).get("/review")
    assert page.status_code == 200
    assert f'data-id="{worst}"' in page.text
    assert questions(page.text) == [
        "Is this right? 85 % sure",
        "Is this right? 10 % sure",
        "Is this job right? 86 % sure",
        "Add this volunteer position? 19 % likely missing",
    ]
    assert "2 candidates left" in page.text
    assert "Only the built-in parser has this job." in page.text
    assert "read by the model, line 3</span></button>" in page.text
    assert '<span class="option-value">Miller</span><span class="option-from">read by the built-in parser, line 4' in (
        page.text
    )
    assert page.text.index('data-line="3"') < page.text.index('id="questions"')  # the document is beside them


def test_one_candidate_follows_the_other_until_the_end_of_the_queue(
    tenant: Tenant, doubtful: Callable[..., str], browser: Browser
) -> None:
    ids = {doubtful(tenant), doubtful(tenant)}
    visitor = browser(tenant)
    seen: list[str] = []
    address = "/review"
    while True:
        page = visitor.get(address).text
        found = re.search(r'data-id="([\w-]+)"', page)
        if found is None:
            break
        seen.append(found[1])
        follows = re.search(r'data-next="([^"]+)"', page)
        assert follows is not None
        address = follows[1].replace("&amp;", "&")
    assert (len(seen), set(seen)) == (2, ids)
    assert "You have reached the end of the queue." in page
    assert "2 candidates left" in page


def test_a_candidate_without_doubtful_values_and_an_empty_queue_say_so(
    client: TestClient, tenant: Tenant, doubtful: Callable[..., str], browser: Browser
) -> None:
    visitor = browser(tenant)
    assert "There is nothing to review." in visitor.get("/review").text
    resume_id = doubtful(tenant, {"/basics/name": place(1, "Ilse Varga", 0.85)}, None)
    assert "Review 1 doubtful value</a>" in visitor.get(f"/candidates/{resume_id}").text
    client.patch(f"/v1/resumes/{resume_id}/profile", json=CONFIRM_NAME, headers=tenant.headers()).raise_for_status()
    assert "No doubtful values are left here." in visitor.get(f"/review?candidate={resume_id}").text
    candidate = visitor.get(f"/candidates/{resume_id}").text
    assert "doubtful value" not in candidate
    assert "Confirmed by write" in candidate


def test_only_people_who_may_write_see_the_page_and_its_link(
    tenant: Tenant, doubtful: Callable[..., str], browser: Browser
) -> None:
    resume_id = doubtful(tenant)
    writer, reader = browser(tenant, "write"), browser(tenant, "read")
    assert 'href="/review"' in writer.get("/candidates").text
    assert 'href="/review"' not in reader.get("/candidates").text
    refused = reader.get("/review")
    assert refused.status_code == 403
    assert "can only read" in refused.text
    assert "doubtful value" not in reader.get(f"/candidates/{resume_id}").text


def test_another_tenants_and_an_erased_candidate_are_not_found(
    client: TestClient, tenant: Tenant, other: Tenant, doubtful: Callable[..., str], browser: Browser
) -> None:
    theirs, mine = doubtful(other), doubtful(tenant)
    visitor = browser(tenant)
    assert f'data-id="{mine}"' in visitor.get("/review").text
    assert visitor.get(f"/review?candidate={theirs}").status_code == 404
    client.delete(f"/v1/resumes/{mine}", headers=tenant.headers()).raise_for_status()
    assert visitor.get(f"/review?candidate={mine}").status_code == 404
    assert "There is nothing to review." in visitor.get("/review").text


@pytest.mark.parametrize(
    ("query", "status"),
    [("candidate=nonsense", 404), ("below=0.85", 422), ("below=many", 422), ("after=nonsense", 422)],
)
def test_addresses_that_make_no_sense_are_refused(tenant: Tenant, browser: Browser, query: str, status: int) -> None:
    assert browser(tenant).get(f"/review?{query}").status_code == status


@pytest.mark.parametrize("view", ["blind", "blind-schools"])
def test_the_blind_page_has_no_names_and_no_decisions(
    tenant: Tenant, doubtful: Callable[..., str], browser: Browser, view: str
) -> None:
    resume_id = doubtful(tenant)
    visitor = browser(tenant)
    visitor.cookies.set("vitae_view", view)
    page = visitor.get("/review").text
    assert "arga" not in page
    assert f"Candidate {uuid.UUID(resume_id).hex[:6].upper()}" in page
    assert "Identities are hidden, so values cannot be decided." in page
    assert 'data-act="' not in page
    assert "/basics/name" not in page


def test_the_candidate_page_says_how_far_the_readings_agree(
    tenant: Tenant, doubtful: Callable[..., str], browser: Browser
) -> None:
    resume_id = doubtful(tenant)
    page = browser(tenant).get(f"/candidates/{resume_id}").text
    assert "The model and the built-in parser agree on 90 % of the values." in page
    assert f'<a href="/review?candidate={resume_id}">Review 4 doubtful values</a>' in page
