"""Self-hosted accounting: hourly totals of the ledger, machine hours, allocations and bills."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_MONEY = sa.Numeric(24, 14)
_COUNTS = (
    "attempts",
    "analyses",
    "answered",
    "reused",
    "failed",
    "unpriced",
    "pending",
    "input_tokens",
    "cached_tokens",
    "output_tokens",
    "answered_input_tokens",
    "answered_cached_tokens",
    "answered_output_tokens",
    "latency_ms",
)
_SUMS = ("cost_usd", "waste_usd", "allocated_usd", "usage_usd", "allocated_waste_usd")


def upgrade() -> None:
    op.create_index(
        "ix_model_attempts_self_hosted",
        "model_attempts",
        ["client", "started_at"],
        postgresql_where=sa.text("billing = 'self_hosted'"),
    )
    op.create_table(
        "hourly_costs",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("hour", sa.DateTime(timezone=True), nullable=False),
        *(
            sa.Column(name, sa.Text(), nullable=False)
            for name in ("function", "client", "model", "location", "billing")
        ),
        *(sa.Column(name, sa.BigInteger(), server_default=sa.text("0"), nullable=False) for name in _COUNTS),
        *(sa.Column(name, _MONEY, server_default=sa.text("0"), nullable=False) for name in _SUMS),
        sa.Column("stale", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name=op.f("fk_hourly_costs_tenant_id_tenants"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint(
            "tenant_id", "hour", "function", "client", "model", "location", "billing", name=op.f("pk_hourly_costs")
        ),
    )
    op.create_index("ix_hourly_costs_client_hour", "hourly_costs", ["client", "hour"])
    op.create_table(
        "machine_hours",
        sa.Column("machine", sa.Text(), nullable=False),
        sa.Column("hour", sa.DateTime(timezone=True), nullable=False),
        sa.Column("cost_profile", sa.Text(), nullable=False),
        sa.Column("estimate_usd", _MONEY, nullable=False),
        sa.Column("cost_usd", _MONEY, nullable=False),
        sa.Column("billed", sa.Boolean(), nullable=False),
        sa.Column("final", sa.Boolean(), nullable=False),
        sa.Column("attempts", sa.BigInteger(), nullable=False),
        sa.Column("work_seconds", sa.Numeric(20, 9), nullable=False),
        sa.Column("unused_usd", _MONEY, nullable=False),
        sa.Column("idle_usd", _MONEY, nullable=False),
        sa.Column("waste_usd", _MONEY, nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "cost_usd >= 0 and unused_usd >= 0 and idle_usd >= 0 and waste_usd >= 0",
            name=op.f("ck_machine_hours_amounts"),
        ),
        sa.PrimaryKeyConstraint("machine", "hour", name=op.f("pk_machine_hours")),
    )
    op.create_table(
        "attempt_allocations",
        sa.Column("attempt_id", sa.Uuid(), nullable=False),
        sa.Column("machine", sa.Text(), nullable=False),
        sa.Column("hour", sa.DateTime(timezone=True), nullable=False),
        sa.Column("work_seconds", sa.Numeric(20, 9), nullable=False),
        sa.Column("allocated_usd", _MONEY, nullable=False),
        sa.Column("usage_usd", _MONEY, nullable=False),
        sa.CheckConstraint(
            "allocated_usd >= 0 and usage_usd >= 0 and work_seconds >= 0", name=op.f("ck_attempt_allocations_amounts")
        ),
        sa.ForeignKeyConstraint(
            ["attempt_id"],
            ["model_attempts.id"],
            name=op.f("fk_attempt_allocations_attempt_id_model_attempts"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("attempt_id", name=op.f("pk_attempt_allocations")),
    )
    op.create_index("ix_attempt_allocations_machine_hour", "attempt_allocations", ["machine", "hour"])
    op.create_table(
        "machine_bills",
        sa.Column("machine", sa.Text(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("amount_usd", _MONEY, nullable=False),
        sa.Column("reference", sa.Text(), nullable=True),
        sa.Column("imported_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("amount_usd >= 0 and ends_at > starts_at", name=op.f("ck_machine_bills_amount")),
        sa.PrimaryKeyConstraint("machine", "starts_at", name=op.f("pk_machine_bills")),
    )
    # Sums the rows recorded before this revision, once.
    op.execute(
        """
        insert into hourly_costs (tenant_id, hour, function, client, model, location, billing, attempts, analyses,
            answered, reused, failed, unpriced, pending, input_tokens, cached_tokens, output_tokens,
            answered_input_tokens, answered_cached_tokens, answered_output_tokens, latency_ms, cost_usd, waste_usd)
        select tenant_id, date_trunc('hour', started_at, 'UTC'), function, client, coalesce(model, ''), location,
            billing, count(*), count(*) filter (where number = 1), count(*) filter (where outcome = 'ok'),
            count(*) filter (where outcome = 'reused'), count(*) filter (where outcome not in ('ok', 'reused')),
            count(*) filter (where cost_usd is null and cost_basis <> 'self_hosted_pending'),
            count(*) filter (where cost_basis = 'self_hosted_pending'),
            coalesce(sum(input_tokens), 0), coalesce(sum(cached_tokens), 0), coalesce(sum(output_tokens), 0),
            coalesce(sum(input_tokens) filter (where outcome = 'ok'), 0),
            coalesce(sum(cached_tokens) filter (where outcome = 'ok'), 0),
            coalesce(sum(output_tokens) filter (where outcome = 'ok'), 0),
            sum(latency_ms), coalesce(sum(cost_usd), 0),
            coalesce(sum(cost_usd) filter (where outcome not in ('ok', 'reused')), 0)
        from model_attempts group by 1, 2, 3, 4, 5, 6, 7
        """
    )


def downgrade() -> None:
    for table in ("machine_bills", "attempt_allocations", "machine_hours", "hourly_costs"):
        op.drop_table(table)
    op.drop_index("ix_model_attempts_self_hosted", table_name="model_attempts")
