"""Uploaded files on a local disk: one folder per tenant, one file per document, each written atomically."""

import contextlib
import os
import shutil
import tempfile
import uuid
from pathlib import Path

from app.errors import DependencyError, NotFound


class LocalFiles:
    """Bytes by (tenant, document). A shared folder (NFS, a volume) serves several machines."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def put(self, tenant_id: uuid.UUID, document_id: uuid.UUID, content: bytes) -> None:
        """Write durably: after this returns, a power failure does not lose the file."""
        try:
            _write(self._path(tenant_id, document_id), content)
        except OSError as error:
            raise DependencyError(
                f"The file store cannot be written ({error.strerror}). Check space and permissions of the files folder."
            ) from error

    def get(self, tenant_id: uuid.UUID, document_id: uuid.UUID) -> bytes:
        try:
            return self._path(tenant_id, document_id).read_bytes()
        except FileNotFoundError:
            raise NotFound("The original file is no longer in the file store.") from None
        except OSError as error:
            raise DependencyError(f"The file store cannot be read ({error.strerror}).") from error

    def delete(self, tenant_id: uuid.UUID, document_id: uuid.UUID) -> None:
        """Erase the file; a missing file is not an error, so that an erasure can be repeated."""
        try:
            self._path(tenant_id, document_id).unlink(missing_ok=True)
            self._erase_derived(tenant_id, document_id)  # after the original, which `keep_derived` checks last
        except OSError as error:
            raise DependencyError(f"The file store cannot erase the file ({error.strerror}).") from error

    def find_derived(self, tenant_id: uuid.UUID, document_id: uuid.UUID, name: str) -> bytes | None:
        """Return what `keep_derived` stored under that name."""
        try:
            return (self._derived(tenant_id, document_id) / name).read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise DependencyError(f"The file store cannot be read ({error.strerror}).") from error

    def keep_derived(self, tenant_id: uuid.UUID, document_id: uuid.UUID, name: str, content: bytes) -> None:
        """Store something made from the file (the image of a page) beside it, to be erased with it.

        A full disk is not an error, because the content can be made again. Nothing is left behind when the file is
        erased at the same time.
        """
        with contextlib.suppress(OSError):
            _write(self._derived(tenant_id, document_id) / name, content)
        if not self._path(tenant_id, document_id).exists():
            with contextlib.suppress(OSError):  # the erasure removes the folder as well
                self._erase_derived(tenant_id, document_id)

    def _erase_derived(self, tenant_id: uuid.UUID, document_id: uuid.UUID) -> None:
        folder = self._derived(tenant_id, document_id)
        for last in (False, False, True):  # a page may be stored in between
            try:
                shutil.rmtree(folder)
            except FileNotFoundError:
                if not folder.exists():
                    return
            except OSError:
                if last:
                    raise

    def check(self) -> None:
        """Raise `DependencyError` unless the folder is writable."""
        try:
            self._root.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            raise DependencyError(f"The files folder cannot be created ({error.strerror}).") from error
        if not os.access(self._root, os.W_OK):
            raise DependencyError("The files folder is not writable. Check its owner and permissions.")

    def _derived(self, tenant_id: uuid.UUID, document_id: uuid.UUID) -> Path:
        path = self._path(tenant_id, document_id)
        return path.with_name(f"{path.name}.derived")

    def _path(self, tenant_id: uuid.UUID, document_id: uuid.UUID) -> Path:
        # Files are spread over folders by two characters of the id, so that no folder grows to millions of entries.
        return self._root / str(tenant_id) / document_id.hex[:2] / document_id.hex


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".part-", delete=False) as part:
        part.write(content)
        part.flush()
        os.fsync(part.fileno())
    Path(part.name).replace(path)
