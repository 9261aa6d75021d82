"""Documents for the parser's tests, written as text: plain, or laid out with sizes, weights and positions."""

from dataclasses import dataclass

from app.extraction.document import Document, Line, Page, Word


def plain(text: str, language: str = "en") -> Document:
    """One document line per line of text. An empty line starts a new block. No boxes, as for a text file."""
    lines: list[Line] = []
    block = 0
    for raw in text.strip("\n").splitlines():
        if not raw.strip():
            block += 1
            continue
        content = " ".join(raw.split())
        words = tuple(Word(word) for word in content.split())
        lines.append(Line(number=len(lines) + 1, page=1, text=content, words=words, block=block))
    return Document("text/plain", (Page(1, 0.0, 0.0),), tuple(lines), language=language)


@dataclass(frozen=True)
class Placed:
    """A line on an A4 page. `left` and `top` are in points. A tab in `text` jumps to the next of `stops`."""

    text: str
    left: float = 50.0
    top: float = 0.0
    size: float = 10.0
    bold: bool = False
    block: int = 0
    page: int = 1
    stops: tuple[float, ...] = (400.0,)
    bold_words: int = 0  # at the beginning of the line


def laid_out(placed: list[Placed], language: str = "en") -> Document:
    """Lines with boxes. A letter is half as wide as the font size. Lines without `top` are placed below each other."""
    lines: list[Line] = []
    top, page = 40.0, 1
    for each in placed:
        if each.page != page:
            top, page = 40.0, each.page
        y = each.top or top
        top = y + each.size * 1.4
        words: list[Word] = []
        x = each.left
        stops = iter(each.stops)
        for number, cell in enumerate(each.text.split("\t")):
            if number:
                x = next(stops)
            for word in cell.split():
                width = 0.5 * each.size * len(word)
                words.append(Word(word, (x, y, x + width, y + each.size), bold=len(words) < each.bold_words))
                x += width + 0.28 * each.size
        boxes = [word.box for word in words if word.box is not None]
        box = (min(b[0] for b in boxes), y, max(b[2] for b in boxes), y + each.size)
        text = " ".join(word.text for word in words)
        lines.append(Line(len(lines) + 1, each.page, text, tuple(words), box, each.block, each.size, each.bold))
    pages = tuple(Page(number, 595.0, 842.0) for number in range(1, page + 1))
    return Document("application/pdf", pages, tuple(lines), language=language)
