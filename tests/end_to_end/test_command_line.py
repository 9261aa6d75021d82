"""Every command on the running service: in a terminal of 80 columns, without a terminal, piped to `head`, and as JSON.

The service holds a resume whose file name and text are full of terminal escape sequences.
"""

import json
import os
import re
import select
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from rich.cells import cell_len

from tests.architecture.test_command_line import TREE
from tests.end_to_end.conftest import ServiceWithModels
from tests.end_to_end.resume_texts import resume_text
from tests.end_to_end.service import ROOT, RunningService, database_url, free_port
from tests.end_to_end.typed import type_command
from tests.scripted_model.behaviour import Behaviour

pytestmark = pytest.mark.usefixtures("running")

NOBODY = "00000000-0000-4000-8000-000000000000"
HOSTILE_NAME = "[bold] :smile: \x1b]0;owned\x07\x1b[2J\x9b31m\u202e.txt"
HOSTILE_TEXT = (
    "Zeno Escapist\x1b[31m\nzeno@escapist.example\n\nWork\n"
    "[red]Tester[/red], \x1b]0;owned\x07Loom \x9b2J & Co, 2001 - 2009\n"
    "- Wove \u202eeverything\n\nSkills\nWeaving, :smile:, [/bold], \x1b[2J\n"
).encode()
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")


@dataclass(frozen=True, slots=True)
class Place:
    """The values that the commands below refer to."""

    folder: Path
    environment: Mapping[str, str]
    resume_id: str
    key_id: str
    webhook_id: str
    price_id: str


# For each command: its words, where {name} is a field of `Place`, and the expected exit status.
CALLS: dict[str, tuple[str, int]] = {
    "up": ("up --port {port}", 1),  # the port of the running service is taken
    "open": ("open --print", 0),
    "logs": ("logs analysis --lines 20", 0),
    "logs all": ("logs", 0),
    "logs unknown": ("logs nobody", 2),
    "upload": ("upload files", 0),
    "upload wait": ("upload files --wait", 0),
    "list": ("list", 0),
    "show": ("show {resume_id}", 0),
    "show nobody": (f"show {NOBODY}", 1),
    "analyse": ("analyse files --client builtin", 0),
    "analyse missing": ("analyse nothing.pdf --client builtin", 1),
    "person find": ("person find zeno@escapist.example", 0),
    "person export": ("person export zeno@escapist.example -o files", 2),  # the folder already exists
    "person erase": ("person erase zeno@escapist.example", 1),  # nobody can confirm
    "doctor": ("doctor", 0),
    "eval compare": ("eval labelled --no-keep", 0),
    "eval from-corrections": ("eval from-corrections reviewed", 1),  # privacy.evaluation_sets is off
    "eval export-training": ("eval export-training labelled --format vllm", 2),  # it has no folder `train`
    "match": ("match job.txt --why", 0),
    "size": ("size --rps 20", 0),
    "batch submit": ("batch submit", 1),  # no batch lane is configured
    "batch status": ("batch status", 0),
    "batch collect": (f"batch collect {NOBODY}", 1),
    "batch cancel": (f"batch cancel {NOBODY}", 1),
    "batch run": (f"batch run {NOBODY}", 1),
    "clients": ("clients", 0),
    "clients open": ("clients open LocalVLLM", 0),
    "clients close": ("clients close LocalVLLM", 0),
    "clients reset": ("clients reset LocalVLLM", 0),
    "clients drain": ("clients drain LocalVLLM --undo", 0),
    "clients explain": ("clients explain files/ada.txt", 0),
    "clients test": ("clients test LocalVLLM --timeout-seconds 60", 0),
    "bench": ("bench --compare before.json before.json", 0),
    "bench model": ("bench model files/ada.txt --concurrency 1 --requests 2 --warm-up 0 --yes", 0),
    "bench pipeline": ("bench pipeline nothing.pdf", 2),
    "config show": ("config show", 0),
    "costs break-even": ("costs break-even", 0),
    "costs summary": ("costs summary --by client", 0),
    "costs strategies": ("costs strategies", 0),
    "costs forecast": ("costs forecast", 0),
    "costs report": ("costs report", 0),
    "costs ledger": ("costs ledger", 0),
    "costs import-bill": ("costs import-bill bill.csv", 0),
    "costs reconcile": ("costs reconcile", 0),
    "costs figures": ("costs figures", 0),
    "costs prices list": ("costs prices list --history", 0),
    "costs prices set": ("costs prices set gpt-x --input 1 --output 2 --note test", 0),
    "costs prices end": ("costs prices end {price_id}", 0),
    "keys create": ("keys create another", 0),
    "keys list": ("keys list", 0),
    "keys revoke": ("keys revoke {key_id}", 0),
    "keys link": ("keys link", 0),
    "keys bootstrap": ("keys bootstrap", 0),
    "vllm up": ("vllm up --client GPT4o", 2),
    "vllm restart": ("vllm restart", 2),
    "webhooks create": ("webhooks create https://192.0.2.1/hook", 1),  # not a public address
    "webhooks list": ("webhooks list", 0),
    "webhooks delete": (f"webhooks delete {NOBODY}", 1),
    "webhooks disable": ("webhooks disable {webhook_id}", 0),
    "webhooks enable": ("webhooks enable {webhook_id}", 0),
    "webhooks rotate": ("webhooks rotate {webhook_id}", 0),
    "webhooks test": (f"webhooks test {NOBODY}", 1),
    "webhooks deliveries": ("webhooks deliveries {webhook_id}", 0),
    "webhooks replay": ("webhooks replay {webhook_id} --since 2020-01-01", 0),
}
# Lines meant to be copied are wrapped by the terminal, not by Vitae.
COPIED = {"size", "open", "logs", "logs all", "keys create", "keys link", "webhooks rotate"}


