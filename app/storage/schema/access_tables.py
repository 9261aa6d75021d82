"""Tables of tenants, their API keys and dashboard sessions. Imported by app.storage.tables."""

from sqlalchemy import (
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Index,
    LargeBinary,
    Table,
    Text,
    Uuid,
)
from sqlalchemy.dialects.postgresql import ARRAY

from app.storage.schema.schema_metadata import created_at, metadata

tenants = Table(
    "tenants",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    created_at(),
)

api_keys = Table(
    "api_keys",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("tenant_id", Uuid, ForeignKey("tenants.id", ondelete="CASCADE"), nullable=False),
    Column("name", Text, nullable=False),
    # The first characters of the key, to identify it in a list; the key itself is stored only as a SHA-256 hash.
    Column("prefix", Text, nullable=False),
    Column("key_hash", LargeBinary(32), nullable=False, unique=True),
    Column("scopes", ARRAY(Text), nullable=False),
    created_at(),
    Column("revoked_at", DateTime(timezone=True)),
    CheckConstraint("scopes <@ ARRAY['read','write','admin']::text[] and cardinality(scopes) > 0", name="scopes"),
)

# Dashboard sign-in. A link can be used once and opens a session. Both act for the key that created the link, with its
# tenant and scopes, and end with it. Secrets are stored only as SHA-256 hashes.
sign_in_links = Table(
    "sign_in_links",
    metadata,
    Column("token_hash", LargeBinary(32), primary_key=True),
    Column("key_id", Uuid, ForeignKey("api_keys.id", ondelete="CASCADE"), nullable=False),
    created_at(),
    Column("expires_at", DateTime(timezone=True), nullable=False),
    Index("ix_sign_in_links_key_id", "key_id"),
    Index("ix_sign_in_links_expires_at", "expires_at"),
)

sessions = Table(
    "sessions",
    metadata,
    Column("secret_hash", LargeBinary(32), primary_key=True),
    Column("key_id", Uuid, ForeignKey("api_keys.id", ondelete="CASCADE"), nullable=False),
    created_at(),
    Column("expires_at", DateTime(timezone=True), nullable=False),
    Index("ix_sessions_key_id", "key_id"),
    Index("ix_sessions_expires_at", "expires_at"),
)
