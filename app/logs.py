"""Logging for every process: one line per event, as readable text or as JSON. Call `configure_logging` once at start.

Events are logged as `log.info("analysis_done", extra={"fields": {...}})`. Fields hold ids, states and numbers, never
words of a document.
"""

import json
import logging
import sys
import time
from typing import Any, Literal


class _Text(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        fields: dict[str, Any] = getattr(record, "fields", {})
        parts = [
            time.strftime("%H:%M:%S", time.gmtime(record.created)),
            f"{record.levelname:<7}",
            record.getMessage(),
            *(f"{key}={value}" for key, value in fields.items() if value is not None),
        ]
        return " ".join(parts) + _exception_lines(self, record)


class _Json(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        entry: dict[str, Any] = {
            "time": time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created)) + f".{int(record.msecs):03d}Z",
            "level": record.levelname.lower(),
            "event": record.getMessage(),
            "logger": record.name,
            **getattr(record, "fields", {}),
        }
        trace = _exception_lines(self, record)
        if trace:
            entry["exception"] = trace.strip()
        return json.dumps(entry, default=str, ensure_ascii=False)


def _exception_lines(formatter: logging.Formatter, record: logging.LogRecord) -> str:
    """The traceback without the exception's own text, which could quote a document or a key."""
    if not record.exc_info or record.exc_info[0] is None:
        return ""
    lines = formatter.formatException(record.exc_info).splitlines()
    kept = [line for line in lines if line.startswith(("Traceback", "  File "))]
    return "\n" + "\n".join([*kept, record.exc_info[0].__name__])


def configure_logging(level: Literal["debug", "info", "warning", "error"], style: Literal["text", "json"]) -> None:
    stream = logging.StreamHandler(sys.stderr)
    stream.setFormatter(_Json() if style == "json" else _Text())
    root = logging.getLogger()
    root.handlers[:] = [stream]
    root.setLevel(level.upper())
    # Libraries that log every request or connection at INFO.
    for noisy in ("httpx", "httpcore", "openai", "uvicorn", "celery", "kombu", "alembic"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