def test_every_command_is_covered_here() -> None:
    named = {path for path, command in TREE.items() if path and not getattr(command, "commands", None)}
    assert named <= set(CALLS)


@pytest.fixture(scope="module")
def place(_running: ServiceWithModels, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    service = _running.service
    folder = tmp_path_factory.mktemp("typed")
    (folder / "files").mkdir()
    (folder / "labelled").mkdir()
    (folder / "files" / "ada.txt").write_bytes(resume_text(70_001))
    (folder / "files" / HOSTILE_NAME).write_bytes(HOSTILE_TEXT)
    (folder / "files" / "not-utf8-\udcff.txt").write_bytes(resume_text(70_002))
    for name in ("marcus-delhaye.txt", "marcus-delhaye.truth.json"):
        (folder / "labelled" / name).write_bytes((ROOT / "samples" / name).read_bytes())
    (folder / "job.txt").write_text("Requirements:\n- Python, [bold]knots\x1b[31m\n- 3 years of experience\n")
    (folder / "bill.csv").write_text(
        "machine,start,end,amount_usd,reference\nLocalVLLM,2026-11-10,2026-11-11,30.00,[red]INV-\x1b[31m9\n"
    )
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "TERM": "xterm-256color",
        "VITAE_URL": service.url,
        "VITAE_API_KEY": service.key,
        "VITAE_SERVER__PORT": str(service.port),
        "VITAE_STORAGE__DATA_DIR": str(service.data_dir),
        "VITAE_STORAGE__DATABASE_URL": database_url(service),
        "VITAE_CLIENTS__LOCALVLLM__BASE_URL": _running.local.base_url,
    }
    bench = "bench model files/ada.txt --concurrency 1 --requests 2 --warm-up 0 --yes --json before.json"
    assert type_command(bench.split(), environment, folder).status == 0
    uploaded = type_command(["upload", "files", "--wait", "--json"], environment, folder)
    assert uploaded.status == 0, uploaded.stderr
    with service.http() as http:
        [hostile] = http.get("/v1/resumes", params={"q": "escapist"}).json()["items"][:1]
        http.patch(f"/v1/resumes/{hostile['id']}/profile", json={"basics": {"label": "[/bold] :smile: [red]x"}})
        key = http.post("/v1/keys", json={"name": "[/bold] :smile:", "scopes": ["read"]}).json()
        webhook = http.post("/v1/webhooks", json={"url": "https://example.com/hook", "description": "[/bold]"})
        price = {"model": "gpt-y", "provider": "openai", "note": "[/bold]"}
        amounts = {"input_usd_per_million": "1", "output_usd_per_million": "2"}
        entered = http.post("/v1/costs/prices", json={**price, **amounts}).json()
        yield Place(folder, environment, hostile["id"], key["id"], webhook.json()["id"], entered["id"])


