"""Opens a ZIP container of XML parts without trusting it: sizes first, then parts. For DOCX and ODT."""

import io
import zipfile
import zlib
from typing import Any

from lxml import etree  # pyright: ignore[reportAttributeAccessIssue]

from app.errors import CorruptDocument, DocumentTooComplex, EncryptedDocument

# A resume's DOCX has about 20 parts and 1 MB; XML compresses about 1:20. These limits are far above both.
MAX_ENTRIES = 5_000
MAX_PART_BYTES = 50 * 1024 * 1024
MAX_TOTAL_BYTES = 300 * 1024 * 1024
MAX_RATIO = 100
RATIO_MATTERS_FROM_BYTES = 5 * 1024 * 1024


class ZipPackage:
    """The parts of one file, by name. `kind` (DOCX, ODT) appears in error texts."""

    def __init__(self, content: bytes, kind: str) -> None:
        self.kind = kind
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(content))
        except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError):
            raise self.corrupt() from None
        self._check_sizes()
        self._names = {entry.filename.lstrip("/").replace("\\", "/"): entry for entry in self._zip.infolist()}

    def __contains__(self, name: str) -> bool:
        return name in self._names

    def xml(self, name: str) -> Any | None:
        """Return the root element of a part, or None if there is no such part."""
        entry = self._names.get(name)
        if entry is None:
            return None
        try:
            with self._zip.open(entry) as stream:
                raw = stream.read(MAX_PART_BYTES + 1)
        except RuntimeError:  # a ZIP password
            raise self.encrypted() from None
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError):
            raise self.corrupt() from None
        if len(raw) > MAX_PART_BYTES:
            raise self._bomb()
        return self._parsed(raw)

    def _parsed(self, raw: bytes) -> Any:
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
                    f"The {self.kind} nests its content deeper than any word processor does. Save it as PDF and upload "
                    "that."
                ) from None
            raise self.corrupt() from None

    def corrupt(self) -> CorruptDocument:
        return CorruptDocument(
            f"The {self.kind} is truncated or damaged. Open it in a word processor, save it again and upload that."
        )

    def encrypted(self) -> EncryptedDocument:
        return EncryptedDocument(
            f"The {self.kind} is protected by a password. Save a copy without one and upload that."
        )

    def _check_sizes(self) -> None:
        entries = self._zip.infolist()
        if len(entries) > MAX_ENTRIES or sum(entry.file_size for entry in entries) > MAX_TOTAL_BYTES:
            raise self._bomb()
        for entry in entries:
            if entry.file_size > RATIO_MATTERS_FROM_BYTES and entry.file_size > MAX_RATIO * max(1, entry.compress_size):
                raise self._bomb()

    def _bomb(self) -> DocumentTooComplex:
        return DocumentTooComplex(
            f"The {self.kind} unpacks to far more data than a resume has. Save it as PDF and upload that."
        )
