"""Reads HTML and Markdown as the text a browser would show; called by `extract`. Nothing is ever fetched or run."""

import re
from dataclasses import dataclass, replace
from typing import Any

import lxml.html
from lxml import etree  # pyright: ignore[reportAttributeAccessIssue]
from markdown_it import MarkdownIt

from app.errors import CorruptDocument, DocumentTooComplex
from app.extraction.document import Document, HiddenReason
from app.extraction.limits import ExtractionLimits
from app.extraction.line_builder import LineBuilder
from app.extraction.media_types import HTML, MARKDOWN
from app.extraction.textual.css import (
    BLACK,
    MAX_INVISIBLE_OPACITY,
    Declarations,
    Stylesheet,
    is_transparent,
    parse_colour,
    parse_declarations,
)
from app.extraction.textual.plain_text import decode_text

MAX_DEPTH = 200  # nested elements; pages made by people stay below 40
MIN_SIZE_POINTS = 2.0
MIN_GREY_DISTANCE = 40  # of 255, as for PDF

# Notes of authors and tools are short or contain markup; a text with this many words is written for programs.
COMMENT_WORDS = 8
MAX_COMMENT_SEARCH = 2_000_000
_COMMENT = re.compile(r"<!--(.*?)-->", re.DOTALL)

_SILENT = {
    "script", "style", "head", "title", "meta", "link", "template", "noscript", "iframe", "object", "embed", "svg",
    "canvas", "audio", "video", "source", "map", "datalist", "math",
}  # fmt: skip
_BLOCKS = {
    "address", "article", "aside", "blockquote", "body", "center", "dd", "details", "dialog", "div", "dl", "dt",
    "fieldset", "figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "html",
    "legend", "li", "main", "nav", "ol", "optgroup", "option", "p", "pre", "section", "summary", "table", "tbody",
    "tfoot", "thead", "tr", "ul",
}  # fmt: skip
_PARAGRAPHS = {"p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "dl", "table", "section", "article", "hr", "aside"}
_HEADING_SIZES = {
    "h1": 24.0,
    "h2": 18.0,
    "h3": 14.0,
    "h4": 12.0,
    "h5": 10.0,
    "h6": 8.0,
}  # points, the defaults of browsers
_BOLD = {"b", "strong", "h1", "h2", "h3", "h4", "h5", "h6", "th"}
_CELLS = {"td", "th"}
_COLLAPSED = re.compile(r"[ \t\r\n\f]+")  # white space that browsers show as one space; non-breaking spaces stay


def read_html(content: bytes, limits: ExtractionLimits) -> Document:
    return _read(_with_declared_encoding(content), HTML, limits)


def read_markdown(content: bytes, limits: ExtractionLimits) -> Document:
    """Remove the markup and keep the line breaks of the source."""
    text = _without_front_matter(decode_text(content))
    renderer = MarkdownIt("commonmark", {"breaks": True, "html": True}).enable(["table", "strikethrough"])
    return _read(renderer.render(text), MARKDOWN, limits)


def _read(text: str, media_type: str, limits: ExtractionLimits) -> Document:
    builder = LineBuilder(media_type, limits)
    builder.add_page()
    if text.strip():
        _Walker(builder).walk(_parse(text))
        for comment in _COMMENT.findall(text[:MAX_COMMENT_SEARCH]):
            if len(comment.split()) >= COMMENT_WORDS and "<" not in comment:
                builder.add_hidden(comment, "annotation")
    return builder.build()


def _with_declared_encoding(content: bytes) -> str:
    declared = re.search(rb"<meta[^>]+charset\s*=\s*[\"']?\s*([A-Za-z0-9_:.-]+)", content[:4096], re.IGNORECASE)
    if declared and not content.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")):
        try:
            return content.decode(declared.group(1).decode("ascii"))
        except (LookupError, UnicodeDecodeError):
            pass  # a wrong declaration: judge by the bytes
    return decode_text(content)


def _without_front_matter(text: str) -> str:
    """Remove the YAML between `---` lines that static site generators put on top; its keys are not text of the page."""
    return re.sub(r"\A---\s*\n.*?\n(?:---|\.\.\.)\s*(?:\n|\Z)", "", text, count=1, flags=re.DOTALL)


def _parse(text: str) -> Any:
    # NUL and lone surrogates would end the parser's input early.
    prepared = text.replace("\x00", "").encode("utf-8", "replace")
    parser = lxml.html.HTMLParser(encoding="utf-8", no_network=True, remove_comments=True, remove_pis=True)
    try:
        root = lxml.html.document_fromstring(prepared, parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError, ValueError):
        raise CorruptDocument("The HTML cannot be read. Save the page again, or upload a PDF of it.") from None
    if any(error.type_name == "ERR_RESOURCE_LIMIT" or "depth" in error.message for error in parser.error_log):
        raise _too_deep()
    return root


def _too_deep() -> DocumentTooComplex:
    return DocumentTooComplex(f"The markup nests elements more than {MAX_DEPTH} deep. Upload a PDF of the page.")


@dataclass(frozen=True, slots=True)
class _State:
    """The properties that an element passes on to the text inside it."""

    hidden: HiddenReason | None = None
    invisible: bool = False  # visibility, which an inner element may revert
    size: float = 12.0
    bold: bool = False
    colour: tuple[int, int, int] = BLACK
    ground: tuple[int, int, int] | None = (
        255,
        255,
        255,
    )  # None: a picture or gradient, on which anything may be visible
    preformatted: bool = False


def _is_next_chip(element: Any) -> bool:
    """Return whether this is one of several adjacent labels: the element directly before has the same class."""
    before = element.getprevious()
    if element.tag != "span" or before is None or before.tag != "span" or (before.tail or "").strip():
        return False
    return bool(element.get("class")) and element.get("class") == before.get("class")


class _Walker:
    def __init__(self, builder: LineBuilder) -> None:
        self._builder = builder
        self._styles = Stylesheet()
        self._text: list[tuple[str, _State]] = []
        self._hidden: list[str] = []
        self._hidden_reason: HiddenReason = "css"
        self._bullet = ""

    def walk(self, root: Any) -> None:
        for sheet in root.iter("style"):
            self._styles.add(sheet.text or "")
        self._element(root, _State(), 0)
        self._end_line()
        self._end_hidden()

    def _element(self, element: Any, outer: _State, depth: int) -> None:
        tag = element.tag
        if not isinstance(tag, str) or tag in _SILENT:
            return
        if depth > MAX_DEPTH:
            raise _too_deep()
        state = self._state(element, tag, outer)
        if tag == "br":
            self._end_line()
        elif tag in {"input", "textarea"}:
            self._add(element.get("value") or "", state)
        is_block = tag in _BLOCKS
        if is_block and state.hidden is None:
            self._end_line()
            if tag in _PARAGRAPHS and not (tag in {"ul", "ol"} and element.getparent().tag == "li"):
                self._builder.end_block()
            if tag == "li":
                self._bullet = self._mark(element)
        elif self._text and (tag in _CELLS or _is_next_chip(element)):
            self._text.append(("\t", state))
        self._add(element.text or "", state)
        for child in element:
            self._element(child, state, depth + 1)
            self._add(child.tail or "", state)
        if is_block and state.hidden is None:
            self._end_line()
            if tag in _PARAGRAPHS and tag not in {"ul", "ol"}:
                self._builder.end_block()

    def _mark(self, item: Any) -> str:
        parent = item.getparent()
        if parent is None or parent.tag != "ol":
            return "•"
        before = len(list(item.itersiblings("li", preceding=True)))
        start = parent.get("start", "1")
        return f"{before + (int(start) if start.isdecimal() and len(start) < 6 else 1)}."

    def _state(self, element: Any, tag: str, outer: _State) -> _State:
        style: Declarations = self._styles.for_element(element) | parse_declarations(element.get("style") or "")
        state = outer
        if tag in _HEADING_SIZES:
            state = replace(state, size=_HEADING_SIZES[tag])
        if tag in _BOLD:
            state = replace(state, bold=True)
        if tag == "pre":
            state = replace(state, preformatted=True)
        if element.get("color"):
            style = {"color": element.get("color"), **style}
        if element.get("bgcolor"):
            style = {"background-color": element.get("bgcolor"), **style}
        if not style and element.get("hidden") is None:
            return state
        return _styled(state, style, attribute=element.get("hidden") is not None)

    def _add(self, text: str, state: _State) -> None:
        if not text:
            return
        reason = state.hidden or ("css" if state.invisible else None) or _unreadable(state)
        if reason is not None:
            if text.strip():
                if self._hidden and self._hidden_reason != reason:
                    self._end_hidden()
                self._hidden.append(text)
                self._hidden_reason = reason
            return
        if text.strip():
            self._end_hidden()
        if state.preformatted:
            first, *others = text.split("\n")
            self._text.append((first, state))
            for line in others:
                self._end_line()
                self._text.append((line, state))
            return
        self._text.append((_COLLAPSED.sub(" ", text), state))

    def _end_line(self) -> None:
        text = "".join(part for part, _ in self._text)
        if text.strip():
            visible = [(part, state) for part, state in self._text if part.strip()]
            letters = sum(len(part) for part, _ in visible)
            bold = sum(len(part) for part, state in visible if state.bold) > 0.6 * letters
            size = max(state.size for _, state in visible)
            bullet = f"{self._bullet} " if self._bullet else ""
            self._builder.add_text(bullet + text, size=size, bold=bold)
            self._bullet = ""
        self._text.clear()

    def _end_hidden(self) -> None:
        self._builder.add_hidden(" ".join(self._hidden), self._hidden_reason)
        self._hidden.clear()


def _styled(state: _State, style: Declarations, *, attribute: bool) -> _State:
    colour = parse_colour(style.get("color", ""))
    ground = state.ground
    background = style.get("background-color") or style.get("background", "")
    if "url(" in background or "gradient(" in background or "url(" in style.get("background-image", ""):
        ground = None
    elif parsed := parse_colour(background.split(" ")[0]):
        ground = parsed
    hidden = state.hidden
    clips_to_text = "text" in (style.get("background-clip", ""), style.get("-webkit-background-clip", ""))
    if (
        attribute
        or style.get("display") == "none"
        or _share(style.get("opacity", "")) <= MAX_INVISIBLE_OPACITY
        or (is_transparent(style.get("color", "")) and not clips_to_text)
        or _moves_away(style)
    ):
        hidden = "css"
    visibility = style.get("visibility", "")
    invisible = visibility in {"hidden", "collapse"} if visibility else state.invisible
    size = _size(style.get("font-size", ""), state.size)
    weight = style.get("font-weight", "")
    bold = state.bold if not weight else weight in {"bold", "bolder", "600", "700", "800", "900"}
    return replace(
        state,
        hidden=hidden,
        invisible=invisible,
        size=size,
        bold=bold,
        colour=colour or state.colour,
        ground=ground,
    )


def _moves_away(style: Declarations) -> bool:
    """Return whether the style pushes text out of the window or into a box without size."""
    if re.match(r"-\d{3,}", style.get("text-indent", "")):
        return True
    if style.get("position") in {"absolute", "fixed"} and any(
        re.match(r"-\d{3,}", style.get(edge, "")) for edge in ("left", "top", "right", "bottom")
    ):
        return True
    clip = style.get("clip", "") + style.get("clip-path", "")
    if re.search(r"rect\(\s*(?:[01](?:px)?[\s,]*){4}\)|inset\(\s*(?:[5-9]\d|100)%|circle\(\s*0", clip):
        return True
    if re.search(r"scale[xy]?\(\s*0*\.?0*[01]?\s*[,)]|translate[xy3d]*\([^)]*-\d{4,}", style.get("transform", "")) and (
        not re.search(r"scale[xy]?\(\s*1\s*[,)]", style.get("transform", ""))
    ):
        return True
    if style.get("overflow", "") in {"hidden", "clip"} and any(
        re.fullmatch(r"0(px|pt|em|rem|%)?", style.get(edge, ""))
        for edge in ("height", "max-height", "width", "max-width")
    ):
        return True
    tiny = all(re.fullmatch(r"[01](\.0+)?(px|pt|em)?", style.get(edge, "")) for edge in ("width", "height"))
    return tiny and style.get("overflow", "") == "hidden"


def _share(value: str) -> float:
    """Return an opacity as a number; 1 if it is not one."""
    found = re.fullmatch(r"(\d*\.?\d+)(%?)", value)
    return float(found.group(1)) / (100 if found.group(2) else 1) if found else 1.0


def _size(value: str, outer: float) -> float:
    found = re.fullmatch(r"(\d*\.?\d+)(px|pt|em|rem|%)?", value)
    if not found:
        return outer
    number = float(found.group(1))
    factor = {"px": 0.75, "pt": 1.0, "em": outer, "rem": 12.0, "%": outer / 100, None: 0.75}[found.group(2)]
    return number * factor


def _unreadable(state: _State) -> HiddenReason | None:
    if state.size < MIN_SIZE_POINTS:
        return "css"
    if state.ground is not None:
        ink, ground = (0.299 * c[0] + 0.587 * c[1] + 0.114 * c[2] for c in (state.colour, state.ground))
        if (
            abs(ink - ground) < MIN_GREY_DISTANCE
            and max(abs(a - b) for a, b in zip(state.colour, state.ground, strict=True)) < 2 * MIN_GREY_DISTANCE
        ):
            return "css"
    return None
