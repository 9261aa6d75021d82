"""Use cases: show the pages of a document as images, and say where their words are. Called by the API.

Browsers never get the file itself to draw. A page is drawn on request, by the process that reads documents, and stored
beside the file. Blind pages are drawn each time, because nothing blind is stored (`blind_view`).
"""

import hashlib
import json
import threading
import uuid
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property

from app.analysis.identity.blind import blind_pages
from app.analysis.identity.search import Identity
from app.errors import Conflict, DocumentError, NotFound, TooBusy
from app.extraction.document import Document, Page
from app.extraction.extract import EXTRACTOR_VERSION
from app.extraction.limits import ExtractionLimits
from app.extraction.media_types import IMAGES, PDF
from app.extraction.pages.office_pdf import OFFICE_FILES, can_convert
from app.extraction.pages.page_layout import LaidPage, lay_out, lay_out_converted
from app.extraction.sandbox.sandbox import (
    convert_in_sandbox,
    draw_page_in_sandbox,
    extract_in_sandbox,
    measure_in_sandbox,
)
from app.files.local import LocalFiles
from app.pipeline.resumes.blind_view import identity_of
from app.storage import documents, resumes
from app.storage.documents import DocumentRow
from app.storage.engine import Database

# Raise it when the same page gives another image: stored ones of an older version are drawn again.
DRAWING_VERSION = "1"

_CONVERTED = f"converted-v{DRAWING_VERSION}.pdf"
_READ = f"converted-v{DRAWING_VERSION}-{EXTRACTOR_VERSION}.document"

_PAGE_SECONDS = 15.0  # 0.2 s is usual; shorter than for reading, because a person waits for it
_CONVERSION_SECONDS = 60.0  # of LibreOffice; 2 to 4 s are usual
_PAGE_MEMORY_MIB = 512  # a page of A4 takes 60
_DRAWN_AT_ONCE = 2
_MOST_WAITING = 12  # so that requests for pages never take all threads of the API
_LONGEST_WAIT_SECONDS = 20.0


class Lanes:
    """Limits how many pages this process draws at once. Other requests wait briefly, then get TooBusy."""

    def __init__(self, *, at_once: int = _DRAWN_AT_ONCE, most_waiting: int = _MOST_WAITING) -> None:
        self._lanes = threading.BoundedSemaphore(at_once)
        self._places = threading.BoundedSemaphore(at_once + most_waiting)
        self._office = threading.Lock()  # LibreOffice takes much memory: one at a time

    @contextmanager
    def lane(self) -> Generator[None]:
        if not self._places.acquire(blocking=False):
            raise TooBusy("Many other pages are being drawn. Try again in a few seconds.")
        try:
            if not self._lanes.acquire(timeout=_LONGEST_WAIT_SECONDS):
                raise TooBusy("Other pages are being drawn. Try again in a few seconds.")
            try:
                yield
            finally:
                self._lanes.release()
        finally:
            self._places.release()

    @contextmanager
    def office_lane(self) -> Generator[None]:
        with self.lane():
            if not self._office.acquire(timeout=_LONGEST_WAIT_SECONDS):
                raise TooBusy("Another document is being converted. Try again in a few seconds.")
            try:
                yield
            finally:
                self._office.release()


@dataclass(frozen=True, slots=True)
class PageParts:
    database: Database
    files: LocalFiles
    limits: ExtractionLimits
    lanes: Lanes


@dataclass(frozen=True, slots=True)
class View:
    """With `blind`, words that reveal who the person is are painted over."""

    blind: bool = False
    hide_schools: bool = False


@dataclass(frozen=True, slots=True)
class PageImage:
    """`content` is None if the caller already has the image with this `etag`. `lasting` images never change."""

    content: bytes | None
    etag: str
    lasting: bool


def has_pages(media_type: str) -> bool:
    """Whether files of this type are shown as page images on this machine."""
    return media_type == PDF or media_type in IMAGES or (media_type in OFFICE_FILES and can_convert())


def list_pages(parts: PageParts, tenant_id: uuid.UUID, resume_id: uuid.UUID, view: View) -> list[LaidPage]:
    """The pages with their words, none for files without pages. Raises NotFound, Conflict, DocumentError or TooBusy."""
    return _Opened(parts, tenant_id, resume_id, view).pages()


def get_page_image(
    parts: PageParts,
    tenant_id: uuid.UUID,
    resume_id: uuid.UUID,
    number: int,
    view: View,
    *,
    known_etag: str | None = None,
) -> PageImage:
    """One page as WebP. Raises NotFound, Conflict, DocumentError or TooBusy."""
    opened = _Opened(parts, tenant_id, resume_id, view)
    return opened.blind_image(number, known_etag) if view.blind else opened.image(number, known_etag)


