"""Renders templates: every value is escaped, and the headers allow only this service's own files."""

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from fastapi.responses import HTMLResponse
from jinja2 import ChainableUndefined, Environment, FileSystemLoader
from markupsafe import Markup

from app.dashboard.assets import asset
from app.settings import BUILTIN

# Scripts set styles only through the object model, so that not even styles need `unsafe-inline`.
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "Vary": "X-Part, Cookie",
}

STATE_WORDS = {
    "queued": "Waiting",
    "extracting": "Reading",
    "analysing": "Analysing",
    "done": "Done",
    "failed": "Failed",
}

_FIELD_WORDS = {"label": "title", "studyType": "degree", "startDate": "from", "endDate": "to", "url": "address"}


def page(template: str, values: Mapping[str, Any], *, status: int = 200) -> HTMLResponse:
    return HTMLResponse(_templates.get_template(template).render(values), status, _HEADERS)


def local_time(moment: datetime | None, style: str = "ago") -> Markup:
    """A `<time>` in UTC that the page's script converts to the reader's zone; `style` is `ago`, `moment` or `day`."""
    if moment is None:
        return Markup("")
    exact = moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    shown = moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")
    return Markup('<time datetime="{}" data-style="{}">{}</time>').format(exact, style, shown)


def experience(months: int | None) -> str:
    """`10 y 3 m`; empty when there is none."""
    if not months:
        return ""
    years, rest = divmod(months, 12)
    return " ".join(part for part in (f"{years} y" if years else "", f"{rest} m" if rest else "") if part)


def money(amount: Decimal | str | None) -> str:
    """US dollars for people: at least two significant digits; the ledger has all of them."""
    if amount is None:
        return "unpriced"
    value = Decimal(amount)
    if value == 0:
        return "$0"
    if value >= 1:
        return f"${value:,.2f}"
    places = max(2, 1 - value.adjusted())
    return f"${value:.{places}f}"


def size(count: int) -> str:
    for unit, step in (("MB", 1024 * 1024), ("KB", 1024)):
        if count >= step:
            return f"{count / step:.1f} {unit}"
    return f"{count} B"


def duration(milliseconds: float | None) -> str:
    if milliseconds is None:
        return "–"
    if milliseconds < 1000:
        return f"{milliseconds:.0f} ms"
    seconds = milliseconds / 1000
    if seconds < 120:
        return f"{seconds:.1f} s"
    minutes = seconds / 60
    return f"{minutes:.0f} min" if minutes < 120 else f"{minutes / 60:.1f} h"


def client_name(name: str | None) -> str:
    return "Built-in parser" if name == BUILTIN else name or ""


_LANGUAGE_NAMES = {
    "de": "German",
    "en": "English",
    "es": "Spanish",
    "fr": "French",
    "it": "Italian",
    "ja": "Japanese",
    "ko": "Korean",
    "nl": "Dutch",
    "pl": "Polish",
    "pt": "Portuguese",
    "ru": "Russian",
    "sv": "Swedish",
    "tr": "Turkish",
    "uk": "Ukrainian",
    "zh": "Chinese",
}


def language_name(code: str) -> str:
    """`German` for `de`; the code itself where the name is not known."""
    return _LANGUAGE_NAMES.get(code, code)


def pointer_words(pointer: str) -> str:
    """`/work/0/position` in words: `Work 1, position`."""
    keys = [key.replace("~1", "/").replace("~0", "~") for key in pointer.strip("/").split("/")]
    if keys[0] == "basics" and len(keys) > 1:
        keys = keys[1:]
    words: list[str] = []
    for key in keys:
        if key.isdigit() and words:
            words[-1] += f" {int(key) + 1}"
        else:
            words.append(_FIELD_WORDS.get(key) or re.sub(r"(?<=[a-z])(?=[A-Z])", " ", key).lower())
    said = ", ".join(words)
    return said[:1].upper() + said[1:]


def plain_words(value: Any) -> str:
    """A corrected value, list or entry in one line."""
    if isinstance(value, dict):
        return ", ".join(plain_words(each) for each in value.values())
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def code_words(text: str) -> Markup:
    """Formats words in backquotes as code."""
    pieces = enumerate(text.split("`"))
    return Markup("").join(Markup("<code>{}</code>").format(piece) if odd % 2 else piece for odd, piece in pieces)


def installed_version() -> str:
    try:
        return version("vitae")
    except PackageNotFoundError:  # run from the source tree without installing it
        return "0"


_templates = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=ChainableUndefined,  # most fields of a profile are optional
    trim_blocks=True,
    lstrip_blocks=True,
)
_globals: dict[str, Any] = _templates.globals  # jinja2 types it by its own functions
_globals.update(asset=asset, state_words=STATE_WORDS)
_templates.filters.update(
    local_time=local_time,
    experience=experience,
    money=money,
    size=size,
    duration=duration,
    client_name=client_name,
    language_name=language_name,
    pointer_words=pointer_words,
    plain_words=plain_words,
    code_words=code_words,
    compact=lambda value: json.dumps(value, ensure_ascii=False),
)
