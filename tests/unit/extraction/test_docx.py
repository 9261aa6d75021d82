"""DOCX files: visible text is read in order, invisible text is reported, hostile files are refused."""

import io
import zipfile

import docx
import pytest

from app.errors import CorruptDocument, DocumentTooComplex, EncryptedDocument, NoText, TextTooLong
from app.extraction.document import Document
from app.extraction.limits import ExtractionLimits
from app.extraction.office.docx_reader import read_docx
from tests.unit.extraction.made_docx import make_docx, paragraph, run, table, zipped

LIMITS = ExtractionLimits()


def read(*blocks: str, **parts: str) -> Document:
    return read_docx(make_docx(*blocks, **parts), LIMITS)


def texts(document: Document) -> list[str]:
    return [line.text for line in document.lines]


def hidden(document: Document) -> list[tuple[str, str]]:
    return [(item.quote, item.reason) for item in document.hidden]


def test_header_body_and_footer_are_read_in_that_order() -> None:
    document = read(
        paragraph("Harbour pilot"), header=paragraph("Mira Halvorsen"), footer=paragraph("mira@example.org")
    )
    assert texts(document) == ["Mira Halvorsen", "Harbour pilot", "mira@example.org"]


def test_with_a_title_page_its_header_comes_first_and_the_running_header_last() -> None:
    document = read(
        paragraph("Harbour pilot"), header=paragraph("Halvorsen, page 2"), first_header=paragraph("Mira Halvorsen")
    )
    assert texts(document) == ["Mira Halvorsen", "Harbour pilot", "Halvorsen, page 2"]


def test_a_file_from_python_docx_is_read() -> None:
    made = docx.Document()
    made.add_heading("Mira Halvorsen", 0)
    made.add_paragraph("Harbour pilot")
    made.add_paragraph("Guided vessels", style="List Bullet")
    made.add_paragraph("Trained pilots", style="List Number")
    cells = made.add_table(rows=1, cols=2).rows[0].cells
    cells[0].text, cells[1].text = "Languages", "Danish, German"
    made.sections[0].header.paragraphs[0].text = "mira@example.org"
    buffer = io.BytesIO()
    made.save(buffer)
    document = read_docx(buffer.getvalue(), LIMITS)
    assert texts(document) == [
        "mira@example.org",
        "Mira Halvorsen",
        "Harbour pilot",
        "• Guided vessels",
        "1. Trained pilots",
        "Languages Danish, German",
    ]
    assert document.lines[1].bold
    assert document.lines[1].size == 26.0
    assert document.pages[0].width == 0


def test_runs_hyperlinks_tabs_and_breaks_make_lines() -> None:
    link = f'<w:hyperlink r:id="x">{run("mira@example.org")}</w:hyperlink>'
    broken = "<w:r><w:t>Esbjerg</w:t><w:tab/><w:t>2019</w:t><w:br/><w:t>Denmark</w:t></w:r>"
    assert texts(read(paragraph("Mi", run("ra "), link), paragraph(broken))) == [
        "Mira mira@example.org",
        "Esbjerg 2019",
        "Denmark",
    ]


def test_deleted_text_is_dropped_and_inserted_text_kept() -> None:
    revised = f"<w:del><w:r><w:delText>Cook</w:delText></w:r></w:del><w:ins>{run('Pilot')}</w:ins>"
    moved = f"<w:moveFrom>{run('old place')}</w:moveFrom>"
    assert texts(read(paragraph("Harbour ", revised, moved))) == ["Harbour Pilot"]


def test_field_codes_are_not_text_but_their_results_are() -> None:
    field = "<w:r><w:instrText>HYPERLINK secret</w:instrText></w:r>"
    assert texts(read(paragraph("Page ", field, f"<w:fldSimple>{run('3')}</w:fldSimple>"))) == ["Page 3"]


def test_a_simple_table_is_read_row_by_row() -> None:
    rows = [[paragraph(cell) for cell in row] for row in (("Degree", "Place", "Year"), ("M.Sc.", "Svendborg", "2012"))]
    assert texts(read(table(*rows))) == ["Degree Place Year", "M.Sc. Svendborg 2012"]


def test_a_date_cell_comes_before_its_entry() -> None:
    entry = paragraph("Harbour pilot") + paragraph("Guided vessels") + paragraph("Trained pilots")
    assert texts(read(table([paragraph("2019 – 2023"), entry]))) == [
        "2019 – 2023 Harbour pilot",
        "Guided vessels",
        "Trained pilots",
    ]


def test_a_date_cell_on_the_right_ends_the_first_line_of_its_entry() -> None:
    entry = paragraph("Harbour pilot") + paragraph("Guided vessels")
    assert texts(read(table([entry, paragraph("2019 – 2023")]))) == ["Harbour pilot 2019 – 2023", "Guided vessels"]


