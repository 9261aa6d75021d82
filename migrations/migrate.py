"""Updates the database to the newest schema: `python -m migrations.migrate`. Several can run at once."""

import sys
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config

from app.errors import ConfigurationError, VitaeError
from app.logs import configure_logging
from app.settings import load_settings
from app.storage.engine import RETRY_NOTE, Database, driver_url

# An arbitrary number that nothing else locks: "vitae" on a telephone keypad.
_LOCK = 84823


def alembic_config(url: str) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.attributes["database_url"] = url
    return config


def migrate(database_url: str) -> None:
    """Applies the missing migrations, one process at a time."""
    config = alembic_config(database_url)
    engine = sa.create_engine(driver_url(database_url))
    with engine.connect() as connection:
        connection.execute(sa.text("select pg_advisory_lock(:lock)"), {"lock": _LOCK})
        connection.commit()
        try:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            connection.commit()
        finally:
            connection.execute(sa.text("select pg_advisory_unlock(:lock)"), {"lock": _LOCK})
            connection.commit()
    engine.dispose()


def main() -> int:
    try:
        loaded = load_settings()
        configure_logging(loaded.settings.logs.level, loaded.settings.logs.format)
        url = loaded.settings.database_url
        Database(url, pool_size=1, application_name="vitae-migrate").check()
        migrate(url)
    except ConfigurationError as error:
        print(error.detail, file=sys.stderr)  # noqa: T201
        return 2
    except VitaeError as error:
        print(f"The database migration failed: {_why(error)}", file=sys.stderr)  # noqa: T201
        return 1
    return 0


def _why(error: VitaeError) -> str:
    """Distinguishes a rejected password from an outage, which other callers do not need to know."""
    refused = getattr(getattr(error.__cause__, "orig", None), "pgconn", None)
    if refused is not None and (refused.used_password or refused.needs_password):
        return (
            "Postgres rejects the user, the password or the database in storage.database_url. With Compose, "
            "Postgres keeps the POSTGRES_PASSWORD of its first start; docs/deployment.md explains how to change it."
        )
    return f"{error.detail.removesuffix(RETRY_NOTE).strip()} Start it, then migrate again."


if __name__ == "__main__":
    sys.exit(main())
