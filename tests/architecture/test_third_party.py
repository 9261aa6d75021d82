"""No third party's source is in the repository: it comes from packages, pinned in the lock files."""

import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
STATIC = ROOT / "app" / "dashboard" / "static"
LARGEST_STATIC_BYTES = 48 * 1024  # our own largest file, the style sheet, has 36 KB
LONGEST_LINE = 1_000  # characters; minified files have lines of thousands
_COPIED = re.compile(
    r"(^|/)(vendor|third_party|node_modules|bower_components)/|\.min\.(js|mjs|css)$|\.(woff2?|ttf|otf|pfb)$"
)


def tracked() -> list[str]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)
    return [name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]


def test_no_copied_source_is_committed() -> None:
    assert [name for name in tracked() if _COPIED.search(name)] == []


def test_what_the_dashboard_serves_is_our_own_and_readable() -> None:
    files = [path for path in STATIC.rglob("*") if path.is_file()]
    assert {path.suffix for path in files} <= {".js", ".css", ".svg"}
    assert [path.name for path in files if path.stat().st_size > LARGEST_STATIC_BYTES] == []
    long_lines = [
        f"{path.name}:{number}"
        for path in files
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if len(line) > LONGEST_LINE
    ]
    assert long_lines == []


def test_the_lock_files_name_no_index() -> None:
    locks = [path for path in (ROOT / name for name in tracked()) if path.suffix == ".lock"]
    assert locks
    for lock in locks:
        assert not re.search(r"^--|https?://", lock.read_text("utf-8"), re.MULTILINE), lock.name
