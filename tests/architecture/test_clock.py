"""The calendar has one source, `app.clock`, so that tests can hold it still. SQL's `now()` is the database's own."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_CALENDAR = {"datetime.now", "datetime.utcnow", "datetime.today", "date.today", "time.time", "time.localtime"}


def _text(path: Path) -> str:
    """The module's text; nothing where no name of the calendar is in it, because parsing every module takes seconds."""
    text = path.read_text("utf-8")
    return text if re.search(r"\b(?:now|utcnow|today|time|localtime)\(", text) else ""


def test_only_the_clock_module_reads_the_calendar() -> None:
    found = {
        str(path.relative_to(ROOT))
        for folder in ("app", "workers")
        for path in (ROOT / folder).rglob("*.py")
        for node in ast.walk(ast.parse(_text(path)))
        if isinstance(node, ast.Call) and ast.unparse(node.func) in _CALENDAR
    }
    assert found == {"app/clock.py"}
