"""The catalog of problems is complete: every code has a status, a title and a page."""

import json
import re
from pathlib import Path

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from app import errors
from app.api import problems as catalogue
from app.api.boundary import route_template
from app.api.openapi import TITLE_OF_CODE
from app.api.problems import STATUS_OF_CODE, install, problem_body
from app.errors import VitaeError

_PAGES = Path(__file__).resolve().parents[3] / "docs" / "problems"


def _classes() -> list[type[VitaeError]]:
    members = [*vars(errors).values(), *vars(catalogue).values()]
    return [item for item in members if isinstance(item, type) and issubclass(item, VitaeError)]


def test_every_error_of_the_application_has_a_status() -> None:
    assert {item.code for item in _classes()} == set(STATUS_OF_CODE)


def test_errors_worth_a_retry_are_503_and_the_callers_errors_are_4xx() -> None:
    for item in _classes():
        status = STATUS_OF_CODE[item.code]
        if item.retryable:
            assert status == 503, item.code
        elif issubclass(item, errors.InputError):
            assert 400 <= status < 500, item.code
        else:
            assert status == 500, item.code


@pytest.mark.parametrize("code", sorted(STATUS_OF_CODE))
def test_every_code_has_a_page_that_matches_the_catalog(code: str) -> None:
    text = (_PAGES / f"{code}.md").read_text("utf-8")
    assert text.startswith(f"# {TITLE_OF_CODE[code]}\n")
    (example,) = re.findall(r"```json\n(.*?)```", text, re.DOTALL)
    body = json.loads(example)
    assert {key: body[key] for key in ("type", "title", "status", "code")} == {
        "type": f"/docs/problems/{code}",
        "title": TITLE_OF_CODE[code],
        "status": STATUS_OF_CODE[code],
        "code": code,
    }
    assert set(body) >= {"detail", "request_id"}
    assert "## What it means" in text
    assert "## What to do" in text


def test_there_is_no_page_without_a_code() -> None:
    assert {path.stem for path in _PAGES.glob("*.md")} == set(STATUS_OF_CODE)


def test_an_unknown_error_is_an_internal_error() -> None:
    class Strange(VitaeError):
        code = "strange"

    assert problem_body(Strange("?"), "r")["status"] == 500


def test_every_application_error_is_answered_with_its_status() -> None:
    app = FastAPI()
    install(app)

    @app.get("/{number}")
    def fail(number: int) -> None:
        item = _classes()[number]
        raise item("What to do.")

    with TestClient(app) as client:
        for number, item in enumerate(_classes()):
            answer = client.get(f"/{number}")
            assert answer.status_code == STATUS_OF_CODE[item.code]
            assert answer.json()["code"] == item.code
            assert answer.headers["content-type"] == "application/problem+json"
            assert ("retry-after" in answer.headers) == item.retryable


def test_a_url_without_a_route_has_no_template() -> None:
    assert route_template({"type": "http", "path": "/x"}) == "unmatched"
