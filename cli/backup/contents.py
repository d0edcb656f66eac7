"""What goes into a backup: the database and, where we can reach it, Temporal's own data and the secrets."""

import asyncio
import contextlib
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version as installed
from pathlib import Path
from typing import Final

from cli.backup import dumps
from cli.backup.archive import Manifest, TemporalKind, part_of
from cli.data_folder import DataFolder
from cli.errors import CliError
from db.backups import Facts, read_facts
from db.session import Database
from engine.secrets.rotation import keys_in_use

DATABASE: Final = "perdure.dump"
SQLITE: Final = "temporal.db"
TEMPORAL: Final = "temporal.dump"
VISIBILITY: Final = "temporal_visibility.dump"
SECRETS: Final = ("encryption-keys", "signing-key", "webhook-secret", "token")
"""Files of the data folder that open what is in the database, or sign for it."""


@dataclass(frozen=True)
class Source:
    """Of what a backup is taken.

    Args:
        database_url: The database, as a login that sees all rows.
        sqlite: File of the embedded Temporal.
        temporal_urls: Temporal's database and that of its visibility, where they are PostgreSQL.
        secrets: Folder whose secret files go into it, if they shall.
    """

    database_url: str
    sqlite: Path | None = None
    temporal_urls: tuple[str, str] | None = None
    secrets: DataFolder | None = None

    @property
    def kind(self) -> TemporalKind:
        """How Temporal keeps its data, as far as we can reach it."""
        if self.sqlite is not None:
            return "sqlite"
        return "none" if self.temporal_urls is None else "postgresql"


def collect(source: Source, folder: Path) -> Manifest:
    """Copy everything into `folder`; Temporal's data first, so that the run log never knows less than Temporal.

    Whatever happens in between is known to the run log only. A restored system makes up for that: it sends signals
    again, starts runs again that Temporal does not know, and their steps find their recorded results.

    Raises:
        CliError: Something cannot be read.
    """
    facts = _facts(source.database_url)
    _copy_temporal(source, folder)
    taken_at = _facts(source.database_url).now
    dumps.dump(source.database_url, folder / DATABASE)
    secrets = tuple(_copy_secrets(source.secrets, folder))
    return Manifest(
        perdure=installed("perdure"),
        revision=facts.revision,
        temporal=source.kind,
        temporal_taken_at=None if source.kind == "none" else facts.now,
        taken_at=taken_at,
        key_ids=tuple(asyncio.run(_keys_in_use(source.database_url))),
        secrets=secrets,
        parts=tuple(part_of(path) for path in sorted(folder.iterdir())),
    )


def _facts(url: str) -> Facts:
    try:
        facts = asyncio.run(read_facts(url))
    except (OSError, ValueError) as failed:
        raise CliError(f"the database cannot be reached: {failed}") from failed
    if not facts.revision:
        raise CliError("there is no Perdure in this database; nothing was backed up")
    if not facts.sees_all:
        raise CliError(
            "this login does not see the rows of all workspaces; give PERDURE_DATABASE_ADMIN_URL a superuser or a role "
            "with BYPASSRLS"
        )
    if (ours := dumps.version()) < facts.server_version:
        raise CliError(f"pg_dump {ours} cannot read PostgreSQL {facts.server_version}; install its client programs")
    return facts


async def _keys_in_use(url: str) -> list[str]:
    database = Database(url)
    try:
        return sorted(await keys_in_use(database))
    finally:
        await database.dispose()


def _copy_temporal(source: Source, folder: Path) -> None:
    if source.sqlite is not None:
        copy_sqlite(source.sqlite, folder / SQLITE)
    elif source.temporal_urls is not None:
        # Visibility is a search index of the other one; whatever it misses, Temporal does not.
        for url, name in zip(source.temporal_urls, (TEMPORAL, VISIBILITY), strict=True):
            dumps.dump(url, folder / name)


def copy_sqlite(source: Path, target: Path) -> None:
    """Copy a database at one moment, while its server may be writing.

    Raises:
        CliError: It cannot be read.
    """
    if not source.exists():
        raise CliError(f"there is no data of Temporal at {source}")
    try:
        with _opened(f"file:{source}?mode=ro", uri=True) as reading, _opened(str(target)) as writing:
            reading.backup(writing)
            [(verdict,)] = writing.execute("PRAGMA integrity_check(1)").fetchall()
    except sqlite3.Error as failed:
        raise CliError(f"Temporal's data {source} cannot be read: {failed}") from failed
    if verdict != "ok":
        raise CliError(f"Temporal's data {source} is damaged: {verdict}")


@contextlib.contextmanager
def _opened(name: str, *, uri: bool = False) -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(name, uri=uri, timeout=60)
    try:
        yield connection
    finally:
        connection.close()


def _copy_secrets(data: DataFolder | None, folder: Path) -> Iterator[str]:
    if data is None:
        return
    for name in SECRETS:
        path = data.path / name
        if path.exists():
            copy = folder / name
            copy.touch(mode=0o600)
            copy.write_bytes(path.read_bytes())
            yield name


def described(moment: datetime) -> str:
    """A moment for a person."""
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"