def _words(call: str, place: Place, service: RunningService) -> list[str]:
    known = {"port": service.port, **{name: getattr(place, name) for name in place.__slots__}}
    return [word.format(**known) for word in CALLS[call][0].split()]


@pytest.mark.parametrize("call", CALLS)
def test_output_fits_a_terminal_of_80_columns(call: str, place: Place, running: ServiceWithModels) -> None:
    ran = type_command(_words(call, place, running.service), place.environment, place.folder, output="terminal")
    assert ran.status == CALLS[call][1], ran.stderr
    plain = _COLOURS.sub("", ran.stdout)
    assert _steering(plain) == []
    assert _steering(ran.stderr) == []
    assert "Traceback" not in ran.stderr
    if call not in COPIED:
        assert [line for line in plain.splitlines() if cell_len(line) > 80] == []
    for whole in re.findall(r"[0-9a-f]{8}-[0-9a-f-]*", plain):  # ids are not broken
        assert len(whole) == 36, whole


@pytest.mark.parametrize("call", CALLS)
def test_without_a_terminal_the_output_is_plain_text(call: str, place: Place, running: ServiceWithModels) -> None:
    environment = {**place.environment, "TERM": "dumb"}
    ran = type_command(_words(call, place, running.service), environment, place.folder)
    assert ran.status == CALLS[call][1], ran.stderr
    assert _steering(ran.stdout + ran.stderr) == []
    assert "━" not in ran.stderr
    assert "Traceback" not in ran.stderr
    if ran.status:
        assert len((ran.stdout + ran.stderr).strip()) > 20, "no reason is given"


@pytest.mark.parametrize("call", CALLS)
def test_a_reader_that_closes_the_pipe_is_not_an_error(call: str, place: Place, running: ServiceWithModels) -> None:
    words = _words(call, place, running.service)
    ran = type_command(words, place.environment, place.folder, output="nobody")
    assert ran.status in {0, CALLS[call][1]}
    assert not re.search("Traceback|Broken|Exception", ran.stderr)
    if call in TREE:
        shown = type_command([*call.split(), "--help"], place.environment, place.folder, output="nobody")
        assert (shown.status, shown.stderr) == (0, "")


def _reads(call: str) -> bool:
    """Return whether the command has --json for reading; that of `bench` names a file."""
    known = CALLS[call][1] == 0 and call in TREE and "bench" not in call
    return known and any("--json" in parameter.opts for parameter in TREE[call].params)


@pytest.mark.parametrize("call", list(filter(_reads, CALLS)))
def test_with_json_nothing_else_is_on_standard_output(call: str, place: Place, running: ServiceWithModels) -> None:
    words = [*_words(call, place, running.service), "--json"]
    ran = type_command(words, place.environment, place.folder, output="terminal", columns=40)
    assert ran.status == 0, ran.stderr
    lines = ran.stdout.splitlines()
    assert lines
    for line in lines:
        json.loads(line)
    assert _steering(ran.stdout) == []


def _steering(text: str) -> list[str]:
    """Return the characters that a terminal would obey."""
    return re.findall("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", text)


def test_colors_appear_on_a_terminal_that_supports_them(place: Place) -> None:
    def doctor(**more: str) -> str:
        return type_command(["doctor"], {**place.environment, **more}, place.folder, output="terminal").stdout

    assert "\x1b[32mok" in doctor()
    assert not re.search(r"\x1b\[[0-9;]*3[0-7]", doctor(NO_COLOR="1"))
    assert "\x1b" not in doctor(TERM="dumb")


