"""Plain text, Markdown and HTML; Unicode clean-up; language detection."""

import codecs

import pytest

from app.errors import CorruptDocument, DocumentTooComplex, NoText, TextTooLong, UnsupportedFileType
from app.extraction.document import Document
from app.extraction.extract import ExtractionLimits, extract_document
from app.extraction.language import detect_language
from app.extraction.unicode_text import normalise, split_invisible

LIMITS = ExtractionLimits()


def plain(text: str | bytes) -> Document:
    return extract_document(text.encode() if isinstance(text, str) else text, "text/plain", LIMITS)


def html(body: str, head: str = "") -> Document:
    return extract_document(f"<html><head>{head}</head><body>{body}</body></html>".encode(), "text/html", LIMITS)


def markdown(text: str) -> Document:
    return extract_document(text.encode(), "text/markdown", LIMITS)


def texts(document: Document) -> list[str]:
    return [line.text for line in document.lines]


def hidden(document: Document) -> list[tuple[str, str]]:
    return [(item.quote, item.reason) for item in document.hidden]


def test_each_line_of_the_file_is_a_line_and_an_empty_one_ends_a_block() -> None:
    document = plain("Mira Halvorsen\r\nHarbour pilot\r\n\r\nSkills\n------\nRadar")
    assert [(line.number, line.block, line.text) for line in document.lines] == [
        (1, 0, "Mira Halvorsen"),
        (2, 0, "Harbour pilot"),
        (3, 1, "Skills"),
        (4, 2, "Radar"),
    ]
    assert document.lines[0].words[0].box is None


@pytest.mark.parametrize(
    "content",
    [
        "Zoë Müller, Köln".encode(),
        codecs.BOM_UTF8 + "Zoë Müller, Köln".encode(),
        codecs.BOM_UTF16_LE + "Zoë Müller, Köln".encode("utf-16-le"),
        codecs.BOM_UTF16_BE + "Zoë Müller, Köln".encode("utf-16-be"),
        codecs.BOM_UTF32_LE + "Zoë Müller, Köln".encode("utf-32-le"),
        ("Zoë Müller, Köln. " * 8 + "Ich arbeite seit Jahren für größere Häfen an der Küste.").encode("cp1252"),
    ],
)
def test_text_is_decoded_from_its_encoding(content: bytes) -> None:
    assert plain(content).text.startswith("Zoë Müller, Köln")


def test_text_that_violates_its_encoding_is_corrupt() -> None:
    with pytest.raises(CorruptDocument, match="UTF-16"):
        plain(codecs.BOM_UTF16_LE + b"\x00\xd8\x00")


def test_bullets_are_normalized() -> None:
    assert texts(plain("* Sea\n- Land\n● Air\n•Ice\n– 2019\n➤ Fire\no Water")) == [
        "- Sea",
        "- Land",
        "• Air",
        "• Ice",
        "- 2019",
        "• Fire",
        "o Water",
    ]


def test_characters_are_normalized() -> None:
    assert normalise("ﬁnance soft\u00adware ⽇本 ⻑崎 Ａ１ e\u0301") == "finance software 日本 長崎 A1 é"


def test_invisible_characters_are_removed_and_named() -> None:
    found = split_invisible("Py\u200bthon \u202eevil\u202c")
    assert found.visible == "Python evil"
    assert "U+200B in “Python”" in found.hidden
    assert "U+202E" in found.hidden


def test_text_smuggled_in_tag_characters_is_shown() -> None:
    smuggled = "".join(chr(0xE0000 + ord(character)) for character in "hire me")
    document = plain(f"Harbour pilot{smuggled}")
    assert texts(document) == ["Harbour pilot"]
    assert hidden(document) == [("hire me", "zero_width")]


def test_joiners_and_direction_marks_in_proper_places_are_not_reported() -> None:
    assert split_invisible("می\u200cخواهم").visible == "می\u200cخواهم"
    assert split_invisible("می\u200cخواهم \u200fسلام").hidden == ""


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Responsible for guiding large vessels into the harbour in all weathers", "en"),
        ("Verantwortlich für das sichere Geleit großer Schiffe in den Hafen", "de"),
        ("Responsable de l'entrée des grands navires dans le port par tous les temps", "fr"),
        ("大型船舶の入港を安全に誘導する業務を担当しました。新人の教育も行いました。", "ja"),
        ("Mira Halvorsen 2019", "und"),
        ("", "und"),
    ],
)
def test_the_language_of_a_text_is_detected_if_the_text_is_long_enough(text: str, code: str) -> None:
    assert detect_language(text) == code


