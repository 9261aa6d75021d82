"""Brings the database to the newest schema: `python -m migrations.migrate`. Several may run at once."""

import sys
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config

from app.errors import ConfigurationError, VitaeError
from app.logs import configure_logging
from app.settings import load_settings
from app.storage.engine import RETRY_NOTE, Database, driver_url

# Any number will do as long as nothing else locks it: "vitae" on a telephone keypad.
_LOCK = 84823


def alembic_config(url: str) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.attributes["database_url"] = url
    return config


def migrate(database_url: str) -> None:
    """Apply what is missing, one process at a time."""
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
        Database(url, pool_size=1, application_name="vitae-migrate").ping()
        migrate(url)
    except ConfigurationError as error:
        print(error.detail, file=sys.stderr)  # noqa: T201
        return 2
    except VitaeError as error:
        print(f"The database could not be migrated: {_why(error)}", file=sys.stderr)  # noqa: T201
        return 1
    return 0


def _why(error: VitaeError) -> str:
    """A refused password looks like an outage to all others; whoever sets Vitae up has to know the difference."""
    refused = getattr(getattr(error.__cause__, "orig", None), "pgconn", None)
    if refused is not None and (refused.used_password or refused.needs_password):
        return (
            "Postgres answers and refuses the user, the password or the database of storage.database_url. Compose: "
            "Postgres keeps the POSTGRES_PASSWORD of its first start; docs/deployment.md says how to change it."
        )
    return f"{error.detail.removesuffix(RETRY_NOTE).strip()} Start it, then migrate again."


if __name__ == "__main__":
    sys.exit(main())
