"""Reads RTF files: headers, text, tables, text boxes, notes, footers and hidden text; called by `extract`."""

from dataclasses import dataclass, field, replace
from typing import Literal

from app.errors import CorruptDocument, DocumentTooComplex
from app.extraction.document import Document
from app.extraction.limits import ExtractionLimits
from app.extraction.line_builder import LineBuilder
from app.extraction.media_types import RTF
from app.extraction.office.flowing_text import Paragraph, Piece, RunLook, add_pieces, table_rows
from app.extraction.office.rtf_tokens import Control, Decoder, Group, Raw, tokens

MAX_DEPTH = 500  # nested groups; word processors stay below 20
TWIPS_PER_POINT = 20.0
MARGIN_TWIPS = 3_000  # a box that ends this far to the left of the page or above it is not on it
PAGE_TWIPS = 24_000  # the longer side of A3

Part = Literal["body", "header", "footer", "note", "box"]
_PARTS: dict[str, Part] = {
    "headerf": "header", "header": "header", "headerr": "header", "headerl": "header",
    "footerf": "footer", "footer": "footer", "footerr": "footer", "footerl": "footer",
    "footnote": "note", "shptxt": "box",
}  # fmt: skip
# Groups with tables, pictures, settings or a second copy of text, but no text of the page.
_SILENT = {
    "stylesheet", "info", "pict", "object", "objdata", "themedata", "colorschememapping", "datastore", "latentstyles",
    "listtable", "listoverridetable", "rsidtbl", "generator", "filetbl", "revtbl", "xmlnstbl", "fldinst", "shprslt",
    "nonshppict", "pn", "sp", "atnid", "atnauthor", "annotation", "bkmkstart", "bkmkend", "userprops", "mmathPr",
    "wgrffmtfilter", "template", "docvar", "passwordhash", "ftnsep", "ftnsepc", "aftnsep", "aftnsepc", "upr", "xe",
    "tc", "private", "background",
}  # fmt: skip
# Of the groups that readers may skip, these contain text of the page.
_SHOWN_EXTENSIONS = {"shpinst", "shptxt", "ud", "listtext"}
_CHARACTERS = {
    "tab": "\t", "line": "\n", "emdash": "—", "endash": "–", "bullet": "•", "lquote": "‘", "rquote": "’",
    "ldblquote": "“", "rdblquote": "”", "emspace": " ", "enspace": " ", "qmspace": " ", "~": " ", "_": "-", "-": "",
}  # fmt: skip
_BULLETS = {"·", "§", "•", "o", "\uf0b7", "\uf0a7", "v", "Ø", "ü"}


@dataclass(slots=True)
class _State:
    """The properties that a group passes on to the groups in it."""

    look: RunLook = field(default_factory=RunLook)
    paragraph_shaded: bool = False
    in_table: bool = False
    part: Part = "body"
    silent: bool = False
    deleted: bool = False
    mark: bool = False  # in the bullet or number of a list
    font: int = 0
    skip: int = 1  # characters that follow \\u for readers without Unicode


def read_rtf(content: bytes, limits: ExtractionLimits) -> Document:
    """Raises CorruptDocument, DocumentTooComplex, NoText or TextTooLong."""
    builder = LineBuilder(RTF, limits)
    builder.add_page()
    reader = _Reader(builder)
    reader.read(content)
    seen: set[str] = set()
    add_pieces(reader.parts["header"], builder, seen)
    for part in ("body", "note"):
        add_pieces(reader.parts[part], builder)
    builder.begin_running()
    add_pieces(reader.parts["footer"], builder, seen)
    return builder.build(
        nothing_found="The RTF contains no visible text, perhaps only pictures. "
        "Save it as PDF and upload that, so that OCR can read the pictures."
    )


