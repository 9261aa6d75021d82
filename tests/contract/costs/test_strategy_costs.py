"""`GET /v1/costs/strategies`: estimates on stored resumes, without calling a model."""

from pathlib import Path

import pytest
from starlette.testclient import TestClient

from app.extraction.extract import extract_document
from app.extraction.limits import ExtractionLimits
from app.storage import documents
from tests.contract.costs.conftest import Headers, Ledger
from tests.contract.storage.rows import Rows

CLEAR = (Path(__file__).parents[3] / "samples" / "marcus-delhaye.txt").read_bytes()
STRANGE = b"""Ilse Varga-Okoye
ilse.varga@example.org

The story so far
I kept the billing pipeline of Quarrystone alive from 2019 on.
Before that I wrote reports at Fernhollow, from 2015 to 2019.
"""


def store(ledger: Ledger, *contents: bytes) -> None:
    rows = Rows(ledger.database)
    rows.tenant_id = ledger.tenant_id
    for content in contents:
        made = rows.resume()
        document = extract_document(content, "text/plain", ExtractionLimits())
        with ledger.database.transaction() as tx:
            documents.save_content(
                tx,
                made.document_id,
                content=document.to_bytes(),
                extractor_version="test",
                page_count=1,
                language="en",
            )


def test_each_strategy_is_estimated_on_the_newest_resumes(api: TestClient, ledger: Ledger, key: Headers) -> None:
    store(ledger, STRANGE, CLEAR, CLEAR)
    told = api.get("/v1/costs/strategies", headers=key(ledger, "read")).json()
    assert told["resumes"] == 3
    by_name = {line["strategy"]: line for line in told["strategies"]}
    counts = {name: (line["whole"], line["in_part"], line["without_request"]) for name, line in by_name.items()}
    assert counts["model"] == (3, 0, 0)
    assert counts["verify"] == (1, 0, 2)
    assert by_name["verify"]["input_tokens"] < by_name["model"]["input_tokens"] / 2
    newest = api.get("/v1/costs/strategies", params={"sample": 2}, headers=key(ledger, "read")).json()
    assert [line["without_request"] for line in newest["strategies"] if line["strategy"] == "verify"] == [2]


def test_without_resumes_there_is_nothing_to_estimate(api: TestClient, ledger: Ledger, key: Headers) -> None:
    told = api.get("/v1/costs/strategies", headers=key(ledger, "read")).json()
    assert told["resumes"] == 0
    assert [line["usd_per_1000"] for line in told["strategies"]] == [None] * 3


def test_nobody_gets_an_estimate_on_the_resumes_of_others(api: TestClient, ledger: Ledger, key: Headers) -> None:
    other = Ledger(ledger.database, ledger.new_tenant(), "OwnOther")
    store(other, CLEAR)
    assert api.get("/v1/costs/strategies", headers=key(ledger, "read")).json()["resumes"] == 0


@pytest.mark.parametrize("sample", [0, 201])
def test_the_sample_has_a_limit(api: TestClient, ledger: Ledger, key: Headers, sample: int) -> None:
    answer = api.get("/v1/costs/strategies", params={"sample": sample}, headers=key(ledger, "read"))
    assert answer.json()["code"] == "invalid_request"
