"""Use case: create the first tenant and its admin key, and store the key where the command line reads it."""

import os
from pathlib import Path

from app.storage import tenants
from app.storage.engine import Database

FIRST_TENANT = "default"


def ensure_first_key(database: Database, path: Path) -> bool:
    """Write an admin key to `path` (only the key, mode 0600) unless it holds a valid one. True when a key was
    created.
    """
    held = path.read_text("utf-8").strip() if path.is_file() else ""
    if held:
        with database.reading() as tx:
            if tenants.find_key_holder(tx, held) is not None:
                return False
    with database.transaction() as tx:
        tenant_id = tenants.ensure_tenant(tx, FIRST_TENANT)
        _, secret = tenants.create_key(tx, tenant_id, "first admin key", ["admin"])
        # Written before the commit: a file with an unknown key is replaced at the next start, but a key in the database
        # that no one holds could never be recovered.
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(path.name + ".part")
        part.unlink(missing_ok=True)
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secret + "\n")
        part.replace(path)
    return True