class _Opened:
    """The document of one resume, for one request."""

    def __init__(self, parts: PageParts, tenant_id: uuid.UUID, resume_id: uuid.UUID, view: View) -> None:
        self._parts = parts
        self._view = view
        with parts.database.reading() as tx:
            self._detail = resumes.get_detail(tx, tenant_id, resume_id)
            self._row: DocumentRow = documents.get_document(tx, self._detail.document_id)
        if view.blind and (self._row.content is None or (self._detail.result or self._detail.analysis).profile is None):
            raise Conflict(why_not_blind(self._detail.analysis.status))

    @cached_property
    def _document(self) -> Document | None:
        return None if self._row.content is None else Document.from_bytes(self._row.content)

    def image(self, number: int, known_etag: str | None) -> PageImage:
        name = f"page-{number}-v{DRAWING_VERSION}.webp"
        etag = f'"{DRAWING_VERSION}-{self._row.sha256[:24]}-{number}"'
        if known_etag == etag:
            return PageImage(None, etag, lasting=True)
        drawn = self._found(name)
        if drawn is None:
            self._check_number(number)
            content, media_type = self._shown_file()
            with self._parts.lanes.lane():
                drawn = self._found(name)  # another request may just have drawn it
                if drawn is None:
                    drawn = draw_page_in_sandbox(content, media_type, number, self._drawing_limits())
                    self._keep(name, drawn)
        return PageImage(drawn, etag, lasting=True)

    def blind_image(self, number: int, known_etag: str | None) -> PageImage:
        self._check_number(number)
        page = next((page for page in self.pages() if page.number == number), None)
        if page is None:
            raise NotFound("The document has fewer pages.")
        words = page.redaction()
        # Without a name to look for, the drawing could show it anywhere: only words that were read are shown.
        nothing_else = not self._identity().names
        made_of = json.dumps([DRAWING_VERSION, self._row.sha256, number, words.kept, words.hidden, nothing_else])
        etag = f'"blind-{hashlib.sha256(made_of.encode()).hexdigest()[:32]}"'
        if known_etag == etag:
            return PageImage(None, etag, lasting=False)
        content, media_type = self._shown_file()
        with self._parts.lanes.lane():
            drawn = draw_page_in_sandbox(
                content, media_type, number, self._drawing_limits(), words, nothing_else=nothing_else
            )
        return PageImage(drawn, etag, lasting=False)

    def pages(self) -> list[LaidPage]:
        if not has_pages(self._row.media_type):
            return []
        if self._row.media_type in OFFICE_FILES:
            laid = lay_out_converted(self._document, self._converted()[1])
        elif self._document is not None:
            laid = lay_out(self._document)
        else:
            laid = self._measured()
        if not self._view.blind or self._document is None:
            return laid
        return blind_pages(laid, self._document, self._identity())

    def _identity(self) -> Identity:
        told = self._detail.result or self._detail.analysis
        return identity_of(told, self._document, hide_schools=self._view.hide_schools)

    def _measured(self) -> list[LaidPage]:
        """For a document in which no text was found, whose pages are shown anyway."""
        content = self._parts.files.get(self._row.tenant_id, self._row.id)
        with self._parts.lanes.lane():
            sizes = measure_in_sandbox(content, self._row.media_type, self._drawing_limits())
        return [LaidPage(number, width, height, ()) for number, (width, height) in enumerate(sizes, 1)]

    def _check_number(self, number: int) -> None:
        if not has_pages(self._row.media_type):
            raise NotFound("Files of this type have no pages here. `GET /v1/resumes/{id}/document` has the file.")
        if number < 1 or number > self._parts.limits.pages:
            raise NotFound("The document has no such page; pages are counted from 1.")

    def _shown_file(self) -> tuple[bytes, str]:
        if self._row.media_type in OFFICE_FILES:
            return self._converted()[0], PDF
        return self._parts.files.get(self._row.tenant_id, self._row.id), self._row.media_type

    def _converted(self) -> tuple[bytes, Document]:
        """A word processor's file as a PDF, and what is read in that; made once and kept beside the file."""
        ready = self._find_converted()
        if ready is not None:
            return ready
        content = self._parts.files.get(self._row.tenant_id, self._row.id)
        with self._parts.lanes.office_lane():
            ready = self._find_converted()
            if ready is not None:
                return ready
            limits = self._parts.limits
            programs = min(limits.program_seconds, _CONVERSION_SECONDS)
            pdf = convert_in_sandbox(content, self._row.media_type, replace(limits, program_seconds=programs))
            document = self._read(pdf)
            self._keep(_CONVERTED, pdf)
            self._keep(_READ, document.to_bytes())
        return pdf, document

    def _read(self, pdf: bytes) -> Document:
        """Without OCR, which takes too long here. A document without text still has pages."""
        try:
            return extract_in_sandbox(pdf, PDF, replace(self._parts.limits, program_seconds=0))
        except DocumentError:
            sizes = measure_in_sandbox(pdf, PDF, self._drawing_limits())
            return Document(PDF, tuple(Page(number, *size) for number, size in enumerate(sizes, 1)), ())

    def _find_converted(self) -> tuple[bytes, Document] | None:
        pdf, read = self._found(_CONVERTED), self._found(_READ)
        return None if pdf is None or read is None else (pdf, Document.from_bytes(read))

    def _found(self, name: str) -> bytes | None:
        return self._parts.files.find_derived(self._row.tenant_id, self._row.id, name)

    def _keep(self, name: str, content: bytes) -> None:
        self._parts.files.keep_derived(self._row.tenant_id, self._row.id, name, content)

    def _drawing_limits(self) -> ExtractionLimits:
        limits = self._parts.limits
        return replace(
            limits,
            seconds=min(limits.seconds, _PAGE_SECONDS),
            memory_mib=min(limits.memory_mib, _PAGE_MEMORY_MIB),
            program_seconds=0,
        )


def why_not_blind(status: str) -> str:
    """For a resume whose profile is missing: it is unknown what to hide."""
    if status == "failed":
        return "No profile was read, so it is unknown what to hide. The resume's `problem` gives the reason."
    return (
        "The profile has not been read yet, so it is unknown what to hide. Wait until the resume is `done`; "
        "its events report when."
    )
