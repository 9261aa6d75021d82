"""Texts that people read use the field's usual words: known slips of the project's first English must not come back.

`docs/glossary.md` defines the terms. Each pattern below names what to write instead. Data is not checked: sample
resumes, vocabulary tables of the parser, lock files.
"""

import functools
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

BANNED = {
    r"\ban own\b": "a separate, its own, your own",
    r"(?<!your )(?<!its )(?<!their )\bown (?:servers?|machines?|models?|GPUs?|hosting)\b": "self-hosted",
    r"\bof one's own\b": "your own",
    r"\bnobody (?:told|tells|knows|asks|asked|looks|looked|mends)\b": "name who, or use the passive",
    r"\bmend(?:s|ed|ing)?\b": "fix",
    r"\b(?:paid|spent|asks?|asked) for nothing\b|, for nothing\b": "at no cost; on failed attempts",
    r"\bshow(?:s|ed)? (?:no )?life\b": "is (not) responding; heartbeat",
    r"\bis let go\b": "is released",
    r"\b(?:is|are|was|were|be) taken out\b": "temporarily disabled (circuit open); removed",
    r"\bstand-ins?\b": "fallback result; placeholder",
    r"\bknows? no such\b": "does not support",
    r"\blays? beside\b|\blaid beside\b|\bheld against\b": "compares with",
    r"\blaid over\b": "applied to",
    r"\bgo(?:es)? the usual way\b|\bthe usual way\b": "is processed as usual",
    r"\balways there\b": "always available",
    r"\bunder way\b": "in progress, running",
    r"\bas far as it has come\b|\bhas come so far\b": "so far",
    r"\bput right\b|\bputs right\b": "correct",
    r"\bof late\b": "recently",
    r"\b(?:Redis|Postgres|database|broker|dependency|server)s? (?:that )?(?:is|are|was|were) away\b": "unavailable",
    r"\btells? of (?:events?|changes?|what|results?|it)\b|\btold of\b": "reports",
    r"\bwithout a word\b": "silently",
    r"\bin the end\b": "finally; delete it",
    r"\b(?:is|are|was|were) asked about\b": "is called for",
    r"\b(?:no|a|the|each|every|which) (?:model|client|server)s? (?:is|are|was|were) asked\b": "is called",
    r"\basks? (?:a|the|no) (?:model|client)\b|\basking a model\b": "calls",
    r"\bpatience\b": "retry, wait",
    r"\ba worker shows\b": "heartbeat",
    r"\bwaiting_twins\b|\btwin uploads?\b": "duplicate uploads",
    r"\bthe books\b": "the ledger",
    r"\bso many (?:days|seconds|hours|tokens|months)\b": "a number, or: this many",
    r"\bwhat stands (?:there|in|on)\b|\bstands there\b": "is in",
    r"\bhouses?\b(?= (?:name|or school|and school))": "employer, institution",
}
_EXCLUDED = re.compile(
    r"^(?:samples/|app/analysis/rules/vocabulary/|app/analysis/jobs/job_words|tests/architecture/test_english\.py$"
    r"|tests/.*(?:_texts|lies|hostile|attacks)\.py$|docs/pictures/|requirements|tests/vllm/requirements\.lock|LICENSE)"
)
_TEXTS = (
    ".py",
    ".md",
    ".html",
    ".js",
    ".css",
    ".yml",
    ".yaml",
    ".toml",
    ".sh",
    ".baml",
    ".example",
    "Makefile",
    "Dockerfile",
)


@functools.cache
def _texts() -> dict[str, str]:
    """The checked files by name."""
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, check=True, capture_output=True, text=True)
    names = [name for name in listed.stdout.splitlines() if name.endswith(_TEXTS) and not _EXCLUDED.search(name)]
    # Lower case, because searching without regard to case takes four times as long.
    return {name: (ROOT / name).read_text("utf-8").lower() for name in names}


@pytest.mark.parametrize("pattern", BANNED, ids=lambda pattern: re.sub(r"\W+", " ", pattern).strip()[:40])
def test_texts_avoid_the_slip(pattern: str) -> None:
    slip = re.compile(pattern.lower())
    found = [
        f"{name}:{number}: {line.strip()[:100]}"
        for name, text in _texts().items()
        if slip.search(text)
        for number, line in enumerate(text.splitlines(), 1)
        if slip.search(line)
    ]
    assert found == [], f"write: {BANNED[pattern]}"
