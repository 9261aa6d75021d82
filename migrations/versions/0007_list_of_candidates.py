"""Separate columns and indexes for filtering and sorting the list of candidates."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

_MONTHS = sa.text("coalesce(experience_months, '-1'::integer)")


def upgrade() -> None:
    op.add_column(
        "resumes", sa.Column("sort_name", sa.Text(collation="C"), server_default=sa.text("''"), nullable=False)
    )
    op.add_column("resumes", sa.Column("experience_months", sa.Integer()))
    op.add_column("resumes", sa.Column("language", sa.Text()))
    op.execute("update resumes set sort_name = lower(left(coalesce(candidate_name, filename), 200))")
    op.execute(
        """
        update resumes set
          experience_months = (newest.profile->'x-vitae'->>'total_experience_months')::integer,
          language = nullif(newest.profile->'x-vitae'->>'language', 'und')
        from (
          select distinct on (resume_id) resume_id, profile from analyses
          where status = 'done' order by resume_id, number desc
        ) as newest
        where newest.resume_id = resumes.id
        """
    )
    # Filters are stored as lexemes next to the words (app.storage.resumes.list_marks).
    op.execute(
        """
        update resumes set search = strip(search) || array_to_tsvector(array_remove(
          array['=l:' || language, '=c:' || client, case when degraded then '=d' end] || array(
            select '=y:' || years from unnest(array[2, 5, 10, 15, 20, 30]) as years
            where experience_months >= 12 * years
          ) || array(
            select '=s:' || lower(word #>> '{}') from (
              select jsonb_path_query(newest.profile, '$.skills[*].name') as word
              union select jsonb_path_query(newest.profile, '$.skills[*].keywords[*]')
            ) as words where word #>> '{}' <> ''
          ), null))
        from (
          select distinct on (resume_id) resume_id, profile from analyses
          where status = 'done' order by resume_id, number desc
        ) as newest
        where newest.resume_id = resumes.id
        """
    )
    op.create_index("ix_resumes_page_by_client", "resumes", ["tenant_id", "client", "created_at", "id"])
    op.create_index("ix_resumes_page_by_language", "resumes", ["tenant_id", "language", "created_at", "id"])
    op.create_index("ix_resumes_page_by_name", "resumes", ["tenant_id", "sort_name", "id"])
    op.create_index("ix_resumes_page_by_experience", "resumes", ["tenant_id", _MONTHS, "id"])
    op.create_index(
        "ix_resumes_page_degraded",
        "resumes",
        ["tenant_id", "created_at", "id"],
        postgresql_where=sa.text("degraded"),
    )


def downgrade() -> None:
    for name in ("client", "language", "name", "experience"):
        op.drop_index(f"ix_resumes_page_by_{name}", "resumes")
    op.drop_index("ix_resumes_page_degraded", "resumes")
    for column in ("language", "experience_months", "sort_name"):
        op.drop_column("resumes", column)
