"""Reads bills of GPU servers and providers' usage exports from CSV or JSON. Called by the command line and the API.

A bill: `machine,start,end,amount_usd[,reference]`, whole hours in UTC, `end` exclusive; a date means its midnight.
"""

import csv
import io
import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from app.errors import InputError
from app.ledger.machines import Bill

_BILL_COLUMNS = {"machine", "start", "end", "amount_usd"}


def read_bills(text: str) -> list[Bill]:
    """Raises `InputError` with the line and what is wrong with it."""
    rows = csv.DictReader(io.StringIO(text.removeprefix("\ufeff")))
    missing = _BILL_COLUMNS - {name.strip() for name in rows.fieldnames or []}
    if missing:
        raise InputError(
            f"The bill has no column {', '.join(sorted(missing))}. "
            "The first line is: machine,start,end,amount_usd,reference"
        )
    bills = [_bill({(k or "").strip(): (v or "").strip() for k, v in row.items()}, n) for n, row in enumerate(rows, 2)]
    if not bills:
        raise InputError("The bill has no line below its header.")
    return bills


def _bill(row: dict[str, str], line: int) -> Bill:
    return make_bill(row["machine"], row["start"], row["end"], row["amount_usd"], row.get("reference"), f"Line {line}")


def make_bill(machine: str, start: str, end: str, amount: str, reference: str | None, where: str) -> Bill:
    """The checked values of one bill; `where` starts the error text."""
    starts_at, ends_at = _hour(start, where), _hour(end, where)
    try:
        usd = Decimal(amount.removeprefix("$").replace(",", ""))
    except InvalidOperation:
        usd = Decimal(-1)
    if not usd.is_finite() or usd < 0 or usd >= Decimal(10) ** 9:
        raise InputError(f"{where}: amount_usd is not an amount in dollars.")
    exponent = usd.as_tuple().exponent
    if isinstance(exponent, int) and exponent < -8:
        raise InputError(f"{where}: amount_usd has more than 8 decimals.")
    if ends_at <= starts_at:
        raise InputError(f"{where}: the end is not after the start.")
    if not machine:
        raise InputError(f"{where}: the machine has no name.")
    return Bill(machine, starts_at, ends_at, usd, reference or None)


def _hour(text: str, where: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise InputError(f"{where}: `{text[:40]}` is not a time; write 2026-11-01 or 2026-11-01T13:00Z.") from None
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    if moment.minute or moment.second or moment.microsecond:
        raise InputError(f"{where}: `{text[:40]}` is not a whole hour.")
    return moment


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderUsage:
    """Tokens that a provider reports for one day (UTC) and model."""

    day: date
    model: str
    requests: int
    input_tokens: int
    cached_tokens: int
    output_tokens: int


def read_provider_usage(text: str) -> list[ProviderUsage]:
    """OpenAI's usage export (CSV of the dashboard, or JSON of `/v1/organization/usage/completions`), summed by day."""
    stripped = text.removeprefix("\ufeff").lstrip()
    try:
        rows = list(_usage_json(json.loads(stripped)) if stripped.startswith(("{", "[")) else _usage_csv(stripped))
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(
            f"This is no usage export that can be read ({type(error).__name__}). It needs start_time, model, "
            "num_model_requests, input_tokens, output_tokens and, if there is one, input_cached_tokens."
        ) from None
    sums: dict[tuple[date, str], list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    for day, model, *counts in rows:
        for index, count in enumerate(counts):
            sums[day, model][index] += count
    return [
        ProviderUsage(
            day=day,
            model=model,
            requests=counts[0],
            input_tokens=counts[1],
            cached_tokens=counts[2],
            output_tokens=counts[3],
        )
        for (day, model), counts in sorted(sums.items())
    ]


_Usage = tuple[date, str, int, int, int, int]


def _usage_json(content: Any) -> Iterator[_Usage]:
    buckets = content["data"] if isinstance(content, dict) else content
    for bucket in buckets:
        for result in bucket["results"]:
            yield _usage(bucket["start_time"], result)


def _usage_csv(text: str) -> Iterator[_Usage]:
    for row in csv.DictReader(io.StringIO(text)):
        if not row.get("model") and not (row.get("num_model_requests") or "0").strip("0. "):
            continue  # days without usage have a line without a model
        yield _usage(row.get("start_time_iso") or row["start_time"], row)


def _usage(start: Any, row: Any) -> _Usage:
    if not row["model"]:
        raise InputError("The export does not say which model was used: export it grouped by model (group_by=model).")
    moment = str(start)
    day = datetime.fromtimestamp(int(moment), UTC) if moment.isdigit() else datetime.fromisoformat(moment)
    return (
        day.astimezone(UTC).date(),
        str(row["model"]),
        int(row["num_model_requests"]),
        int(row["input_tokens"]),
        int(row.get("input_cached_tokens") or 0),
        int(row["output_tokens"]),
    )
