"""Uploaded files on a local disk: one folder per tenant, one file per document, written whole or not at all."""

import os
import tempfile
import uuid
from pathlib import Path

from app.errors import DependencyError, NotFound


class LocalFiles:
    """Bytes by (tenant, document). A shared folder (NFS, a volume) serves several machines."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def put(self, tenant_id: uuid.UUID, document_id: uuid.UUID, content: bytes) -> None:
        """Write durably: when this returns, a power cut does not lose the file."""
        path = self._path(tenant_id, document_id)
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".part-", delete=False) as part:
                part.write(content)
                part.flush()
                os.fsync(part.fileno())
            Path(part.name).replace(path)
        except OSError as error:
            raise DependencyError(
                f"The file store cannot write ({error.strerror}). Check space and rights of the files folder."
            ) from error

    def get(self, tenant_id: uuid.UUID, document_id: uuid.UUID) -> bytes:
        try:
            return self._path(tenant_id, document_id).read_bytes()
        except FileNotFoundError:
            raise NotFound("The original file is no longer in the file store.") from None
        except OSError as error:
            raise DependencyError(f"The file store cannot read ({error.strerror}).") from error

    def delete(self, tenant_id: uuid.UUID, document_id: uuid.UUID) -> None:
        """Erase; a file that is not there is no error, so that an erasure can be repeated."""
        try:
            self._path(tenant_id, document_id).unlink(missing_ok=True)
        except OSError as error:
            raise DependencyError(f"The file store cannot erase ({error.strerror}).") from error

    def check(self) -> None:
        """Raise `DependencyError` unless the folder can be written."""
        try:
            self._root.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            raise DependencyError(f"The files folder cannot be made ({error.strerror}).") from error
        if not os.access(self._root, os.W_OK):
            raise DependencyError("The files folder cannot be written. Check its owner and rights.")

    def _path(self, tenant_id: uuid.UUID, document_id: uuid.UUID) -> Path:
        # Two characters of the id part the files, so that no folder grows to millions of entries.
        return self._root / str(tenant_id) / document_id.hex[:2] / document_id.hex