def test_a_wider_terminal_is_used(place: Place) -> None:
    def head(columns: int) -> str:
        ran = type_command(["list"], place.environment, place.folder, output="terminal", columns=columns)
        return _COLOURS.sub("", ran.stdout).splitlines()[0]

    assert head(80).split() == ["created", "status", "name", "id"]
    assert head(200).split() == ["created", "status", "name", "client", "file", "id"]
    assert head(40).split()[0] == "created"


WRONG: dict[str, tuple[str, dict[str, str], int, str]] = {
    "nobody answers": ("list", {"VITAE_URL": "http://127.0.0.1:{free}"}, 1, "Start it with `vitae up`"),
    "no address": ("list", {"VITAE_URL": "vitae.example.com"}, 2, "Use one like https://"),
    "a broken address": ("list", {"VITAE_URL": "http://["}, 2, "Use one like https://"),
    "no key for elsewhere": ("list", {"VITAE_URL": "http://192.0.2.1", "VITAE_API_KEY": ""}, 1, "set VITAE_API_KEY"),
    "a wrong key": ("list", {"VITAE_API_KEY": "vitae_wrong"}, 1, "VITAE_API_KEY"),
    "a key with a sign": ("list", {"VITAE_API_KEY": "vitae_\u00e9"}, 2, "Copy the key again"),
    "a wrong id": (f"show {NOBODY}", {}, 1, "vitae list"),
    "no id": ("show 12", {}, 1, "vitae list"),
    "no batch's id": ("batch cancel 12", {}, 1, "ids look like"),
    "neither address nor number": ("person find nonsense", {}, 2, "+34600111222"),
    "a missing file": ("upload nothing.pdf", {}, 2, "Check the name"),
    "an empty folder": ("upload empty", {}, 1, ".pdf"),
    "nothing to analyse": ("analyse empty", {}, 1, ".pdf"),
    "an unknown option": ("list --wrong", {}, 2, "vitae list -h"),
    "an unknown command": ("lst", {}, 2, "list"),
    "a value that cannot be": ("list --status finished", {}, 2, "'failed'"),
    "a wrong setting": ("config show", {"VITAE_SERVER__PORT": "many"}, 2, "server.port"),
    "an unknown client": ("clients open Nobody", {}, 1, "vitae clients"),
    "no folder to watch": ("upload files/ada.txt --watch", {}, 2, "vitae upload inbox/ --watch"),
    "no labelled folder": ("eval nothing", {}, 2, "NAME.truth.json"),
}


@pytest.mark.parametrize("case", WRONG)
def test_an_error_says_what_to_do_next(case: str, place: Place) -> None:
    call, changes, status, next_step = WRONG[case]
    (place.folder / "empty").mkdir(exist_ok=True)
    changed = {name: value.format(free=free_port()) for name, value in changes.items()}
    ran = type_command(call.split(), {**place.environment, **changed}, place.folder)
    assert (ran.status, ran.stdout) == (status, "")
    assert next_step in ran.stderr
    assert "Traceback" not in ran.stderr


def test_ctrl_c_leaves_a_clean_line_and_the_analysis_continues(place: Place, running: ServiceWithModels) -> None:
    (place.folder / "slow.txt").write_bytes(resume_text(70_100))
    for model in (running.local, running.hosted):
        model.script.replace(Behaviour(latency_seconds=3))

    words = ["upload", "slow.txt", "--wait"]
    ran = type_command(words, place.environment, place.folder, errors="terminal", interrupt_at="analysing")
    assert ran.status == 130
    shown = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", ran.stderr)
    assert shown.rstrip().splitlines()[-1] == "Stopped."
    assert "still analyses the uploaded files" in shown
    assert ran.stderr.endswith("\n")
    assert "Traceback" not in ran.stderr


