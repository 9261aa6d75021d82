"""Alembic migrations of the schema in `app/storage/schema/`."""