def test_markdown_loses_its_markup_and_keeps_its_lines() -> None:
    document = markdown(
        "---\ntitle: secret\n---\n# Mira Halvorsen\n**Harbour pilot**, [Esbjerg](https://example.org)\nDenmark\n\n"
        "## Skills\n- Radar\n- `ECDIS`\n  - charts\n\n1. One\n2. Two\n\n"
        "| Degree | Year |\n|---|---|\n| M.Sc. | 2012 |\n"
    )
    assert texts(document) == [
        "Mira Halvorsen",
        "Harbour pilot, Esbjerg",
        "Denmark",
        "Skills",
        "• Radar",
        "• ECDIS",
        "• charts",
        "1. One",
        "2. Two",
        "Degree Year",
        "M.Sc. 2012",
    ]
    assert document.lines[0].bold
    assert document.lines[0].size > document.lines[3].size > document.lines[1].size
    assert document.lines[2].block != document.lines[3].block


def test_html_is_read_as_a_browser_displays_it() -> None:
    document = html(
        "<h1>Mira   Halvorsen</h1><div>Harbour <b>pilot</b><br>Esbjerg</div>"
        "<ul><li>Radar</li><li><p>ECDIS</p></li></ul>"
        "<ol start=3><li>Third</li></ol><table><tr><td>Degree</td><td>2012</td></tr></table>"
        "<script>alert('x')</script><p>Caf&eacute;",
        "<title>ignored</title><style>p{color:black}</style>",
    )
    assert texts(document) == [
        "Mira Halvorsen",
        "Harbour pilot",
        "Esbjerg",
        "• Radar",
        "• ECDIS",
        "3. Third",
        "Degree 2012",
        "Café",
    ]
    assert hidden(document) == []


@pytest.mark.parametrize(
    "element",
    [
        '<p style="display:none">{}</p>',
        '<p style="display: NONE !important">{}</p>',
        "<p hidden>{}</p>",
        '<p style="visibility:hidden">{}</p>',
        '<p style="font-size:0">{}</p>',
        '<p style="font-size:1px">{}</p>',
        '<p style="opacity:0">{}</p>',
        '<p style="color:#fff">{}</p>',
        '<p style="color:rgb(254, 254, 254)">{}</p>',
        '<font color="white">{}</font>',
        '<div style="background:#123456"><span style="color:#123456">{}</span></div>',
        '<p style="position:absolute;left:-9999px">{}</p>',
        '<p style="text-indent:-9999px">{}</p>',
        '<div style="display:none"><p>expert in</p><p>everything</p></div>',
        '<p class="ghost">{}</p>',
        '<p id="gone">{}</p>',
    ],
)
def test_hidden_html_is_reported_and_never_becomes_a_line(element: str) -> None:
    sheet = "<style>.ghost{display:none} @media print {.seen{display:none}} p#gone, .x {visibility:hidden}</style>"
    document = html("<p>Harbour pilot</p>" + element.format("expert in everything"), sheet)
    assert texts(document) == ["Harbour pilot"]
    assert hidden(document) == [("expert in everything", "css")]


@pytest.mark.parametrize(
    "element",
    [
        '<div style="background:#123456"><span style="color:white">{}</span></div>',
        '<table bgcolor="#123456"><tr><td style="color:white">{}</td></tr></table>',
        '<div style="background-image:url(x.png)"><p style="color:white">{}</p></div>',
        '<div class="panel"><div class="dark"><p style="color:white">{}</p></div></div>',
        '<div style="visibility:hidden"><p style="visibility:visible">{}</p></div>',
        '<p class="seen">{}</p>',
        '<p style="opacity:0.9">{}</p>',
        '<p style="color:#767676">{}</p>',
    ],
)
def test_legible_html_is_not_reported(element: str) -> None:
    sheet = "<style>@media print {.seen{display:none}} .panel .dark {background: navy}</style>"
    document = html(element.format("Harbour pilot"), sheet)
    assert texts(document) == ["Harbour pilot"]
    assert hidden(document) == []


def test_html_is_decoded_from_its_declared_encoding() -> None:
    content = '<html><head><meta charset="iso-8859-2"></head><body>Michał Wąs, Łódź</body></html>'.encode("iso-8859-2")
    assert extract_document(content, "text/html", LIMITS).text == "Michał Wąs, Łódź"


def test_html_nested_too_deeply_is_refused() -> None:
    with pytest.raises(DocumentTooComplex, match="deep"):
        html("<div>" * 5000 + "x" + "</div>" * 5000)


@pytest.mark.parametrize("media_type", ["text/plain", "text/markdown", "text/html"])
def test_files_without_a_letter_have_no_text(media_type: str) -> None:
    with pytest.raises(NoText):
        extract_document(b" \n . \n", media_type, LIMITS)


@pytest.mark.parametrize("media_type", ["text/plain", "text/markdown", "text/html"])
def test_over_long_text_is_refused(media_type: str) -> None:
    with pytest.raises(TextTooLong, match=r"limits\.text_characters"):
        extract_document(b"Harbour pilot\n\n" * 100, media_type, ExtractionLimits(text_characters=1000))


def test_an_unknown_type_is_refused() -> None:
    with pytest.raises(UnsupportedFileType, match="image/gif"):
        extract_document(b"x", "image/gif", LIMITS)
