"""Text without positions, as word processors store it: runs, lines, table rows. For the DOCX, ODT and RTF readers."""

from dataclasses import dataclass, field, replace

from app.extraction.document import HiddenReason
from app.extraction.layout.region_rows import mentions_date
from app.extraction.line_builder import LineBuilder

MIN_SIZE_POINTS = 2.0
NEAR_WHITE = 0xF0  # all three channels at least this: not legible on white paper
SHORT_CELL_CHARACTERS = 40  # a first cell up to this length is a date or label for the next cell


@dataclass(frozen=True, slots=True)
class RunLook:
    """The look of one stretch of text. `size` is in points, `colour` six hexadecimal digits or `auto`."""

    size: float = 10.0
    bold: bool = False
    colour: str = "auto"
    shaded: bool = False  # text, paragraph, cell or box has its own background
    vanish: bool = False
    off_page: bool = False  # in a box outside the page


@dataclass(slots=True)
class Piece:
    """One visible line before it is numbered."""

    text: str
    size: float = 0.0
    bold: bool = False
    breaks_before: bool = False


@dataclass(slots=True)
class Paragraph:
    """Collects the runs of one paragraph: visible ones as lines, hidden ones separately."""

    lines: list[list[tuple[str, RunLook]]] = field(default_factory=lambda: [[]])
    hidden: list[tuple[str, HiddenReason]] = field(default_factory=list["tuple[str, HiddenReason]"])

    def add(self, text: str, look: RunLook) -> None:
        """Add a run; a line break in `text` begins a new line."""
        reason = hidden_reason(look)
        if reason is not None and text.strip():
            self.hidden.append((text, reason))
        elif reason is None or not (look.vanish or look.off_page):
            first, *others = text.split("\n")
            self.lines[-1].append((first, look))
            self.lines.extend([(part, look)] for part in others)

    @property
    def has_text(self) -> bool:
        return any(part.strip() for line in self.lines for part, _ in line)

    def pieces(self, *, mark: str = "", heading: bool = False) -> list[Piece]:
        """Return the visible lines; `mark` is the bullet or number before the first one."""
        pieces: list[Piece] = []
        for line in self.lines:
            text = "".join(part for part, _ in line)
            if not text.strip():
                continue
            letters = sum(len(part.strip()) for part, _ in line) or 1
            bold = sum(len(part.strip()) for part, run in line if run.bold) > 0.6 * letters
            size = max((run.size for part, run in line if part.strip()), default=0.0)
            pieces.append(Piece(f"{mark} {text}" if mark else text, size, bold or heading, heading and not pieces))
            mark = ""
        return pieces

    def report_hidden(self, builder: LineBuilder) -> None:
        """Report each stretch of hidden runs with the same reason as one finding."""
        quote: list[str] = []
        for number, (text, reason) in enumerate(self.hidden):
            quote.append(text)
            if number + 1 == len(self.hidden) or self.hidden[number + 1][1] != reason:
                builder.add_hidden("".join(quote), reason)
                quote = []


def hidden_reason(look: RunLook) -> HiddenReason | None:
    if look.vanish:
        return "vanish"
    if look.off_page:
        return "off_page"
    if look.size <= MIN_SIZE_POINTS:
        return "tiny"
    if not look.shaded and len(look.colour) == 6:
        try:
            channels = bytes.fromhex(look.colour)
        except ValueError:
            return None
        if min(channels) >= NEAR_WHITE:
            return "low_contrast"
    return None


def joined_row(cells: list[list[Piece]]) -> list[Piece]:
    """Return a table's row as lines: one line if every cell has one line, otherwise cell after cell.

    A short first cell (a date, a label) is put in front of the first line of the next cell.
    """
    if all(len(cell) == 1 for cell in cells):
        text = "\t".join(cell[0].text for cell in cells)
        letters = sum(len(cell[0].text) for cell in cells)
        bold = sum(len(cell[0].text) for cell in cells if cell[0].bold) > 0.6 * letters
        return [Piece(text, max(cell[0].size for cell in cells), bold)]
    first, *others = cells
    label = " ".join(piece.text for piece in first)
    is_label = len(label) <= SHORT_CELL_CHARACTERS and len(first) <= 2
    if others and is_label and (mentions_date(label) or len(first) == 1) and not first[0].breaks_before:
        lead = others[0][0]
        others[0][0] = replace(lead, text=f"{label}\t{lead.text}")
        cells = others
    elif len(others) == 1 and mentions_date(" ".join(p.text for p in others[0])) and len(others[0]) == 1:
        # The date is to the right of the entry, so it ends the entry's first line.
        first[0] = replace(first[0], text=f"{first[0].text}\t{others[0][0].text}")
        cells = [first]
    for cell in cells[1:]:
        cell[0].breaks_before = True
    return [piece for cell in cells for piece in cell]


def table_rows(rows: list[list[list[Piece]]]) -> list[Piece]:
    """Return the rows of a table, each a list of cells, as lines."""
    pieces: list[Piece] = []
    for row in rows:
        filled = [cell for cell in row if cell]
        if filled:
            lines = joined_row(filled)
            lines[0].breaks_before = len(lines) > 1 or not pieces
            pieces += lines
    return pieces


def add_pieces(pieces: list[Piece], builder: LineBuilder, seen: set[str] | None = None) -> None:
    """Add lines to the Document. `seen` collects those of headers and footers, which repeat between page kinds."""
    for piece in pieces:
        if piece.breaks_before:
            builder.end_block()
        if seen is not None:
            if piece.text in seen:
                continue
            seen.add(piece.text)
        builder.add_text(piece.text, size=piece.size, bold=piece.bold)
    builder.end_block()
