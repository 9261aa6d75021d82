"""Migrations form one chain: two that were written in parallel must not both follow the same one."""

import re
from pathlib import Path

VERSIONS = Path(__file__).parents[2] / "migrations" / "versions"


def test_migrations_are_numbered_and_each_follows_the_previous_one() -> None:
    names = sorted(path.name for path in VERSIONS.glob("[0-9]*.py"))
    assert [name[:4] for name in names] == [f"{number:04d}" for number in range(1, len(names) + 1)]
    before: str | None = None
    for name in names:
        text = (VERSIONS / name).read_text("utf-8")
        revision = re.search(r'^revision = "(\d+)"$', text, re.MULTILINE)
        follows = re.search(r'^down_revision = (?:"(\d+)"|None)$', text, re.MULTILINE)
        assert revision is not None, name
        assert follows is not None, name
        assert (revision[1], follows[1]) == (name[:4], before), name
        before = revision[1]
