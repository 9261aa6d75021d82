"""Prices entered in the database, and the service tier, cache writes and reasoning tokens of each attempt."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

_PRICE = sa.Numeric(20, 10)
_OLD_KEY = ["tenant_id", "hour", "function", "client", "model", "location", "billing"]


def upgrade() -> None:
    op.create_table(
        "entered_prices",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("service_tier", sa.Text(), nullable=False),
        sa.Column("input_usd_per_million", _PRICE, nullable=False),
        sa.Column("cached_input_usd_per_million", _PRICE, nullable=True),
        sa.Column("cache_write_usd_per_million", _PRICE, nullable=True),
        sa.Column("output_usd_per_million", _PRICE, nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("entered_by", sa.Text(), nullable=False),
        sa.Column("ended_by", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "service_tier in ('standard','flex','priority','batch')", name=op.f("ck_entered_prices_service_tier")
        ),
        sa.CheckConstraint("ends_at >= starts_at", name=op.f("ck_entered_prices_interval")),
        sa.CheckConstraint(
            "input_usd_per_million >= 0 and output_usd_per_million >= 0"
            " and coalesce(cached_input_usd_per_million, 0) >= 0 and coalesce(cache_write_usd_per_million, 0) >= 0",
            name=op.f("ck_entered_prices_prices"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_entered_prices")),
        sa.UniqueConstraint("number", name=op.f("uq_entered_prices_number")),
    )
    for name in ("cache_write_tokens", "reasoning_tokens"):
        op.add_column("model_attempts", sa.Column(name, sa.Integer(), server_default=sa.text("0"), nullable=False))
        op.add_column("hourly_costs", sa.Column(name, sa.BigInteger(), server_default=sa.text("0"), nullable=False))
    # Earlier rows do not name their tier; all those calls used the standard one.
    for table in ("model_attempts", "hourly_costs"):
        op.add_column(table, sa.Column("service_tier", sa.Text(), server_default="standard", nullable=False))
    op.add_column("model_attempts", sa.Column("cache_write_usd_per_million", _PRICE, nullable=True))
    op.create_check_constraint(
        op.f("ck_model_attempts_cache_write_tokens"),
        "model_attempts",
        "cache_write_tokens >= 0 and coalesce(cached_tokens,0) + cache_write_tokens <= coalesce(input_tokens,0)",
    )
    op.create_check_constraint(
        op.f("ck_model_attempts_reasoning_tokens"),
        "model_attempts",
        "reasoning_tokens >= 0 and reasoning_tokens <= coalesce(output_tokens,0)",
    )
    op.drop_constraint(op.f("pk_hourly_costs"), "hourly_costs")
    op.create_primary_key(op.f("pk_hourly_costs"), "hourly_costs", [*_OLD_KEY, "service_tier"])


def downgrade() -> None:
    op.execute("delete from hourly_costs where service_tier <> 'standard'")
    op.drop_constraint(op.f("pk_hourly_costs"), "hourly_costs")
    op.create_primary_key(op.f("pk_hourly_costs"), "hourly_costs", _OLD_KEY)
    op.drop_constraint(op.f("ck_model_attempts_reasoning_tokens"), "model_attempts")
    op.drop_constraint(op.f("ck_model_attempts_cache_write_tokens"), "model_attempts")
    op.drop_column("model_attempts", "cache_write_usd_per_million")
    for name in ("service_tier", "cache_write_tokens", "reasoning_tokens"):
        op.drop_column("model_attempts", name)
        op.drop_column("hourly_costs", name)
    op.drop_table("entered_prices")
