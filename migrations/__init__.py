"""Alembic migrations for the schema in `app/storage/schema/`."""
