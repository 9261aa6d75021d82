"""Words of a document without places are found on the pages that a program made of it."""

from app.extraction.document import Document, Line, Page, Word
from app.extraction.pages.page_layout import LaidPage, lay_out, lay_out_converted


def document(*lines: str, running: tuple[int, ...] = ()) -> Document:
    """Without places, as a word processor's file is read."""
    return Document(
        "",
        (Page(1, 0, 0),),
        tuple(
            Line(number, 1, text, tuple(map(Word, text.split())), running=number in running)
            for number, text in enumerate(lines, 1)
        ),
    )


def shown(*pages: tuple[str, ...]) -> Document:
    """As the PDF is read: each word has its place."""
    lines: list[Line] = []
    for page, texts in enumerate(pages, 1):
        for row, text in enumerate(texts):
            words = [
                Word(word, (10.0 * at, 10.0 * row, 10.0 * at + 9, 10.0 * row + 9))
                for at, word in enumerate(text.split())
            ]
            lines.append(Line(len(lines) + 1, page, text, tuple(words)))
    return Document("application/pdf", tuple(Page(n, 100, 100) for n in range(1, len(pages) + 1)), tuple(lines))


def tied(pages: list[LaidPage]) -> dict[str, int | None]:
    return {f"{word.text}@{page.number}": word.line for page in pages for word in page.words}


def test_a_document_with_places_is_laid_out_as_it_is() -> None:
    [page] = lay_out(shown(("Ilse Varga",)))
    assert [(word.text, word.line, word.index) for word in page.words] == [("Ilse", 1, 0), ("Varga", 1, 1)]


def test_a_text_without_pages_has_none() -> None:
    assert lay_out(document("Ilse Varga")) == []


def test_lines_that_the_page_breaks_and_reorders_are_found() -> None:
    text = document("Ilse Varga", "2019 – 2023 Engineer at Brightwater Mills in Leeds", "Skills Python")
    pages = lay_out_converted(
        text, shown(("Skills", "Python", "Ilse Varga"), ("2019 – 2023 Engineer at", "Brightwater Mills in Leeds"))
    )
    found = tied(pages)
    assert {found["Skills@1"], found["Python@1"]} == {3}
    assert {found["Ilse@1"], found["Varga@1"]} == {1}
    assert {found[f"{word}@2"] for word in ("2019", "Engineer", "Brightwater", "Leeds")} == {2}


def test_a_word_stands_for_the_longest_line_that_has_it() -> None:
    text = document("Python", "Wrote tools in Python for the mill")
    [page] = lay_out_converted(text, shown(("Wrote tools in Python for the mill", "Python")))
    assert [word.line for word in page.words if word.text == "Python"] == [2, 1]


def test_a_line_of_which_little_is_there_is_not_found() -> None:
    text = document("Ilse Varga of Leeds and Bradford")
    assert set(tied(lay_out_converted(text, shown(("Ilse Brown of York",)))).values()) == {None}


def test_a_page_header_is_found_on_every_page() -> None:
    text = document("Engineer", "Ilse Varga", running=(2,))
    found = tied(lay_out_converted(text, shown(("Ilse Varga", "Engineer"), ("Ilse Varga",))))
    assert (found["Varga@1"], found["Varga@2"]) == (2, 2)


def test_scripts_without_blanks_are_compared_by_their_characters() -> None:
    text = document("2012年4月~2016年3月 東都国際文化大学")
    [page] = lay_out_converted(text, shown(("2012 年 4 月~2016 年 3 月 東都国際 文化大学",)))
    assert {word.line for word in page.words} == {1}


def test_many_equal_words_are_matched_in_bounded_time() -> None:
    lines = ["go " * 40] * 500
    assert len(lay_out_converted(document(*lines), shown(tuple(lines)))) == 1
