"""Writes the HTML page for `vitae eval --report`: one file without external scripts, fonts or images."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader

from app.analysis.evaluation.field_names import FIELD_NAMES
from app.cli.terminal import money
from app.errors import InputError

_TEMPLATES = Path(__file__).parent / "templates"


def write_report(path: Path, evaluation: dict[str, Any]) -> None:
    """Write the page. Raises `InputError` if it cannot be written."""
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    clients: list[dict[str, Any]] = evaluation["clients"]
    page = environment.get_template("evaluation_report.html").render(
        evaluation=evaluation,
        clients=clients,
        totals=total_rows(clients),
        fields=list(dict.fromkeys(field for client in clients for field in client["fields"])),
        names=FIELD_NAMES,
        percent=percent,
    )
    try:
        path.write_text(page, encoding="utf-8")
    except OSError as error:
        raise InputError(
            f"Cannot write {path} ({error.strerror}). Name a file in an existing folder that you can write to."
        ) from error


def total_rows(clients: list[dict[str, Any]]) -> list[tuple[str, list[str]]]:
    """Return label and one cell per client for each total over all documents; used by the terminal and the page."""
    rows: list[tuple[str, Callable[[dict[str, Any]], str]]] = [
        ("all fields, F1", lambda client: percent(client["accuracy"])),
        ("95 % interval", _interval),
        ("all fields, precision", lambda client: percent(client["precision"])),
        ("all fields, recall", lambda client: percent(client["recall"])),
        ("true values missing", lambda client: percent(client["omission_rate"])),
        ("values not in the document", lambda client: percent(client["invention_rate"])),
        ("grounded values", lambda client: percent(client["grounded_share"])),
        ("failed documents", lambda client: str(client["failed"])),
        ("documents without a request", lambda client: str(client["without_request"])),
        ("input tokens", lambda client: f"{client['tokens']['input']:,}"),
        ("output tokens", lambda client: f"{client['tokens']['output']:,}"),
        ("cost", _cost),
        ("seconds per document, median", lambda client: _seconds(client["seconds"]["median"])),
        ("seconds per document, p95", lambda client: _seconds(client["seconds"]["p95"])),
    ]
    if len(clients) > 1:
        rows.insert(2, ("compared with the best", _comparison))
    return [(label, [cell(client) for client in clients]) for label, cell in rows]


def _interval(client: dict[str, Any]) -> str:
    if client["f1_low"] is None:
        return "–"
    return f"{100 * client['f1_low']:.1f} – {100 * client['f1_high']:.1f} %"


def _comparison(client: dict[str, Any]) -> str:
    compared = client["comparison"]
    if compared is None:
        return "best" if client["accuracy"] is not None else "–"
    return "equal within the interval" if compared["equal"] else "lower"


def _cost(client: dict[str, Any]) -> str:
    if not client["attempts"]:
        return "$0"
    more = f" + {client['unpriced_attempts']} unpriced" if client["unpriced_attempts"] and client["cost_usd"] else ""
    return money(client["cost_usd"]) + more


def _seconds(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"


def percent(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:.1f} %"