def test_open_hands_a_link_that_signs_in_to_the_browser(place: Place, running: ServiceWithModels) -> None:
    browser, opened = place.folder / "browser.sh", place.folder / "opened"
    browser.write_text(f'#!/bin/sh\necho "$1" > {opened}\n')
    browser.chmod(0o755)
    ran = type_command(["open"], {**place.environment, "BROWSER": f"{browser} %s"}, place.folder)
    assert (ran.status, ran.stdout) == (0, "")
    assert "opens in your browser" in ran.stderr
    address = opened.read_text().strip()
    assert address.startswith(f"{running.service.url}/sign-in/")
    answer = httpx.get(address)
    assert (answer.status_code, answer.headers["location"]) == (303, "/candidates")


def test_open_prints_the_link_where_there_is_no_browser(place: Place, running: ServiceWithModels) -> None:
    ran = type_command(["open"], place.environment, place.folder)
    assert re.fullmatch(re.escape(running.service.url) + r"/sign-in/\S+\n", ran.stdout)
    assert "works once" in ran.stderr


def test_logs_that_are_elsewhere_are_said_to_be_elsewhere(place: Place) -> None:
    ran = type_command(["logs"], {**place.environment, "VITAE_STORAGE__DATA_DIR": "nowhere"}, place.folder)
    assert (ran.status, ran.stdout) == (1, "")
    assert "There are no logs in" in ran.stderr
    assert "docker compose logs" in ran.stderr


@pytest.fixture
def programs(tmp_path: Path) -> str:
    """A PATH on which `vitae` is the program of this source tree."""
    program = tmp_path / "vitae"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m app.cli.main "$@"\n')
    program.chmod(0o755)
    return f"{tmp_path}:{os.environ['PATH']}"


def test_head_ends_a_real_pipe_quietly(place: Place, programs: str) -> None:
    environment = {**place.environment, "PATH": programs, "PYTHONPATH": str(ROOT)}
    line = "set -o pipefail; vitae costs figures | head -1; vitae list --json --limit 1000 | head -c 10 >/dev/null"
    done = subprocess.run(["bash", "-c", line], env=environment, cwd=place.folder, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    assert len(done.stdout.splitlines()) == 1


def test_tab_completes_in_bash(place: Place, programs: str) -> None:
    """Uses a real interactive bash in a terminal, with the line from the documentation."""
    environment = {**place.environment, "PATH": programs, "PYTHONPATH": str(ROOT), "PS1": "ready> "}
    page = (ROOT / "docs" / "command-line.md").read_text("utf-8")
    documented = re.findall(r"^source <\(vitae --show-completion\)", page, re.MULTILINE)
    master, slave = os.openpty()
    shell = subprocess.Popen(
        ["bash", "--norc", "--noprofile", "-i"],
        env=environment,
        stdin=slave,
        stdout=slave,
        stderr=slave,
        start_new_session=True,
    )
    os.close(slave)
    try:
        _wait_for(master, "ready> ")
        for typed, expected in (
            (f"{documented[0]}; echo so''urced\n", "sourced"),
            ("vitae webhooks deliv\t", "vitae webhooks deliveries"),
            ("--sta\t", "--state"),
            ("pend\t", "pending"),
        ):
            os.write(master, typed.encode())
            _wait_for(master, expected)
    finally:
        shell.kill()
        shell.wait()
        os.close(master)


def _wait_for(master: int, expected: str) -> None:
    seen = ""
    end = time.monotonic() + 60
    while expected not in seen.replace("\x07", ""):
        assert time.monotonic() < end, seen
        if select.select([master], [], [], 0.2)[0]:
            seen += os.read(master, 4096).decode("utf-8", "replace")


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_other_shells_get_their_script_and_completions(shell: str, place: Place, programs: str) -> None:
    environment = {**place.environment, "PATH": programs, "PYTHONPATH": str(ROOT)}

    def answer(**more: Any) -> str:
        done = subprocess.run(["vitae"], env={**environment, **more}, capture_output=True, text=True, check=True)
        return done.stdout

    assert f"complete_{shell} " in answer(_VITAE_COMPLETE=f"source_{shell}")
    asked = {"_VITAE_COMPLETE": f"complete_{shell}", "_TYPER_COMPLETE_ARGS": "vitae keys re"}
    assert "revoke" in answer(**asked, _TYPER_COMPLETE_FISH_ACTION="get-args")
