"""BAML's effects on a process: nothing that forks may load it, logging and tracing stay off, nothing hangs at exit."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.contract.routing.conftest import RESUME
from tests.scripted_model import Behaviour, ScriptedModel

ROOT = Path(__file__).parents[3]
CALL = """
import json, os, sys
from app.routing.baml_client import call_model
from app.routing.clients import Client
from app.routing.question import Question
client = Client(
    name="LocalVLLM",
    provider="openai-generic",
    model="m",
    base_url=os.environ["TEST_BASE_URL"],
    total_timeout_seconds=20,
)
question = Question.extract_profile(os.environ["TEST_RESUME"])
"""


def run(local: ScriptedModel, program: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", CALL + program],
        check=False,
        cwd=ROOT,
        timeout=60,
        capture_output=True,
        text=True,
        env={**os.environ, "TEST_BASE_URL": local.base_url, "TEST_RESUME": RESUME, **environment},
    )


@pytest.mark.parametrize("module", ["workers.celery_app", "app.main", "workers.schedule", "app.cli.main"])
def test_importing_an_entry_point_does_not_load_baml(module: str) -> None:
    script = f"import {module}, sys; print([name for name in sys.modules if name.split('.')[0].startswith('baml')])"
    ended = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert ended.stdout.strip() == "[]"


def test_prompts_and_answers_are_never_printed_even_if_the_environment_enables_it(local: ScriptedModel) -> None:
    program = "print(call_model(question, client, timeout_seconds=20).outcome)"
    done = run(local, program, BAML_LOG="trace")
    assert (done.returncode, done.stdout.strip()) == (0, "ok")
    assert "Ilse" not in done.stdout + done.stderr


def test_bamls_tracing_service_is_never_enabled(local: ScriptedModel) -> None:
    program = """
call_model(question, client, timeout_seconds=20)
print(json.dumps([name for name in os.environ if name.startswith("BOUNDARY_")]))
"""
    done = run(local, program, BOUNDARY_PROJECT_ID="p", BOUNDARY_SECRET="s", BOUNDARY_API_KEY="k")
    assert json.loads(done.stdout) == []


def test_after_a_fork_a_call_is_rejected_instead_of_hanging(local: ScriptedModel) -> None:
    program = """
call_model(question, client, timeout_seconds=20)
child = os.fork()
if child == 0:
    try:
        call_model(question, client, timeout_seconds=5)
    except RuntimeError as error:
        os._exit(0 if "--pool=threads" in str(error) else 3)
    os._exit(4)
_, status = os.waitpid(child, 0)
sys.exit(os.waitstatus_to_exitcode(status))
"""
    assert run(local, program).returncode == 0


@pytest.mark.parametrize("kind", ["ok", "hang_before_headers"])
def test_a_process_exits_immediately_even_with_abandoned_calls(local: ScriptedModel, kind: str) -> None:
    local.script.replace(Behaviour("ok" if kind == "ok" else "hang_before_headers"))
    done = run(local, "print(call_model(question, client, timeout_seconds=0.3 if sys.argv[1:] else 1).outcome)")
    assert done.returncode == 0
    assert done.stdout.strip() == ("ok" if kind == "ok" else "timeout")


def test_the_tests_inside_baml_src_pass_against_a_truthful_model(local: ScriptedModel, tmp_path: Path) -> None:
    source = tmp_path / "baml_src"
    source.mkdir()
    for file in (ROOT / "baml_src").glob("*.baml"):
        text = file.read_text("utf-8").replace("http://127.0.0.1:8000/v1", local.base_url)
        (source / file.name).write_text(text, "utf-8")
    command = [str(Path(sys.executable).with_name("baml-cli")), "test", "--from", str(source)]
    done = subprocess.run(
        command, check=False, timeout=120, capture_output=True, text=True, env={**os.environ, "BAML_LOG": "off"}
    )
    assert done.returncode == 0, done.stdout[-2000:]
    assert len(local.calls) == 5


def test_the_examples_of_the_clients_page_are_valid_baml(tmp_path: Path) -> None:
    source = shutil.copytree(ROOT / "baml_src", tmp_path / "baml_src")
    page = (ROOT / "docs" / "clients.md").read_text("utf-8")
    examples = re.findall(r"```baml\n(.*?)```", page, re.DOTALL)
    assert len(examples) >= 3
    (source / "page.baml").write_text("\n".join(examples), "utf-8")
    command = [str(Path(sys.executable).with_name("baml-cli")), "check", "--from", str(source)]
    done = subprocess.run(command, check=False, timeout=60, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
