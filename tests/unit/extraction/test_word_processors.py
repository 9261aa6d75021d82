"""ODT, RTF and JSON Resume files written by hand, for cases that LibreOffice's output does not contain."""

import json

import pytest

from app.errors import CorruptDocument, DocumentTooComplex, EncryptedDocument, NoText
from app.extraction.document import Document
from app.extraction.extract import extract_document
from app.extraction.limits import ExtractionLimits
from app.extraction.media_types import JSON_RESUME, ODT, RTF
from tests.unit.extraction.made_docx import zipped

LIMITS = ExtractionLimits()
_NAMES = " ".join(
    f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{place}:1.0"'
    for name, place in {
        "office": "office",
        "text": "text",
        "table": "table",
        "draw": "drawing",
        "style": "style",
        "fo": "xsl-fo-compatible",
        "svg": "svg-compatible",
    }.items()
)


def odt(body: str, styles: str = "", common: str = "") -> Document:
    content = (
        f"<office:document-content {_NAMES}><office:automatic-styles>{styles}</office:automatic-styles>"
        f"<office:body><office:text>{body}</office:text></office:body></office:document-content>"
    )
    files: dict[str, str | bytes] = {"mimetype": "application/vnd.oasis.opendocument.text", "content.xml": content}
    if common:
        files["styles.xml"] = f"<office:document-styles {_NAMES}>{common}</office:document-styles>"
    return extract_document(zipped(files), ODT, LIMITS)


def rtf(body: str, codec: str = "cp1252") -> Document:
    return extract_document(f"{{\\rtf1\\ansi {body}}}".encode(codec), RTF, LIMITS)


def texts(document: Document) -> list[str]:
    return [line.text for line in document.lines]


def hidden(document: Document) -> list[tuple[str, str]]:
    return [(item.reason, item.quote) for item in document.hidden]


def test_an_odt_is_read_with_lists_tables_tabs_and_notes() -> None:
    document = odt(
        "<text:h>Mira<text:s text:c='2'/>Halvorsen</text:h>"
        "<text:p>Pilot<text:tab/>2018<text:line-break/>Esbjerg<text:note><text:note-citation>1</text:note-citation>"
        "<text:note-body><text:p>Since spring</text:p></text:note-body></text:note></text:p>"
        "<text:list><text:list-item><text:p>Radar</text:p></text:list-item></text:list>"
        "<table:table><table:table-row><table:table-cell><text:p>2012</text:p></table:table-cell>"
        "<table:table-cell><text:p>Marstal</text:p></table:table-cell></table:table-row></table:table>"
    )
    assert texts(document) == ["Mira Halvorsen", "Pilot 2018", "Esbjerg", "• Radar", "2012 Marstal", "Since spring"]
    assert document.lines[0].bold


def test_headers_and_footers_of_an_odt_surround_its_body() -> None:
    document = odt(
        "<text:p>Pilot</text:p>",
        common="<office:master-styles><style:master-page><style:header><text:p>Mira</text:p></style:header>"
        "<style:footer><text:p>Esbjerg</text:p></style:footer></style:master-page></office:master-styles>",
    )
    assert texts(document) == ["Mira", "Pilot", "Esbjerg"]


@pytest.mark.parametrize(
    ("properties", "reason"),
    [
        ('text:display="none"', "vanish"),
        ('fo:color="#ffffff"', "low_contrast"),
        ('fo:font-size="1pt"', "tiny"),
    ],
)
def test_hidden_words_of_an_odt_are_reported(properties: str, reason: str) -> None:
    style = f'<style:style style:name="T1" style:family="text"><style:text-properties {properties}/></style:style>'
    document = odt('<text:p>Pilot <text:span text:style-name="T1">Wizard</text:span></text:p>', style)
    assert (texts(document), hidden(document)) == (["Pilot"], [(reason, "Wizard")])


def test_sections_fields_and_boxes_of_an_odt_can_hide_text_too() -> None:
    document = odt(
        "<text:p>Pilot</text:p><text:section text:display='none'><text:p>Wizard</text:p></text:section>"
        "<text:p><text:hidden-text text:string-value='Sorcerer'/></text:p>"
        "<text:p><draw:frame svg:x='-90cm' svg:width='4cm'><draw:text-box><text:p>Witch</text:p></draw:text-box>"
        "</draw:frame></text:p>"
    )
    assert texts(document) == ["Pilot"]
    assert hidden(document) == [("vanish", "Wizard"), ("vanish", "Sorcerer"), ("off_page", "Witch")]


def test_deleted_text_of_an_odt_is_dropped() -> None:
    assert texts(odt("<text:tracked-changes><text:p>Old</text:p></text:tracked-changes><text:p>New</text:p>")) == [
        "New"
    ]


