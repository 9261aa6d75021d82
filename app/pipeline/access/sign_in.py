"""Use cases: create a one-time link, start a browser session with it, end the session. Called by API and dashboard.

A session acts for the key that created the link: same tenant, same scopes, ended at once when the key is revoked.
"""

import hashlib
import hmac
import uuid
from datetime import datetime

from app.storage import sessions
from app.storage.engine import Database

SESSION_COOKIE = "vitae_session"
CSRF_HEADER = "X-CSRF-Token"
LINK_SECONDS = 15 * 60.0  # long enough to go from a terminal to a browser
SESSION_SECONDS = 7 * 24 * 3600.0  # a working week; a new link takes one command


def make_link(database: Database, key_id: uuid.UUID) -> tuple[str, datetime]:
    """A path of the service (`/sign-in/...`) that works once, and when it expires."""
    with database.transaction() as tx:
        sessions.delete_expired(tx)
        token, expires_at = sessions.create_link(tx, key_id, LINK_SECONDS)
    return f"/sign-in/{token}", expires_at


def open_session(database: Database, token: str) -> str | None:
    """The secret of the new session, or None when the link was already used, has expired, or never existed."""
    with database.transaction() as tx:
        key_id = sessions.take_link(tx, token)
        return None if key_id is None else sessions.create_session(tx, key_id, SESSION_SECONDS)


def end_session(database: Database, secret: str) -> None:
    with database.transaction() as tx:
        sessions.delete_session(tx, secret)


def csrf_token(session_secret: str) -> str:
    """The token that pages of this session send with every change; other sites cannot know it."""
    return hmac.new(session_secret.encode(), b"vitae csrf", hashlib.sha256).hexdigest()


def csrf_token_fits(session_secret: str, given: str | None) -> bool:
    return given is not None and hmac.compare_digest(csrf_token(session_secret).encode(), given.encode())
