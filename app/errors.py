"""Every error that Vitae raises on purpose: a code, whether a retry can help, and a text for the person who sees it.

    VitaeError
    ├── InputError          the caller sent something that cannot work; the same input fails again
    │   ├── NotFound, Forbidden, Unauthenticated, Conflict, PreconditionFailed
    │   └── DocumentError   this file cannot be analysed (codes in docs/problems/)
    ├── ConfigurationError  a setting is wrong; raised before anything starts
    ├── RoutingError        no client returned an answer; `attempts` were recorded
    ├── DependencyError     Postgres, Redis or the file store is unavailable; retryable
    └── TooBusy             the process is at its limit for this work; retryable

Only `app/api/problems.py` knows how a code becomes an HTTP status. Each code has a page in `docs/problems/`. A message
never contains resume text.
"""

from typing import ClassVar


class VitaeError(Exception):
    """The base class; `code` is stable and documented, `title` is short, `detail` says what to do next."""

    code: str = "internal_error"
    title: str = "Internal error"
    retryable: ClassVar[bool] = False

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


class InputError(VitaeError):
    code = "invalid_request"
    title = "Invalid request"


class Unauthenticated(InputError):
    code = "unauthenticated"
    title = "A valid API key is required"


class Forbidden(InputError):
    code = "forbidden"
    title = "This key does not have the required scope"


class NotFound(InputError):
    code = "not_found"
    title = "Not found"


class Conflict(InputError):
    code = "conflict"
    title = "The request conflicts with the current state"


class PreconditionFailed(InputError):
    code = "precondition_failed"
    title = "The resource has changed since you read it"


class IdempotencyConflict(Conflict):
    code = "idempotency_conflict"
    title = "This Idempotency-Key was used for a different request"


class TooManyFiles(InputError):
    code = "too_many_files"
    title = "Too many files in one upload"


class PayloadTooLarge(InputError):
    code = "payload_too_large"
    title = "The upload is too large"


class DocumentError(InputError):
    """The file cannot be analysed; sending the same bytes again cannot help."""

    code = "document_unreadable"
    title = "The document cannot be read"


class EmptyFile(DocumentError):
    code = "empty_file"
    title = "The file is empty"


class FileTooLarge(DocumentError):
    code = "file_too_large"
    title = "The file is too large"


class UnsupportedFileType(DocumentError):
    code = "unsupported_file_type"
    title = "This type of file is not supported"


class EncryptedDocument(DocumentError):
    code = "document_encrypted"
    title = "The document is password-protected"


class CorruptDocument(DocumentError):
    code = "document_corrupt"
    title = "The document is damaged"


class TooManyPages(DocumentError):
    code = "too_many_pages"
    title = "The document has too many pages"


class DocumentTooComplex(DocumentError):
    """Parsing ran out of time or memory, or the file unpacks to far more than it declares: the sandbox ended it."""

    code = "document_too_complex"
    title = "The document takes too much time or memory to read"


class NoText(DocumentError):
    code = "no_text"
    title = "The document has no readable text"


class ConverterMissing(DocumentError):
    """Reading the file needs a program that this machine lacks; installing it helps, other bytes do not."""

    code = "converter_missing"
    title = "The program that reads this file type is not installed"


class NotAResume(DocumentError):
    code = "not_a_resume"
    title = "The document is not a resume"


class TextTooLong(DocumentError):
    """The prompt does not fit into the context of any configured client."""

    code = "text_too_long"
    title = "The resume is too long for the configured models"


class AnalysisExhausted(VitaeError):
    """Workers gave up after the allowed number of claims (each one died or ran out of time)."""

    code = "analysis_exhausted"
    title = "The analysis failed repeatedly"


class ConfigurationError(VitaeError):
    code = "configuration_error"
    title = "A setting is wrong"


class RoutingError(VitaeError):
    code = "no_client_available"
    title = "No model client returned an answer"
    retryable = True


class DependencyError(VitaeError):
    code = "dependency_unavailable"
    title = "A part of the service is unavailable"
    retryable = True


class TooBusy(VitaeError):
    """The process is already doing as much of this work as it may. Nothing is broken."""

    code = "too_busy"
    title = "Too many pages are being drawn"
    retryable = True
