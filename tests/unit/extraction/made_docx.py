"""Builds small DOCX files from WordprocessingML for the extraction tests."""

import io
import zipfile

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_NAMESPACES = (
    f'xmlns:w="{W}" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" '
    'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" '
    'xmlns:wps="http://schemas.microsoft.com/office/word/2010/wordprocessingShape" '
    'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" xmlns:v="urn:schemas-microsoft-com:vml"'
)
_KINDS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"


def paragraph(*runs: str, properties: str = "") -> str:
    """Runs are XML or plain words."""
    inner = "".join(item if item.startswith("<") else run(item) for item in runs)
    return f"<w:p><w:pPr>{properties}</w:pPr>{inner}</w:p>"


def run(text: str, properties: str = "") -> str:
    return f'<w:r><w:rPr>{properties}</w:rPr><w:t xml:space="preserve">{text}</w:t></w:r>'


def table(*rows: list[str]) -> str:
    """Cells are block XML."""
    return (
        "<w:tbl>"
        + "".join("<w:tr>" + "".join(f"<w:tc>{cell}</w:tc>" for cell in row) + "</w:tr>" for row in rows)
        + "</w:tbl>"
    )


def make_docx(
    *blocks: str,
    header: str = "",
    first_header: str = "",
    footer: str = "",
    styles: str = "",
    numbering: str = "",
    background: str = "",
) -> bytes:
    parts = {"header1.xml": ("header", "hdr", header), "header2.xml": ("header", "hdr", first_header)}
    parts |= {"footer1.xml": ("footer", "ftr", footer), "styles.xml": ("styles", "styles", styles)}
    parts |= {"numbering.xml": ("numbering", "numbering", numbering)}
    used = {name: part for name, part in parts.items() if part[2]}
    section = "".join(
        f'<w:{kind}Reference w:type="{"first" if name == "header2.xml" else "default"}" r:id="{name}"/>'
        for name, (kind, _, _) in used.items()
        if kind in {"header", "footer"}
    ) + ("<w:titlePg/>" if first_header else "")
    body = f"<w:body>{''.join(blocks)}<w:sectPr>{section}</w:sectPr></w:body>"
    document = f"<w:document {_NAMESPACES}>{background}{body}</w:document>"
    relations = "".join(
        f'<Relationship Id="{name}" Type="{_KINDS}/{kind}" Target="{name}"/>' for name, (kind, _, _) in used.items()
    )
    main = f'<Relationship Id="r1" Type="{_KINDS}/officeDocument" Target="word/document.xml"/>'
    files: dict[str, str | bytes] = {
        "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>',
        "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}">{main}</Relationships>',
        "word/document.xml": document,
        "word/_rels/document.xml.rels": f'<Relationships xmlns="{_PACKAGE}">{relations}</Relationships>',
    }
    for name, (_, root, content) in used.items():
        files[f"word/{name}"] = f"<w:{root} {_NAMESPACES}>{content}</w:{root}>"
    return zipped(files)


def zipped(files: dict[str, str | bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content, zipfile.ZIP_STORED if name == "mimetype" else None)
    return buffer.getvalue()
