"""Brings a database to the newest schema."""

from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text

from db.connect import create_engine

MIGRATIONS = Path(__file__).parent / "migrations"
_LOCK: Final = 7_307_738_101
"""Advisory lock: of two starters, the second waits and then finds nothing to do."""


async def upgrade(admin_url: str, revision: str = "head") -> None:
    """Create or upgrade the schema. Safe to call from several processes at once.

    Args:
        admin_url: PostgreSQL URL of the role that owns the tables and may create roles.
        revision: Alembic revision to go to.
    """
    engine = create_engine(admin_url, pool_size=1)
    try:
        async with engine.begin() as connection:
            await connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
            await connection.run_sync(_upgrade, revision)
    finally:
        await engine.dispose()


def config(connection: Connection | None = None) -> Config:
    """Alembic's configuration, without a file."""
    made = Config()
    made.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    made.set_main_option("path_separator", "os")
    made.attributes["connection"] = connection
    return made


def _upgrade(connection: Connection, revision: str) -> None:
    command.upgrade(config(connection), revision)
