"""The pages of a machine without a model: calm, with the way to connect one; and the alarm where one has stopped."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa
from starlette.testclient import TestClient

from app.dashboard.connect_model import WAYS_TO_CONNECT, Way
from app.routing.clients import build_clients
from app.settings import load_settings
from app.storage import endpoint_states
from app.storage.engine import Database
from app.storage.tables import endpoint_states as endpoint_states_table
from tests.contract.api.conftest import Tenant
from tests.contract.api.pipeline import Pipeline

Browser = Callable[..., TestClient]
ALARMS = re.compile(r'class="[^"]*\b(?:banner|tag-warn|tag-bad|notice-bad|panel-bad|panel-warn)\b[^"]*"(?![^>]*hidden)')


def test_without_a_model_no_page_has_an_alarm_and_one_says_how_to_connect_one(
    browser: Browser, tenant: Tenant, upload: Callable[..., str], pipeline: Pipeline
) -> None:
    resume_id = upload(tenant)
    pipeline.finish(resume_id, client="builtin")
    visitor = browser(tenant)
    pages = {path: visitor.get(path).text for path in ("/candidates", f"/candidates/{resume_id}", "/costs", "/system")}
    for path, text in pages.items():
        assert not ALARMS.findall(re.sub("<p [^>]*>No process .*", "", text)), path  # there are none in this test
        assert "egraded</span>" not in text, path
    assert "Read by</h2>\n      <p><strong>Built-in parser</strong>" in pages[f"/candidates/{resume_id}"]
    assert "Resumes are read by the built-in parser." in pages["/candidates"]
    assert "OPENAI_API_KEY=sk-..." in pages["/system"]
    visitor.cookies.set("vitae_hint", "off")
    assert 'id="hint"' not in visitor.get("/candidates").text
    assert 'id="connect"' in visitor.get("/system").text


def test_the_hint_ends_with_the_first_model_that_answers(
    browser: Browser, tenant: Tenant, database: Database, client: TestClient
) -> None:
    visitor = browser(tenant)
    before = {one["name"]: one["expected"] for one in visitor.get("/v1/clients").json()["clients"]}
    assert before == {"LocalVLLM": False, "GPT4o": False, "GPT4oMini": False, "builtin": True}
    try:
        with database.transaction() as tx:
            endpoint_states.note_answer(tx, "LocalVLLM@http://127.0.0.1:8000/v1")
        assert 'id="hint"' not in visitor.get("/candidates").text
        assert 'id="connect"' not in visitor.get("/system").text
        after = {one["name"]: one["expected"] for one in visitor.get("/v1/clients").json()["clients"]}
        assert after == {**before, "LocalVLLM": True}
        assert 'vitae_client_expected{client="GPT4o"} 0.0' in client.get("/metrics").text
    finally:
        with database.transaction() as tx:
            tx.execute(sa.delete(endpoint_states_table))


@pytest.mark.parametrize("way", WAYS_TO_CONNECT, ids=lambda way: way.title)
def test_the_lines_to_write_connect_a_model(way: Way, tmp_path: Path) -> None:
    shipped = (Path(__file__).parents[3] / "vitae.toml").read_text("utf-8")
    if way.file == "vitae.toml":
        section = re.search(r"^\[clients\.LocalVLLM\]\n(?:.+\n)+", shipped, re.MULTILINE)
        assert section is not None
        shipped = shipped.replace(section[0], way.lines + "\n")
    else:
        (tmp_path / way.file).write_text(way.lines.replace("sk-...", "sk-proj-1") + "\n", "utf-8")
    (tmp_path / "vitae.toml").write_text(shipped, "utf-8")
    loaded = load_settings(tmp_path, {})
    clients = build_clients(loaded.settings, loaded.environment)
    assert any(clients[name].is_set_up for name in loaded.settings.routing.clients)