def test_an_encrypted_odt_is_reported_as_encrypted() -> None:
    files: dict[str, str | bytes] = {
        "mimetype": "application/vnd.oasis.opendocument.text",
        "content.xml": b"noise",
        "META-INF/manifest.xml": '<m:manifest xmlns:m="urn:m"><m:encryption-data/></m:manifest>',
    }
    with pytest.raises(EncryptedDocument):
        extract_document(zipped(files), ODT, LIMITS)


def test_an_rtf_is_read_with_its_code_pages_and_unicode() -> None:
    document = rtf(
        r"{\fonttbl{\f0\fcharset0 Arial;}{\f1\fcharset204 Arial;}{\f2\fcharset128 Mincho;}}"
        r"\f0 J\'fcrgen\par \f1\'cc\'e8\'f0\'e0\par \f2\'8e\'52\'93\'63\par \uc1\u8364?uro \u-10179?\u-8704?!\par"
    )
    assert texts(document) == ["Jürgen", "Мира", "山田", "€uro 😀!"]


def test_tables_headers_notes_and_boxes_of_an_rtf_are_read() -> None:
    document = rtf(
        r"{\header Mira\par}{\footer Esbjerg\par}"
        r"{\shp{\*\shpinst{\shptxt Contact\par}}}Pilot{\footnote Since spring\par}\par"
        r"\trowd\cellx1000\cellx2000\pard\intbl 2012\cell Marstal\cell\row\pard"
        r"{\listtext\'b7\tab}Radar\par"
    )
    assert texts(document) == ["Mira", "Contact", "Pilot", "2012 Marstal", "• Radar", "Since spring", "Esbjerg"]


@pytest.mark.parametrize(("control", "reason"), [(r"\v", "vanish"), (r"\cf1", "low_contrast"), (r"\fs2", "tiny")])
def test_hidden_words_of_an_rtf_are_reported(control: str, reason: str) -> None:
    document = rtf(r"{\colortbl;\red255\green255\blue255;}Pilot {" + control + r" Wizard}\par")
    assert (texts(document), hidden(document)) == (["Pilot"], [(reason, "Wizard")])


def test_white_words_in_a_dark_cell_of_an_rtf_are_visible() -> None:
    document = rtf(
        r"{\colortbl;\red255\green255\blue255;\red0\green0\blue90;}"
        r"\trowd\clcbpat2\cellx1000\pard\intbl{\cf1 Skills}\cell\row"
    )
    assert (texts(document), hidden(document)) == (["Skills"], [])


def test_pictures_settings_and_codes_of_an_rtf_are_not_text() -> None:
    document = rtf(
        r"{\info{\title Secret}}{\*\generator Tool;}{\pict\pngblip 89504e47}{\stylesheet{Normal;}}"
        r"{\field{\*\fldinst HYPERLINK x}{\fldrslt mira@example.com}}\par"
    )
    assert texts(document) == ["mira@example.com"]


def test_an_rtf_without_end_or_with_endless_groups_is_refused() -> None:
    with pytest.raises(DocumentTooComplex):
        extract_document(b"{\\rtf1 " + b"{" * 1000, RTF, LIMITS)
    with pytest.raises(NoText):
        rtf(r"\par\par")


def test_a_json_resume_becomes_a_document_with_headings() -> None:
    resume = {
        "basics": {"name": "Mira Halvorsen", "email": "mira@example.com", "location": {"city": "Esbjerg"}},
        "work": [
            {"name": "Port of Esbjerg", "position": "Pilot", "startDate": "2018-03", "highlights": ["Guided ships"]}
        ],
        "skills": [{"name": "Navigation", "keywords": ["Radar", "Charts"]}],
    }
    document = extract_document(json.dumps(resume).encode(), JSON_RESUME, LIMITS)
    assert texts(document) == [
        "Mira Halvorsen",
        "mira@example.com",
        "Esbjerg",
        "Experience",
        "Pilot",
        "Port of Esbjerg",
        "2018-03 - Present",
        "• Guided ships",
        "Skills",
        "Navigation: Radar, Charts",
    ]


@pytest.mark.parametrize("content", [b'{"basics": ', b"[1, 2]"])
def test_damaged_json_is_corrupt(content: bytes) -> None:
    with pytest.raises(CorruptDocument):
        extract_document(content, JSON_RESUME, LIMITS)


def test_json_with_the_wrong_structure_has_no_text() -> None:
    with pytest.raises(NoText):
        extract_document(b'{"basics": [1], "work": {"name": "x"}, "skills": [["y"]]}', JSON_RESUME, LIMITS)