def test_columns_of_a_layout_table_are_read_one_after_the_other() -> None:
    side = paragraph("CONTACT") + paragraph("mira@example.org") + paragraph("Bristol")
    main = paragraph("EXPERIENCE") + paragraph("Harbour pilot") + paragraph("2019 – 2023")
    document = read(table([side, main]))
    assert texts(document) == ["CONTACT", "mira@example.org", "Bristol", "EXPERIENCE", "Harbour pilot", "2019 – 2023"]
    assert document.lines[2].block != document.lines[3].block


def test_nested_tables_are_read_once() -> None:
    inner = table([paragraph("Danish"), paragraph("fluent")]) + paragraph("")
    assert texts(read(table([paragraph("Languages") + inner]))) == ["Languages", "Danish fluent"]


def test_a_text_box_is_read_once_although_it_is_stored_twice() -> None:
    content = f"<w:txbxContent>{paragraph('Mira Halvorsen')}</w:txbxContent>"
    box = (
        "<w:r><mc:AlternateContent><mc:Choice Requires='wps'>"
        f"<w:drawing><wps:wsp><wps:spPr/><wps:txbx>{content}</wps:txbx></wps:wsp></w:drawing></mc:Choice>"
        f"<mc:Fallback><w:pict><v:textbox>{content}</v:textbox></w:pict></mc:Fallback></mc:AlternateContent></w:r>"
    )
    assert texts(read(paragraph(box), paragraph("Harbour pilot"))) == ["Mira Halvorsen", "Harbour pilot"]


def test_content_controls_are_transparent() -> None:
    block = f"<w:sdt><w:sdtContent>{paragraph('Harbour pilot')}</w:sdtContent></w:sdt>"
    inline = f"<w:sdt><w:sdtContent>{run('Esbjerg')}</w:sdtContent></w:sdt>"
    assert texts(read(block, paragraph("Port of ", inline))) == ["Harbour pilot", "Port of Esbjerg"]


NUMBERING = (
    '<w:abstractNum w:abstractNumId="0"><w:lvl w:ilvl="0">'
    '<w:start w:val="3"/><w:numFmt w:val="decimal"/></w:lvl></w:abstractNum>'
    '<w:abstractNum w:abstractNumId="1"><w:lvl w:ilvl="0"><w:numFmt w:val="bullet"/></w:lvl></w:abstractNum>'
    '<w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num><w:num w:numId="2"><w:abstractNumId w:val="1"/></w:num>'
)


def in_list(number: int) -> str:
    return f'<w:numPr><w:ilvl w:val="0"/><w:numId w:val="{number}"/></w:numPr>'


def test_list_markers_are_written_out() -> None:
    document = read(
        paragraph("Sea", properties=in_list(1)),
        paragraph("Land", properties=in_list(1)),
        paragraph("Air", properties=in_list(2)),
        paragraph("None", properties=in_list(0)),
        numbering=NUMBERING,
    )
    assert texts(document) == ["3. Sea", "4. Land", "• Air", "None"]


@pytest.mark.parametrize(
    ("properties", "reason"),
    [
        ("<w:vanish/>", "vanish"),
        ('<w:color w:val="FFFFFF"/>', "low_contrast"),
        ('<w:color w:val="fdfdfd"/>', "low_contrast"),
        ('<w:sz w:val="4"/>', "tiny"),
    ],
)
def test_hidden_runs_are_reported_and_never_become_lines(properties: str, reason: str) -> None:
    document = read(paragraph("Harbour ", run("expert in all ", properties), run("things ", properties), "pilot"))
    assert texts(document) == ["Harbour pilot"]
    assert hidden(document) == [("expert in all things", reason)]


def test_hiding_through_a_style_is_detected_and_can_be_reverted_by_the_run() -> None:
    styles = (
        '<w:style w:type="character" w:styleId="Base"><w:rPr><w:vanish/></w:rPr></w:style>'
        '<w:style w:type="character" w:styleId="Ghost"><w:basedOn w:val="Base"/></w:style>'
    )
    ghost = '<w:rStyle w:val="Ghost"/>'
    document = read(paragraph(run("unseen", ghost), run("seen", f'{ghost}<w:vanish w:val="0"/>')), styles=styles)
    assert texts(document) == ["seen"]
    assert hidden(document) == [("unseen", "vanish")]


@pytest.mark.parametrize("shading", ['<w:shd w:val="clear" w:fill="203050"/>', '<w:highlight w:val="blue"/>'])
def test_white_text_on_a_dark_background_is_visible(shading: str) -> None:
    assert texts(read(paragraph(run("SKILLS", '<w:color w:val="FFFFFF"/>' + shading)))) == ["SKILLS"]


