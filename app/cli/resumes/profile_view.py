"""Prints a profile in the layout of a resume, for `vitae analyse`; `vitae show` prints values with evidence."""

from collections.abc import Iterator
from typing import Any

from rich.table import Table
from rich.text import Text

from app.analysis.readings.reading_words import describe_readings
from app.cli.terminal import money, results, table
from app.cli.text_tables import Listing, printable
from app.settings import BUILTIN

_INDENT_WIDTH = 1
_DATES_WIDTH = len("2020-01 to 2021-01")
_SIMPLE_SECTIONS = (
    ("Certificates", "certificates", ("name", "issuer", "date")),
    ("Awards", "awards", ("title", "awarder", "date")),
    ("Publications", "publications", ("name", "publisher", "releaseDate")),
    ("Projects", "projects", ("name",)),
)


def print_profile(outcome: dict[str, Any]) -> None:
    """Print the profile in `outcome`, the JSON object of one analysed file."""
    profile: dict[str, Any] = outcome["profile"]
    for line in _lines(profile):
        results.print(line)
    for warning in outcome.get("warnings") or []:
        results.print(f"Warning: {printable(warning)}", style="yellow")
    results.print(Text(_read_by(outcome), style="yellow" if outcome.get("degraded") else "dim"))
    agreement = describe_readings(outcome.get("readings"))
    if agreement:
        results.print(Text(agreement, style="dim"))
    if outcome.get("failures"):
        results.print(_failed_calls(outcome["failures"]))


def _lines(profile: dict[str, Any]) -> Iterator[Text | Table]:
    basics: dict[str, Any] = profile.get("basics", {})
    yield Text(printable(basics.get("name")) or "No name found", style="bold")
    if basics.get("label"):
        yield Text(printable(basics["label"]))
    place: dict[str, Any] = basics.get("location", {})
    contact = (basics.get("email"), basics.get("phone"), place.get("city"), place.get("countryCode"))
    if any(contact):
        yield Text(_joined(contact, " · "))
    months = profile.get("x-vitae", {}).get("total_experience_months")
    if months:
        seniority = profile["x-vitae"].get("seniority")
        yield Text(_joined((f"{months // 12} years {months % 12} months of experience", seniority), " · "))
    yield from _dated("Work", profile.get("work", []), ("position", "name", "location"))
    yield from _dated("Education", profile.get("education", []), ("studyType", "area", "institution"))
    yield from _dated("Volunteering", profile.get("volunteer", []), ("position", "organization"))
    for title, key, fields in _SIMPLE_SECTIONS:
        yield from _listed(title, [_joined([each.get(field) for field in fields]) for each in profile.get(key, [])])
    yield from _listed("Skills", [_skills(group) for group in profile.get("skills", [])])
    yield from _listed(
        "Languages", [_joined((each.get("language"), each.get("fluency"))) for each in profile.get("languages", [])]
    )


def _dated(title: str, entries: list[dict[str, Any]], fields: tuple[str, ...]) -> Iterator[Text | Table]:
    if not entries:
        return
    yield Text(f"\n{title}", style="bold")
    rows = Table.grid(padding=(0, 2, 0, 0))
    for width in (_INDENT_WIDTH, _DATES_WIDTH, None):
        rows.add_column(width=width)
    for entry in entries:
        dates = _joined((entry.get("startDate"), entry.get("endDate")), " to ")
        rows.add_row("", Text(dates, style="dim"), Text(_joined([entry.get(field) for field in fields])))
    yield rows


def _listed(title: str, items: list[str]) -> Iterator[Text | Table]:
    if not any(items):
        return
    yield Text(f"\n{title}", style="bold")
    rows = Table.grid(padding=(0, 2, 0, 0))
    rows.add_column(width=_INDENT_WIDTH)
    for item in items:
        if item:
            rows.add_row("", Text(item))
    yield rows


def _skills(group: dict[str, Any]) -> str:
    keywords = _joined(group.get("keywords", []))
    return f"{printable(group['name'])}: {keywords}" if group.get("name") and keywords else keywords or group["name"]


def _joined(values: Any, separator: str = ", ") -> str:
    return separator.join(printable(value) for value in values if value)


def _read_by(outcome: dict[str, Any]) -> str:
    client = outcome.get("client")
    reader = "the built-in parser" if client == BUILTIN else client
    degraded = "degraded: a model should have read it" if outcome.get("degraded") else None
    return "\n" + _joined((f"Read by {reader}", degraded, f"cost {money(outcome['cost']['total_usd'])}"), " · ")


def _failed_calls(failures: list[dict[str, Any]]) -> Listing:
    """One row for each client and reason, with the setting that helps."""
    shown = table("client", "failed because it", "setting that helps")
    for client, reason, setting in dict.fromkeys(
        (each["client"], each["reason"], each["setting"]) for each in failures
    ):
        shown.add_row(client, reason, setting)
    return shown
