"""The first schema."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "file_erasures",
        sa.Column("document_id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("document_id", name=op.f("pk_file_erasures")),
    )
    op.create_index("ix_file_erasures_due_at", "file_erasures", ["due_at"], unique=False)
    op.create_table(
        "tenants",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tenants")),
        sa.UniqueConstraint("name", name=op.f("uq_tenants_name")),
    )
    op.create_table(
        "api_keys",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("prefix", sa.Text(), nullable=False),
        sa.Column("key_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("scopes", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "scopes <@ ARRAY['read','write','admin']::text[] and cardinality(scopes) > 0",
            name=op.f("ck_api_keys_scopes"),
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], name=op.f("fk_api_keys_tenant_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_keys")),
        sa.UniqueConstraint("key_hash", name=op.f("uq_api_keys_key_hash")),
    )
    op.create_table(
        "documents",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.Column("extractor_version", sa.Text(), nullable=True),
        sa.Column("page_count", sa.Integer(), nullable=True),
        sa.Column("language", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("sha256 ~ '^[0-9a-f]{64}$'", name=op.f("ck_documents_sha256")),
        sa.CheckConstraint("(content is null) = (extractor_version is null)", name=op.f("ck_documents_content")),
        sa.CheckConstraint("size_bytes > 0", name=op.f("ck_documents_size")),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], name=op.f("fk_documents_tenant_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_documents")),
        sa.UniqueConstraint("tenant_id", "id", name=op.f("uq_documents_tenant_id_id")),
        sa.UniqueConstraint("tenant_id", "sha256", name=op.f("uq_documents_tenant_id_sha256")),
    )
    op.create_table(
        "idempotent_uploads",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("request_sha256", sa.Text(), nullable=False),
        sa.Column("outcomes", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name=op.f("fk_idempotent_uploads_tenant_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("tenant_id", "key", name=op.f("pk_idempotent_uploads")),
    )
    op.create_table(
        "resumes",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("document_id", sa.Uuid(), nullable=False),
        sa.Column("filename", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=True),
        sa.Column("privacy", sa.Text(), nullable=False),
        sa.Column("priority", sa.Text(), nullable=False),
        sa.Column("duplicate_of", sa.Uuid(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("degraded", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("candidate_name", sa.Text(), nullable=True),
        sa.Column("client", sa.Text(), nullable=True),
        sa.Column("search", postgresql.TSVECTOR(), server_default=sa.text("''::tsvector"), nullable=False),
        sa.Column(
            "created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("priority in ('interactive','batch')", name=op.f("ck_resumes_priority")),
        sa.CheckConstraint("privacy in ('any','local_only')", name=op.f("ck_resumes_privacy")),
        sa.CheckConstraint(
            "status in ('queued','extracting','analysing','done','failed')", name=op.f("ck_resumes_status")
        ),
        sa.ForeignKeyConstraint(
            ["duplicate_of"], ["resumes.id"], name=op.f("fk_resumes_duplicate_of"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "document_id"],
            ["documents.tenant_id", "documents.id"],
            name=op.f("fk_resumes_tenant_id_document_id"),
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], name=op.f("fk_resumes_tenant_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_resumes")),
        sa.UniqueConstraint("tenant_id", "id", name=op.f("uq_resumes_tenant_id_id")),
    )
    op.create_index("ix_resumes_document_id", "resumes", ["document_id"], unique=False)
    op.create_index("ix_resumes_duplicate_of", "resumes", ["duplicate_of"], unique=False)
    op.create_index("ix_resumes_page", "resumes", ["tenant_id", "created_at", "id"], unique=False)
    op.create_index("ix_resumes_page_by_status", "resumes", ["tenant_id", "status", "created_at", "id"], unique=False)
    op.create_index("ix_resumes_search", "resumes", ["search"], unique=False, postgresql_using="gin")
    op.create_table(
        "analyses",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("resume_id", sa.Uuid(), nullable=False),
        sa.Column("document_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("privacy", sa.Text(), nullable=False),
        sa.Column("priority", sa.Text(), nullable=False),
        sa.Column("fresh", sa.Boolean(), nullable=False),
        sa.Column("status", sa.Text(), server_default="queued", nullable=False),
        sa.Column("lease_token", sa.Uuid(), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("claims", sa.SmallInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("extraction_started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("extraction_finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("analysis_started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("result_key", sa.Text(), nullable=True),
        sa.Column("client", sa.Text(), nullable=True),
        sa.Column("model", sa.Text(), nullable=True),
        sa.Column("location", sa.Text(), nullable=True),
        sa.Column("prompt_version", sa.Text(), nullable=True),
        sa.Column("degraded", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("profile", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("evidence", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("integrity", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column(
            "warnings", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'[]'::jsonb"), nullable=False
        ),
        sa.Column("dropped_values", sa.Integer(), nullable=True),
        sa.Column("problem", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.CheckConstraint("(status = 'failed') = (problem is not null)", name=op.f("ck_analyses_failed")),
        sa.CheckConstraint(
            "(status in ('done','failed')) = (finished_at is not null)", name=op.f("ck_analyses_finished")
        ),
        sa.CheckConstraint(
            "status <> 'done' or (profile is not null and client is not null)", name=op.f("ck_analyses_done")
        ),
        sa.CheckConstraint(
            "status in ('queued','extracting','analysing','done','failed')", name=op.f("ck_analyses_status")
        ),
        sa.CheckConstraint("(lease_token is null) = (lease_until is null)", name=op.f("ck_analyses_lease")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "document_id"],
            ["documents.tenant_id", "documents.id"],
            name=op.f("fk_analyses_tenant_id_document_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "resume_id"],
            ["resumes.tenant_id", "resumes.id"],
            name=op.f("fk_analyses_tenant_id_resume_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_analyses")),
        sa.UniqueConstraint("resume_id", "number", name=op.f("uq_analyses_resume_id_number")),
    )
    op.create_index(
        "ix_analyses_open",
        "analyses",
        ["due_at"],
        unique=False,
        postgresql_where=sa.text("status in ('queued','extracting','analysing')"),
    )
    op.create_index(
        "ix_analyses_reuse",
        "analyses",
        ["document_id", "result_key"],
        unique=False,
        postgresql_where=sa.text("status = 'done'"),
    )
    op.create_index(
        "uq_analyses_unfinished",
        "analyses",
        ["resume_id"],
        unique=True,
        postgresql_where=sa.text("status in ('queued','extracting','analysing')"),
    )
    op.create_table(
        "events",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("resume_id", sa.Uuid(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("body", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["resume_id"], ["resumes.id"], name=op.f("fk_events_resume_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], name=op.f("fk_events_tenant_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_events")),
    )
    op.create_index("ix_events_resume_id", "events", ["resume_id"], unique=False)
    op.create_index("ix_events_tenant_id_id", "events", ["tenant_id", "id"], unique=False)
    op.create_table(
        "model_attempts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("resume_id", sa.Uuid(), nullable=True),
        sa.Column("analysis_id", sa.Uuid(), nullable=True),
        sa.Column("number", sa.SmallInteger(), nullable=False),
        sa.Column("function", sa.Text(), nullable=False),
        sa.Column("client", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=True),
        sa.Column("location", sa.Text(), nullable=False),
        sa.Column("billing", sa.Text(), nullable=False),
        sa.Column("prompt_version", sa.Text(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("http_status", sa.SmallInteger(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("latency_ms", sa.Integer(), nullable=False),
        sa.Column("input_tokens", sa.Integer(), nullable=True),
        sa.Column("cached_tokens", sa.Integer(), nullable=True),
        sa.Column("output_tokens", sa.Integer(), nullable=True),
        sa.Column("tokens_estimated", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("input_usd_per_million", sa.Numeric(precision=20, scale=10), nullable=True),
        sa.Column("cached_input_usd_per_million", sa.Numeric(precision=20, scale=10), nullable=True),
        sa.Column("output_usd_per_million", sa.Numeric(precision=20, scale=10), nullable=True),
        sa.Column("price_source", sa.Text(), nullable=True),
        sa.Column("cost_usd", sa.Numeric(precision=24, scale=14), nullable=True),
        sa.Column("cost_basis", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("billing in ('per_token','self_hosted')", name=op.f("ck_model_attempts_billing")),
        sa.CheckConstraint("location in ('local','hosted')", name=op.f("ck_model_attempts_location")),
        sa.CheckConstraint(
            "coalesce(input_tokens,0) >= 0 and coalesce(output_tokens,0) >= 0 and coalesce(cached_tokens,0) >= 0 and coalesce(cached_tokens,0) <= coalesce(input_tokens,0)",
            name=op.f("ck_model_attempts_tokens"),
        ),
        sa.CheckConstraint("cost_usd >= 0", name=op.f("ck_model_attempts_cost")),
        sa.CheckConstraint("latency_ms >= 0", name=op.f("ck_model_attempts_latency")),
        sa.ForeignKeyConstraint(
            ["analysis_id"], ["analyses.id"], name=op.f("fk_model_attempts_analysis_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["resume_id"], ["resumes.id"], name=op.f("fk_model_attempts_resume_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], name=op.f("fk_model_attempts_tenant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_model_attempts")),
    )
    op.create_index("ix_model_attempts_analysis_id", "model_attempts", ["analysis_id"], unique=False)
    op.create_index("ix_model_attempts_ledger", "model_attempts", ["tenant_id", "started_at", "id"], unique=False)
    op.create_index("ix_model_attempts_resume_id", "model_attempts", ["resume_id"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_model_attempts_resume_id", table_name="model_attempts")
    op.drop_index("ix_model_attempts_ledger", table_name="model_attempts")
    op.drop_index("ix_model_attempts_analysis_id", table_name="model_attempts")
    op.drop_table("model_attempts")
    op.drop_index("ix_events_tenant_id_id", table_name="events")
    op.drop_index("ix_events_resume_id", table_name="events")
    op.drop_table("events")
    op.drop_index(
        "uq_analyses_unfinished",
        table_name="analyses",
        postgresql_where=sa.text("status in ('queued','extracting','analysing')"),
    )
    op.drop_index("ix_analyses_reuse", table_name="analyses", postgresql_where=sa.text("status = 'done'"))
    op.drop_index(
        "ix_analyses_open",
        table_name="analyses",
        postgresql_where=sa.text("status in ('queued','extracting','analysing')"),
    )
    op.drop_table("analyses")
    op.drop_index("ix_resumes_search", table_name="resumes", postgresql_using="gin")
    op.drop_index("ix_resumes_page_by_status", table_name="resumes")
    op.drop_index("ix_resumes_page", table_name="resumes")
    op.drop_index("ix_resumes_duplicate_of", table_name="resumes")
    op.drop_index("ix_resumes_document_id", table_name="resumes")
    op.drop_table("resumes")
    op.drop_table("idempotent_uploads")
    op.drop_table("documents")
    op.drop_table("api_keys")
    op.drop_table("tenants")
    op.drop_index("ix_file_erasures_due_at", table_name="file_erasures")
    op.drop_table("file_erasures")