class _Reader:
    def __init__(self, builder: LineBuilder) -> None:
        self._builder = builder
        self._states = [_State()]
        self._decoder = Decoder()
        self._open: dict[Part, _Flow] = {}
        self.parts: dict[Part, list[Piece]] = {name: [] for name in ("body", "header", "footer", "note", "box")}

    def read(self, content: bytes) -> None:
        extension = False  # after \\* : only readers that know the group should read it
        closed = 0
        for token in tokens(content):
            match token:
                case Group(opens=True):
                    if len(self._states) > MAX_DEPTH:
                        raise DocumentTooComplex(
                            f"The RTF nests groups more than {MAX_DEPTH} deep. Save it as PDF and upload that."
                        )
                    self._states.append(replace(self._states[-1]))
                    self._decoder.open_group()
                    extension = False
                case Group():
                    if len(self._states) == 1:
                        break  # anything after the document's own group is not part of it
                    closed += 1
                    self._close()
                    self._decoder.close_group()
                case Control(name="*"):
                    extension = True
                case Control(name=name, number=number):
                    self._control(name, number, extension=extension)
                    extension = False
                case Raw():
                    self._add(self._decoder.decoded(token.content, self._state.font))
        self._end_all()
        if not closed:
            raise CorruptDocument("The RTF is truncated or damaged. Save it again in a word processor and upload that.")

    @property
    def _state(self) -> _State:
        return self._states[-1]

    def _control(self, name: str, number: int | None, *, extension: bool) -> None:
        state = self._state
        if self._decoder.control(name, number):
            state.silent = state.silent or self._decoder.in_table
            if name == "f":
                state.font = number or 0
            return
        if name in _PARTS and not state.silent:
            state.part = _PARTS[name]
            state.look = RunLook(off_page=state.look.off_page)
        elif name in _SILENT or (extension and name not in _SHOWN_EXTENSIONS):
            state.silent = True
        elif name == "ud":
            state.silent = False
        elif name in {"listtext", "pntext"}:
            state.mark = True
        elif name == "uc":
            state.skip = number if number is not None else 1
        elif name == "u":
            self._add(self._decoder.unicode(number or 0, state.skip))
        elif name in _CHARACTERS:
            self._add(_CHARACTERS[name])
        elif name in {"par", "sect", "page"}:
            self._flow.end_paragraph(self._builder, in_cell=state.in_table)
        elif name in {"cell", "nestcell"}:
            self._flow.end_cell(self._builder)
        elif name in {"row", "nestrow"}:
            self._flow.end_row()
        else:
            self._formatting(name, number)

    def _formatting(self, name: str, number: int | None) -> None:
        state, on = self._state, number != 0
        match name:
            case "pard":
                state.paragraph_shaded = state.in_table = False
            case "intbl":
                state.in_table = on
            case "plain":
                state.look = RunLook(size=12.0, off_page=state.look.off_page)
            case "v":
                state.look = replace(state.look, vanish=on)
            case "deleted":
                state.deleted = on
            case "b":
                state.look = replace(state.look, bold=on)
            case "fs":
                state.look = replace(state.look, size=(number or 24) / 2)
            case "cf":
                state.look = replace(state.look, colour=self._decoder.colour(number or 0))
            case "highlight" | "cb" | "chcbpat":
                state.look = replace(state.look, shaded=self._decoder.colour(number or 0) not in {"auto", "ffffff"})
            case "cbpat":
                state.paragraph_shaded = self._decoder.colour(number or 0) not in {"auto", "ffffff"}
            case "trowd":
                self._flow.grounds, self._flow.ground = [], False
            case "clcbpat":
                self._flow.ground = self._decoder.colour(number or 0) not in {"auto", "ffffff"}
            case "cellx":
                self._flow.grounds.append(self._flow.ground)
                self._flow.ground = False
            case "shpright" | "shpbottom":
                if number is not None and number < -MARGIN_TWIPS:
                    self._move_away()
            case "shpleft" | "shptop" | "posx" | "posy":
                if number is not None and number > PAGE_TWIPS:
                    self._move_away()
            case "posnegx" | "posnegy":
                if number is not None and number < -MARGIN_TWIPS * 2:
                    self._move_away()
            case _:
                pass

    def _move_away(self) -> None:
        self._state.look = replace(self._state.look, off_page=True)

    @property
    def _flow(self) -> "_Flow":
        part = self._state.part
        if part not in self._open:
            self._open[part] = _Flow()
        return self._open[part]

    def _add(self, text: str) -> None:
        state = self._state
        if not text or state.silent or state.deleted:
            return
        if state.mark:
            self._flow.mark += text
            return
        shaded = state.look.shaded or state.paragraph_shaded or (state.in_table and self._flow.cell_is_shaded)
        look = replace(state.look, shaded=shaded)
        self._flow.paragraph.add(text, look)

    def _close(self) -> None:
        """End a group; a header, note or text box ends with the group that contains it."""
        part = self._states.pop().part
        outer = self._state.part
        if part == outer or part not in self._open:
            return
        pieces = self._open.pop(part).finished(self._builder)
        if not pieces:
            return
        pieces[0].breaks_before = True
        if part == "box":
            # A text box comes before the paragraph it is anchored in.
            self._flow.boxes += pieces
        else:
            self.parts[part] += pieces

    def _end_all(self) -> None:
        while len(self._states) > 1:
            self._close()
        for part, flow in self._open.items():
            self.parts[part] += flow.finished(self._builder)
        self.parts["body"] += self.parts["box"]


@dataclass(slots=True)
class _Flow:
    """One part of the document while it is read."""

    paragraph: Paragraph = field(default_factory=Paragraph)
    mark: str = ""
    pieces: list[Piece] = field(default_factory=list[Piece])
    boxes: list[Piece] = field(default_factory=list[Piece])
    cell: list[Piece] = field(default_factory=list[Piece])
    row: list[list[Piece]] = field(default_factory=list[list[Piece]])
    grounds: list[bool] = field(default_factory=list[bool])  # whether the row's cells are painted
    ground: bool = False  # the cell that the row's definition has reached
    pause: bool = False

    @property
    def cell_is_shaded(self) -> bool:
        return len(self.row) < len(self.grounds) and self.grounds[len(self.row)]

    def end_paragraph(self, builder: LineBuilder, *, in_cell: bool = False) -> None:
        lines = self._ended(builder)
        target = self.cell if in_cell else self.pieces
        if lines and self.pause:
            lines[0].breaks_before = True
        self.pause = not lines
        target += self.boxes + lines
        self.boxes = []

    def end_cell(self, builder: LineBuilder) -> None:
        self.cell += self.boxes + self._ended(builder)
        self.boxes = []
        self.row.append(self.cell)
        self.cell = []

    def end_row(self) -> None:
        self.pieces += table_rows([self.row])
        self.row, self.cell = [], []
        self.pause = True

    def finished(self, builder: LineBuilder) -> list[Piece]:
        if self.row or self.cell:
            self.row.append(self.cell)
            self.end_row()
        self.end_paragraph(builder)
        return self.pieces

    def _ended(self, builder: LineBuilder) -> list[Piece]:
        text, self.paragraph = self.paragraph, Paragraph()
        mark, self.mark = self.mark.strip(), ""
        text.report_hidden(builder)
        return text.pieces(mark="•" if mark in _BULLETS else mark)
