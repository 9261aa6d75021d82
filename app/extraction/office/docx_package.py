"""The parts of a DOCX and the relationships between them; for `docx_reader`."""

import posixpath

from app.errors import CorruptDocument, EncryptedDocument
from app.extraction.office.zip_package import ZipPackage

_OLE_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED_STREAM = "EncryptedPackage".encode("utf-16-le")
_RELATIONSHIPS = "{http://schemas.openxmlformats.org/package/2006/relationships}Relationship"


class DocxPackage(ZipPackage):
    """The parts of one DOCX file, by name."""

    def __init__(self, content: bytes) -> None:
        if content.startswith(_OLE_MAGIC):
            if _ENCRYPTED_STREAM in content:
                raise EncryptedDocument("The DOCX is protected by a password. Save a copy without one and upload that.")
            raise CorruptDocument("The file is an old Word document, not a DOCX. Save it as DOCX or PDF.")
        super().__init__(content, "DOCX")

    def main_part(self) -> str:
        """Return the name of the document part; nearly always `word/document.xml`."""
        for target, kind in self.relationships(""):
            if kind.endswith("/officeDocument") and target in self:
                return target
        if "word/document.xml" in self:
            return "word/document.xml"
        raise self.corrupt()

    def relationships(self, part: str) -> list[tuple[str, str]]:
        return [(target, kind) for _, target, kind in self.relationship_rows(part)]

    def relationship_rows(self, part: str) -> list[tuple[str, str, str]]:
        """Return the id, target part and kind of each internal relationship of a part."""
        folder, name = posixpath.split(part)
        root = self.xml(posixpath.join(folder, "_rels", f"{name}.rels"))
        if root is None:
            return []
        rows: list[tuple[str, str, str]] = []
        for row in root.iter(_RELATIONSHIPS):
            if row.get("TargetMode") == "External":
                continue
            target = row.get("Target", "")
            path = target.lstrip("/") if target.startswith("/") else posixpath.normpath(posixpath.join(folder, target))
            rows.append((row.get("Id", ""), path, row.get("Type", "")))
        return rows
