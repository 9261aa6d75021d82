"""Tables of uploads: documents, resumes, analyses and corrections. Imported by app.storage.tables."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    Double,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TSVECTOR

from app.storage.schema.schema_metadata import created_at, metadata

# One row per distinct file of a tenant. `content` is the extracted Document (app.extraction.document), compressed.
documents = Table(
    "documents",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("tenant_id", Uuid, ForeignKey("tenants.id", ondelete="CASCADE"), nullable=False),
    Column("sha256", Text, nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
    Column("media_type", Text, nullable=False),
    Column("content", LargeBinary),
    Column("extractor_version", Text),
    Column("page_count", Integer),
    Column("language", Text),
    created_at(),
    UniqueConstraint("tenant_id", "sha256"),
    UniqueConstraint("tenant_id", "id"),
    CheckConstraint("size_bytes > 0", name="size"),
    CheckConstraint("sha256 ~ '^[0-9a-f]{64}$'", name="sha256"),
    CheckConstraint("(content is null) = (extractor_version is null)", name="content"),
)

STATUSES = ("queued", "extracting", "analysing", "done", "failed")

_status_check = "status in ('queued','extracting','analysing','done','failed')"

resumes = Table(
    "resumes",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("tenant_id", Uuid, ForeignKey("tenants.id", ondelete="CASCADE"), nullable=False),
    Column("document_id", Uuid, nullable=False),
    Column("filename", Text, nullable=False),
    Column("reference", Text),
    Column("privacy", Text, nullable=False),
    Column("priority", Text, nullable=False),
    Column("duplicate_of", Uuid, ForeignKey("resumes.id", ondelete="SET NULL")),
    # Status of the newest analysis and the fields that the list shows and searches, kept here so that a page of a
    # million rows needs one index scan.
    Column("status", Text, nullable=False),
    Column("degraded", Boolean, nullable=False, server_default=text("false")),
    Column("candidate_name", Text),
    Column("client", Text),
    Column("sort_name", Text(collation="C"), nullable=False, server_default=text("''")),
    Column("experience_months", Integer),
    Column("language", Text),
    Column("search", TSVECTOR, nullable=False, server_default=text("''::tsvector")),
    # Number of changes by people; together with the number of the result it forms the profile's version.
    Column("profile_changes", Integer, nullable=False, server_default=text("0")),
    # The time of the row, not of its transaction, so that the files of one upload keep their order.
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.clock_timestamp()),
    Column("updated_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    ForeignKeyConstraint(["tenant_id", "document_id"], ["documents.tenant_id", "documents.id"]),
    UniqueConstraint("tenant_id", "id"),
    CheckConstraint(_status_check, name="status"),
    CheckConstraint("privacy in ('any','local_only')", name="privacy"),
    CheckConstraint("priority in ('interactive','batch')", name="priority"),
    Index("ix_resumes_page", "tenant_id", "created_at", "id"),
    Index("ix_resumes_page_by_status", "tenant_id", "status", "created_at", "id"),
    Index("ix_resumes_page_by_client", "tenant_id", "client", "created_at", "id"),
    Index("ix_resumes_page_by_language", "tenant_id", "language", "created_at", "id"),
    Index("ix_resumes_page_by_name", "tenant_id", "sort_name", "id"),
    Index("ix_resumes_page_by_experience", "tenant_id", text("coalesce(experience_months, '-1'::integer)"), "id"),
    Index("ix_resumes_page_degraded", "tenant_id", "created_at", "id", postgresql_where=text("degraded")),
    Index("ix_resumes_search", "search", postgresql_using="gin"),
    Index("ix_resumes_document_id", "document_id"),
    Index("ix_resumes_duplicate_of", "duplicate_of"),
)

# One row per run of the pipeline over a resume. The row is the outbox: a message on the queue is only a hint.
analyses = Table(
    "analyses",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("tenant_id", Uuid, nullable=False),
    Column("resume_id", Uuid, nullable=False),
    Column("document_id", Uuid, nullable=False),
    Column("number", Integer, nullable=False),  # 1 for the first analysis of a resume, 2 for its first reanalysis
    Column("privacy", Text, nullable=False),
    Column("priority", Text, nullable=False),
    Column("fresh", Boolean, nullable=False),  # call the model even if an equal result exists
    Column("status", Text, nullable=False, server_default="queued"),
    # Lease: the holder's token, its expiry, and how often this stage was started.
    Column("lease_token", Uuid),
    Column("lease_until", DateTime(timezone=True)),
    Column("claims", SmallInteger, nullable=False, server_default=text("0")),
    Column("due_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("published_at", DateTime(timezone=True)),
    Column("traceparent", Text),  # the span that the next worker continues; null: not traced
    # The batch that will request it; while this is set, workers leave it alone.
    Column("batch_id", Uuid, ForeignKey("batches.id", ondelete="SET NULL")),
    created_at(),
    Column("extraction_started_at", DateTime(timezone=True)),
    Column("extraction_finished_at", DateTime(timezone=True)),
    Column("analysis_started_at", DateTime(timezone=True)),
    Column("finished_at", DateTime(timezone=True)),
    # The result. `result_key` identifies the functions, prompts and clients that produced it, so that it can be reused.
    Column("result_key", Text),
    Column("client", Text),
    Column("model", Text),
    Column("location", Text),
    Column("prompt_version", Text),
    Column("degraded", Boolean, nullable=False, server_default=text("false")),
    Column("profile", JSONB),
    Column("evidence", JSONB),
    Column("integrity", JSONB),
    Column("warnings", JSONB, nullable=False, server_default=text("'[]'::jsonb")),
    Column("dropped_values", Integer),
    # Where the model and the built-in parser disagree; contains resume text. Null: only one of them read the document.
    Column("readings", JSONB),
    Column("problem", JSONB),
    ForeignKeyConstraint(["tenant_id", "resume_id"], ["resumes.tenant_id", "resumes.id"], ondelete="CASCADE"),
    ForeignKeyConstraint(["tenant_id", "document_id"], ["documents.tenant_id", "documents.id"]),
    UniqueConstraint("resume_id", "number"),
    CheckConstraint(_status_check, name="status"),
    CheckConstraint("(status in ('done','failed')) = (finished_at is not null)", name="finished"),
    CheckConstraint("status <> 'done' or (profile is not null and client is not null)", name="done"),
    CheckConstraint("(status = 'failed') = (problem is not null)", name="failed"),
    CheckConstraint("(lease_token is null) = (lease_until is null)", name="lease"),
    # At most one unfinished analysis of a resume at a time.
    Index(
        "uq_analyses_unfinished",
        "resume_id",
        unique=True,
        postgresql_where=text("status in ('queued','extracting','analysing')"),
    ),
    Index("ix_analyses_open", "due_at", postgresql_where=text("status in ('queued','extracting','analysing')")),
    # Fallback results; every few seconds the scheduler looks for those to retry.
    Index("ix_analyses_degraded", "resume_id", "finished_at", postgresql_where=text("degraded")),
    Index("ix_analyses_batch_id", "batch_id", postgresql_where=text("batch_id is not null")),
    Index("ix_analyses_reuse", "document_id", "result_key", postgresql_where=text("status = 'done'")),
)

# Corrections that people made to a profile (app.analysis.corrections), in order; undone ones stay as history.
corrections = Table(
    "corrections",
    metadata,
    Column("tenant_id", Uuid, nullable=False),
    Column("resume_id", Uuid, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("action", Text, nullable=False),
    Column("pointer", Text, nullable=False),  # where it was in the profile at the time of the correction
    Column("path", JSONB, nullable=False),
    Column("old_value", JSONB),
    Column("new_value", JSONB),
    Column("document_value", JSONB),
    # What the decision says about the client whose result it was: doubtful values, how many of them were expected to be
    # wrong, and how many were.
    Column("client", Text),
    Column("judged_values", Integer, nullable=False, server_default=text("0")),
    Column("expected_wrong", Double, nullable=False, server_default=text("0")),
    Column("wrong_values", Integer, nullable=False, server_default=text("0")),
    Column("key_id", Uuid, ForeignKey("api_keys.id", ondelete="SET NULL")),
    created_at(),
    Column("undone_at", DateTime(timezone=True)),
    Column("undone_by", Uuid, ForeignKey("api_keys.id", ondelete="SET NULL")),
    ForeignKeyConstraint(["tenant_id", "resume_id"], ["resumes.tenant_id", "resumes.id"], ondelete="CASCADE"),
    CheckConstraint("action in ('set','add','remove','confirm','leave_out')", name="action"),
)

# A result with the corrections of its resume applied: shown, searched and exported. `analyses` keeps the original
# result, which other uploads of the same document may reuse.
corrected_results = Table(
    "corrected_results",
    metadata,
    Column("analysis_id", Uuid, ForeignKey("analyses.id", ondelete="CASCADE"), primary_key=True),
    Column("profile", JSONB, nullable=False),
    Column("evidence", JSONB, nullable=False),
    Column("changed", JSONB, nullable=False),  # pointers for which the document now yields a different value
    Column("unplaced", ARRAY(Integer), nullable=False),  # corrections whose entry the analysis no longer contains
)

# How much of a resume's result is doubtful (app.analysis.review), for the review queue: one row for each confidence
# threshold below which there are values that nobody has decided on. Written with the result and with each correction.
review_queue = Table(
    "review_queue",
    metadata,
    Column("tenant_id", Uuid, nullable=False),
    Column("resume_id", Uuid, primary_key=True),
    Column("threshold", Double, primary_key=True),
    Column("questions", Integer, nullable=False),
    Column("expected_wrong", Double, nullable=False),
    ForeignKeyConstraint(["tenant_id", "resume_id"], ["resumes.tenant_id", "resumes.id"], ondelete="CASCADE"),
    Index("ix_review_queue_order", "tenant_id", "threshold", "expected_wrong", "resume_id"),
)

# What a model has returned so far for a resume that somebody is watching
# (app/pipeline/resumes/show_partial_profile.py). Unlogged, because it is useless after a crash. Valid only under the
# lease it was written with.
partial_profiles = Table(
    "partial_profiles",
    metadata,
    Column("analysis_id", Uuid, ForeignKey("analyses.id", ondelete="CASCADE"), primary_key=True),
    Column("lease_token", Uuid, nullable=False),
    Column("client", Text, nullable=False),
    Column("profile", JSONB),  # null: nothing from this client yet
    Column("evidence", JSONB),
    prefixes=["UNLOGGED"],
)

# Responses to uploads with an Idempotency-Key: the resume or problem that each file became. No file names, because they
# are personal data and the retried request contains them anyway.
idempotent_uploads = Table(
    "idempotent_uploads",
    metadata,
    Column("tenant_id", Uuid, ForeignKey("tenants.id", ondelete="CASCADE"), primary_key=True),
    Column("key", Text, primary_key=True),
    Column("request_sha256", Text, nullable=False),
    Column("outcomes", JSONB, nullable=False),
    created_at(),
)

# Files to erase from the store at `due_at`: immediately for deleted documents; later for an upload in progress, whose
# transaction removes the row again. A crash therefore leaves no file that no row knows about.
file_erasures = Table(
    "file_erasures",
    metadata,
    Column("document_id", Uuid, primary_key=True),
    Column("tenant_id", Uuid, nullable=False),
    Column("due_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Index("ix_file_erasures_due_at", "due_at"),
)
