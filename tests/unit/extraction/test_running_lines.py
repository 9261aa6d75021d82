"""Page headers, footers and page numbers come after the text that continues from page to page."""

from datetime import date

from app.analysis.grounding.check import check_answer
from app.analysis.rules import parse_resume
from app.extraction.document import Document
from app.extraction.extract import extract_document
from app.extraction.limits import ExtractionLimits
from app.extraction.media_types import DOCX, PLAIN_TEXT
from tests.unit.extraction.made_docx import make_docx, paragraph
from tests.unit.extraction.made_pdfs import BOLD, HEIGHT, Text, column, read

FIRST = ("*Experience*", "*Harbour Pilot, Port of Esbjerg*", "March 2018 - Present", "Guided large vessels")
SECOND = ("into the harbour in all weathers", "*Deck Officer, Ribe Shipping*", "May 2014 - February 2018", "Kept watch")
THIRD = ("*Education*", "*Master Mariner, Nautical College Marstal*", "2010 - 2014")


def texts(document: Document, *, running: bool = False) -> list[str]:
    return [line.text for line in document.lines if line.running == running]


def pages(top: str = "", foot: str = "") -> list[list[Text]]:
    """Three pages; `{}` in the header and footer is the page number."""
    bodies = [
        [Text(60, 90, "Mira Halvorsen", 20, BOLD), *column(60, 130, "mira.halvorsen@example.com", *FIRST)],
        column(60, 90, *SECOND),
        column(60, 90, *THIRD),
    ]
    for number, body in enumerate(bodies, start=1):
        if top and number > 1:
            body.append(Text(60, 40, top.format(number), 8))
        if foot:
            body.append(Text(260, HEIGHT - 30, foot.format(number), 8))
    return bodies


def test_page_numbers_and_the_name_on_each_page_come_after_the_body() -> None:
    document = read(*pages("Mira Halvorsen - Curriculum vitae", "Page {} of 3"))
    body = texts(document)
    at = body.index("Guided large vessels")
    assert body[at + 1] == "into the harbour in all weathers"
    assert texts(document, running=True) == [
        "Page 1 of 3",
        "Mira Halvorsen - Curriculum vitae",
        "Page 2 of 3",
        "Mira Halvorsen - Curriculum vitae",
        "Page 3 of 3",
    ]
    assert [line.number for line in document.lines] == list(range(1, len(document.lines) + 1))
    assert Document.from_bytes(document.to_bytes()) == document


def test_a_model_reads_each_running_line_once() -> None:
    shown = read(*pages("Mira Halvorsen - Curriculum vitae", "Page {} of 3")).numbered_text()
    assert shown.count("Page ") == 1
    assert shown.count("Curriculum vitae") == 1


def test_a_sentence_across_a_page_break_is_found_whole() -> None:
    document = read(*pages(foot="{} / 3"))
    answer = parse_resume(document)
    profile = check_answer(answer, document, as_of=date(2026, 11, 1), default_region="DK").profile
    assert profile["work"][0]["summary"] == "Guided large vessels into the harbour in all weathers"
    assert [job["name"] for job in profile["work"]] == ["Port of Esbjerg", "Ribe Shipping"]


def test_the_header_of_the_first_page_stays_in_place_although_it_repeats() -> None:
    first, *others = pages()
    every = [Text(60, 40, "Mira Halvorsen | +45 32 12 34 56", 9)]
    document = read([*every, *first[1:]], *([*every, *each] for each in others))
    assert texts(document)[0] == "Mira Halvorsen | +45 32 12 34 56"
    assert texts(document, running=True) == ["Mira Halvorsen | +45 32 12 34 56"] * 2
    answer = parse_resume(document)
    assert (answer.person.name, answer.person.phone) == ("Mira Halvorsen", "+45 32 12 34 56")


def test_contacts_in_the_footer_are_found() -> None:
    first, *others = pages(foot="Phone +45 32 12 34 56 - Page {}")
    document = read(first, *others)
    profile = check_answer(parse_resume(document), document, as_of=date(2026, 11, 1), default_region="DK").profile
    assert profile["basics"]["phone"] == "+4532123456"


def test_entries_that_begin_alike_at_the_top_of_two_pages_are_not_headers() -> None:
    entries = [column(60, 40, "*Deck Officer*", employer, "Kept watch") for employer in ("Ribe Shipping", "Fano Lines")]
    document = read(pages()[0], *entries)
    assert texts(document, running=True) == []
    assert texts(document).count("Deck Officer") == 2


def test_years_at_the_foot_of_two_pages_are_not_page_numbers() -> None:
    first, second, _ = pages()
    years = [Text(60, HEIGHT - 40, text) for text in ("2014 - 2018", "2010 - 2014")]
    document = read([*first, years[0]], [*second, years[1]])
    assert texts(document, running=True) == []


def test_the_footer_of_a_docx_is_distinguished_from_its_body() -> None:
    content = make_docx(
        paragraph("Mira Halvorsen"),
        paragraph("Experience"),
        paragraph("Harbour Pilot, Port of Esbjerg, 2018 - 2020"),
        footer=paragraph("mira.halvorsen@example.com, Page"),
    )
    document = extract_document(content, DOCX, ExtractionLimits())
    assert texts(document, running=True) == ["mira.halvorsen@example.com, Page"]
    assert parse_resume(document).person.email == "mira.halvorsen@example.com"


def test_page_numbers_typed_into_a_text_come_after_it() -> None:
    lines = ("Mira Halvorsen", "Guided large vessels", "Halvorsen - Page 1", "into the harbour", "Halvorsen - Page 2")
    document = extract_document("\n".join(lines).encode(), PLAIN_TEXT, ExtractionLimits())
    assert texts(document) == ["Mira Halvorsen", "Guided large vessels", "into the harbour"]


def test_endless_numbers_and_margins_full_of_letters_take_no_time() -> None:
    long = "Page " + "9" * 6000
    document = extract_document(f"Mira Halvorsen\n{long}\n{long}".encode(), PLAIN_TEXT, ExtractionLimits())
    assert texts(document, running=True) == []
    crowd = [[Text(20 + 4 * x, 20 + 0.5 * y, "x", 4) for x in range(60) for y in range(40)] for _ in range(3)]
    assert texts(read(*crowd), running=True) == []
