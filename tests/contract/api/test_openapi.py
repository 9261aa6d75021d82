"""The OpenAPI document is valid, and real responses match it."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from starlette.testclient import TestClient

from app.errors import EncryptedDocument
from tests.contract.api.conftest import Tenant
from tests.contract.api.pipeline import Pipeline


@pytest.fixture(scope="module")
def schema(client: TestClient) -> dict[str, Any]:
    answer = client.get("/openapi.json")
    assert answer.status_code == 200
    return answer.json()


def _operations(schema: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, item in schema["paths"].items():
        for method, operation in item.items():
            yield method.upper(), path, operation


def _validator(schema: dict[str, Any], part: dict[str, Any]) -> Draft202012Validator:
    return Draft202012Validator(
        {**part, "components": schema["components"]}, format_checker=Draft202012Validator.FORMAT_CHECKER
    )


def _references(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        for key, value in part.items():
            if key == "$ref":
                yield value
            yield from _references(value)
    elif isinstance(part, list):
        for value in part:
            yield from _references(value)


def test_every_reference_resolves_and_no_component_is_unused(schema: dict[str, Any]) -> None:
    used = set(_references(schema))
    known = {f"#/components/schemas/{name}" for name in schema["components"]["schemas"]}
    assert used == known
    for definition in schema["components"]["schemas"].values():
        Draft202012Validator.check_schema(definition)


def test_every_operation_has_an_id_a_summary_a_description_and_its_path_parameters(schema: dict[str, Any]) -> None:
    operations = list(_operations(schema))
    ids = [operation["operationId"] for _, _, operation in operations]
    assert len(ids) == len(set(ids))
    for method, path, operation in operations:
        assert operation["summary"], (method, path)
        assert operation["description"] or path == "/metrics", (method, path)
        declared = {item["name"] for item in operation.get("parameters", []) if item["in"] == "path"}
        assert declared == set(re.findall(r"\{(\w+)\}", path))


def test_every_json_response_and_every_error_has_a_valid_example(schema: dict[str, Any]) -> None:
    for method, path, operation in _operations(schema):
        for status, response in operation["responses"].items():
            assert response["description"], (method, path, status)
            for media_type, content in response.get("content", {}).items():
                examples = [item["value"] for item in content.get("examples", {}).values()]
                if int(status) >= 400:
                    assert media_type == "application/problem+json", (method, path, status)
                    assert examples, (method, path, status)
                for example in examples:
                    _validator(schema, content["schema"]).validate(example)
    for name, definition in schema["components"]["schemas"].items():
        for example in definition.get("examples", []):
            _validator(schema, {"$ref": f"#/components/schemas/{name}"}).validate(example)


def test_real_responses_match_their_description(
    client: TestClient, schema: dict[str, Any], tenant: Tenant, upload: Callable[..., str], pipeline: Pipeline
) -> None:
    done, failed, waiting = upload(tenant), upload(tenant), upload(tenant)
    pipeline.spend(done, "0.00275")
    pipeline.finish(done)
    pipeline.fail(failed, EncryptedDocument("Save it without the password."))
    files = [("files", ("cv.txt", b"somebody")), ("files", ("none.txt", b""))]
    nobody = "00000000-0000-4000-8000-000000000000"
    requests: list[tuple[str, str, str, int, dict[str, Any]]] = [
        ("POST", "/v1/resumes", "/v1/resumes", 202, {"files": files}),
        ("POST", "/v1/resumes", "/v1/resumes", 422, {"files": files[1:]}),
        ("POST", "/v1/resumes", "/v1/resumes", 422, {"files": files[1:] * 2}),
        ("POST", "/v1/resumes", "/v1/resumes", 422, {}),
        ("GET", "/v1/resumes", "/v1/resumes", 200, {}),
        ("GET", "/v1/resumes", "/v1/resumes?limit=0", 422, {}),
        ("GET", "/v1/resumes/{resume_id}", f"/v1/resumes/{done}", 200, {}),
        ("GET", "/v1/resumes/{resume_id}", f"/v1/resumes/{failed}", 200, {}),
        ("GET", "/v1/resumes/{resume_id}", f"/v1/resumes/{waiting}", 200, {}),
        ("GET", "/v1/resumes/{resume_id}", f"/v1/resumes/{nobody}", 404, {}),
        ("GET", "/v1/resumes/{resume_id}/export", f"/v1/resumes/{waiting}/export", 409, {}),
        ("POST", "/v1/resumes/{resume_id}/reanalyse", f"/v1/resumes/{done}/reanalyse", 202, {}),
        ("POST", "/v1/resumes/{resume_id}/reanalyse", f"/v1/resumes/{done}/reanalyse", 409, {}),
        ("DELETE", "/v1/resumes/{resume_id}", f"/v1/resumes/{waiting}", 204, {}),
        ("GET", "/v1/clients", "/v1/clients", 200, {}),
        ("POST", "/v1/keys", "/v1/keys", 201, {"json": {"name": "n", "scopes": ["read"]}}),
        ("POST", "/v1/keys", "/v1/keys", 422, {"json": {"name": "n"}}),
        ("GET", "/v1/keys", "/v1/keys", 200, {}),
        ("DELETE", "/v1/keys/{key_id}", f"/v1/keys/{nobody}", 404, {}),
        ("GET", "/healthz", "/healthz", 200, {}),
        ("GET", "/readyz", "/readyz", 200, {}),
    ]
    for method, template, address, status, arguments in requests:
        answer = client.request(method, address, headers=tenant.headers("admin"), **arguments)
        assert answer.status_code == status, (method, address, answer.text)
        declared = schema["paths"][template][method.lower()]["responses"]
        assert str(status) in declared, (method, template, status)
        content = declared[str(status)].get("content", {})
        if status == 204:
            assert not content
            continue
        assert answer.headers["content-type"] in content, (method, template, status)
        part = content[answer.headers["content-type"]]["schema"]
        _validator(schema, part).validate(answer.json())