def test_white_text_in_a_dark_cell_or_paragraph_is_visible() -> None:
    white, dark = run("CONTACT", '<w:color w:val="FFFFFF"/>'), '<w:shd w:val="clear" w:fill="203050"/>'
    assert texts(read(table([f"<w:tcPr>{dark}</w:tcPr>" + paragraph(white)]), paragraph(white, properties=dark))) == [
        "CONTACT",
        "CONTACT",
    ]


def test_white_text_in_a_filled_text_box_is_visible() -> None:
    white = run("CONTACT", '<w:color w:val="FFFFFF"/>')
    content = f"<w:txbxContent>{paragraph(white)}</w:txbxContent>"
    fill = '<wps:spPr><a:solidFill><a:srgbClr val="203050"/></a:solidFill></wps:spPr>'
    box = f"<w:r><w:drawing><wps:wsp>{fill}<wps:txbx>{content}</wps:txbx></wps:wsp></w:drawing></w:r>"
    assert texts(read(paragraph(box))) == ["CONTACT"]


def test_zero_width_characters_are_removed_and_reported() -> None:
    document = read(paragraph("Har\u200bbour pilot"))
    assert texts(document) == ["Harbour pilot"]
    assert hidden(document) == [("U+200B in “Harbour”", "zero_width")]


def test_a_damaged_zip_is_corrupt() -> None:
    content = make_docx(paragraph("Harbour pilot"))
    for damaged in (content[: len(content) // 2], b"PK\x03\x04 nothing", zipped({"readme.txt": "no document"})):
        with pytest.raises(CorruptDocument):
            read_docx(damaged, LIMITS)


def test_broken_xml_is_corrupt() -> None:
    with pytest.raises(CorruptDocument):
        read_docx(make_docx("<w:p><w:r>"), LIMITS)


def test_a_password_protected_docx_is_refused() -> None:
    container = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600) + "EncryptedPackage".encode("utf-16-le") + bytes(600)
    with pytest.raises(EncryptedDocument, match="password"):
        read_docx(container, LIMITS)


def test_a_docx_bomb_is_refused_before_it_is_unpacked() -> None:
    with pytest.raises(DocumentTooComplex, match="unpacks"):
        read_docx(make_docx(paragraph("a" * 60_000_000)), LIMITS)


def test_a_docx_with_a_false_size_is_refused_or_corrupt() -> None:
    content = bytearray(make_docx(paragraph("a" * 2_000_000)))
    with zipfile.ZipFile(io.BytesIO(bytes(content))) as archive:
        entry = archive.getinfo("word/document.xml")
    true_size = entry.file_size.to_bytes(4, "little")
    lied = bytes(content).replace(true_size, (1000).to_bytes(4, "little"))
    with pytest.raises((CorruptDocument, TextTooLong)):
        read_docx(lied, LIMITS)


def test_tables_nested_too_deeply_are_refused() -> None:
    block = paragraph("deep")
    for _ in range(70):
        block = table([block])
    with pytest.raises(DocumentTooComplex, match="nest"):
        read_docx(make_docx(block), LIMITS)


def test_entities_are_not_expanded() -> None:
    document = make_docx(paragraph("Harbour pilot"))
    with zipfile.ZipFile(io.BytesIO(document)) as archive:
        files: dict[str, str | bytes] = {name: archive.read(name) for name in archive.namelist()}
    body = bytes(files["word/document.xml"])  # type: ignore[arg-type]
    dtd = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;"><!ENTITY c SYSTEM "file:///etc/passwd">]>'
    files["word/document.xml"] = dtd + body.replace(b"Harbour pilot", b"Harbour &b;&c; pilot")
    assert "root:" not in read_docx(zipped(files), LIMITS).text
    assert "aaaa" not in read_docx(zipped(files), LIMITS).text


def test_too_much_text_is_refused() -> None:
    with pytest.raises(TextTooLong):
        read_docx(make_docx(*[paragraph("Harbour pilot")] * 20), ExtractionLimits(text_characters=200))


def test_a_docx_with_only_pictures_has_no_text() -> None:
    with pytest.raises(NoText, match="pictures"):
        read_docx(make_docx(paragraph("<w:r><w:drawing/></w:r>")), LIMITS)


def test_the_cells_of_a_table_are_kept_apart() -> None:
    document = read(table([paragraph("HSC"), paragraph("Velammal School"), paragraph("2020")]))
    (line,) = document.lines
    assert (line.text, line.cells) == ("HSC Velammal School 2020", ("HSC", "Velammal School", "2020"))
    assert Document.from_bytes(document.to_bytes()) == document
