"""Opens the ZIP container of a DOCX without trusting it: sizes first, then single parts as XML; for `docx`."""

import io
import posixpath
import zipfile
import zlib
from typing import Any

from lxml import etree  # pyright: ignore[reportAttributeAccessIssue]

from app.errors import CorruptDocument, DocumentTooComplex, EncryptedDocument

# A resume's DOCX has about 20 parts and 1 MB; XML packs about 1:20. These bounds are far above both.
MAX_ENTRIES = 5_000
MAX_PART_BYTES = 50 * 1024 * 1024
MAX_TOTAL_BYTES = 300 * 1024 * 1024
MAX_RATIO = 100
RATIO_MATTERS_FROM_BYTES = 5 * 1024 * 1024

_OLE_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED_STREAM = "EncryptedPackage".encode("utf-16-le")
_RELATIONSHIPS = "{http://schemas.openxmlformats.org/package/2006/relationships}Relationship"
_CORRUPT = "The DOCX is cut off or damaged. Open it in a word processor, save it again and send that."


class DocxPackage:
    """The parts of one DOCX file, by name."""

    def __init__(self, content: bytes) -> None:
        if content.startswith(_OLE_MAGIC):
            if _ENCRYPTED_STREAM in content:
                raise EncryptedDocument("The DOCX asks for a password. Save a copy without one and send that.")
            raise CorruptDocument("The file is an old Word document, not a DOCX. Save it as DOCX or PDF.")
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(content))
        except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError):
            raise CorruptDocument(_CORRUPT) from None
        self._check_sizes()
        self._names = {entry.filename.lstrip("/").replace("\\", "/"): entry for entry in self._zip.infolist()}

    def main_part(self) -> str:
        """The name of the document part; nearly always `word/document.xml`."""
        for target, kind in self.relationships(""):
            if kind.endswith("/officeDocument") and target in self._names:
                return target
        if "word/document.xml" in self._names:
            return "word/document.xml"
        raise CorruptDocument(_CORRUPT)

    def relationships(self, part: str) -> list[tuple[str, str]]:
        return [(target, kind) for _, target, kind in self.relationship_rows(part)]

    def relationship_rows(self, part: str) -> list[tuple[str, str, str]]:
        """Id, target part and kind of each internal relationship of a part."""
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

    def xml(self, name: str) -> Any | None:
        """The root element of a part, None when there is no such part."""
        entry = self._names.get(name)
        if entry is None:
            return None
        try:
            with self._zip.open(entry) as stream:
                raw = stream.read(MAX_PART_BYTES + 1)
        except RuntimeError:  # a ZIP password
            raise EncryptedDocument("The DOCX asks for a password. Save a copy without one and send that.") from None
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError):
            raise CorruptDocument(_CORRUPT) from None
        if len(raw) > MAX_PART_BYTES:
            raise _bomb()
        # No entities, no DTD, no network: a part is plain elements and text.
        parser = etree.XMLParser(
            resolve_entities=False,
            no_network=True,
            load_dtd=False,
            huge_tree=False,
            remove_comments=True,
            remove_pis=True,
        )
        try:
            return etree.fromstring(raw, parser)
        except etree.XMLSyntaxError as error:
            if "depth" in str(error) or "Resource limit" in str(error) or "huge" in str(error).lower():
                raise DocumentTooComplex(
                    "The DOCX nests its content deeper than any word processor does. Save it as PDF and send that."
                ) from None
            raise CorruptDocument(_CORRUPT) from None

    def _check_sizes(self) -> None:
        entries = self._zip.infolist()
        if len(entries) > MAX_ENTRIES or sum(entry.file_size for entry in entries) > MAX_TOTAL_BYTES:
            raise _bomb()
        for entry in entries:
            if entry.file_size > RATIO_MATTERS_FROM_BYTES and entry.file_size > MAX_RATIO * max(1, entry.compress_size):
                raise _bomb()


def _bomb() -> DocumentTooComplex:
    return DocumentTooComplex("The DOCX unpacks to far more than a resume holds. Save it as PDF and send that.")
