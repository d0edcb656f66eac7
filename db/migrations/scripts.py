"""Runs the SQL files of a migration."""

from pathlib import Path
from typing import Any

from alembic import op

SQL_FOLDER = Path(__file__).parent / "sql"


def run_scripts(folder: str) -> None:
    """Run every file of `sql/<folder>` in the order of their names, in the transaction of the migration."""
    for path in sorted((SQL_FOLDER / folder).glob("*.sql")):
        _run(path.read_text())


def run_script(path: str) -> None:
    """Run one file below `sql`."""
    _run((SQL_FOLDER / path).read_text())


def _run(script: str) -> None:
    # The driver prepares what SQLAlchemy gives it, one statement at a time; its own `execute` takes a whole file.
    connection = op.get_bind().connection.dbapi_connection
    if connection is None:
        raise RuntimeError("the connection of the migration is closed")

    async def execute(driver: Any) -> None:
        await driver.execute(script)

    connection.run_async(execute)
