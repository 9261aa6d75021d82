"""`vitae bench model` and vLLM's own load generator with the same real server. Results: benchmarks/README.md."""

import json
from pathlib import Path

import pytest

from benchmarks.load_generators import Load, in_turns, prompts, table
from tests.vllm.conftest import Stack
from tests.vllm.test_servers import vitae

REQUESTS, ANSWER_TOKENS = 12, 20


def test_both_load_generators_send_the_same_requests_and_report_the_same_counts(stack: Stack, tmp_path: Path) -> None:
    model = stack.settings["VITAE_CLIENTS__LOCALVLLM__MODEL"]
    load = Load(stack.first.base_url, model, 2, REQUESTS, ANSWER_TOKENS)
    seen_by = in_turns(load, prompts(load), tmp_path, stack.first, ours_first=True)
    ours, theirs = seen_by["ours"], seen_by["theirs"]
    print(table([ours], [theirs]))
    for seen in (ours, theirs):
        assert (seen.ok, seen.failed, seen.output_tokens) == (REQUESTS, 0, REQUESTS * ANSWER_TOKENS)
        assert 0 < seen.first_token_mean < seen.latency_mean
    # The numbers that distinguish the documents may take a token more or fewer.
    assert ours.input_tokens == pytest.approx(theirs.input_tokens, rel=0.01)


def test_the_command_measures_a_real_server_and_reads_its_token_counts(stack: Stack, tmp_path: Path) -> None:
    written = tmp_path / "result.json"
    counted = stack.first.counter("generation_tokens_total")
    arguments = ("--concurrency", "2", "--requests", str(REQUESTS), "--warm-up", "0", "--json", str(written))
    done = vitae(stack, "bench", "model", *arguments, "--answer-tokens", str(ANSWER_TOKENS), "--client", "LocalVLLM")
    assert done.returncode == 0, done.stderr
    (stage,) = json.loads(written.read_text("utf-8"))["stages"]
    assert (stage["ok"], stage["output_tokens"]) == (REQUESTS, REQUESTS * ANSWER_TOKENS)
    assert stack.first.counter("generation_tokens_total") - counted == REQUESTS * ANSWER_TOKENS
    assert stage["tokens_estimated"] is False
