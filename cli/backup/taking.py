"""Taking a backup: what it is of, where it goes, and what is said about it."""

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from cli.backup import embedded
from cli.backup.archive import Manifest, total, write_archive
from cli.backup.contents import Source, collect, described
from cli.console import plain, say
from cli.data_folder import DataFolder
from cli.errors import CliError


def take(folder: DataFolder, file: Path, temporal: tuple[str, str] | None, *, secrets: bool) -> None:
    """Write a backup and say what is not in it.

    Args:
        folder: Of `perdure up`; used if no database is configured.
        file: To be written.
        temporal: URLs of Temporal's own databases.
        secrets: Whether the secret files of the folder go into it.

    Raises:
        CliError: Something cannot be read or written; there is no file then.
    """
    with _source(folder, temporal, secrets=secrets) as source, _beside(file) as parts:
        manifest = collect(source, parts)
        write_archive(file, parts, manifest)
    say(f"[green]wrote[/] {plain(file)} ({total(manifest.parts)}), as of {described(manifest.taken_at)}")
    _say_what_is_missing(manifest)


@contextlib.contextmanager
def _source(folder: DataFolder, temporal: tuple[str, str] | None, *, secrets: bool) -> Iterator[Source]:
    url = configured_database()
    if url is None:
        with embedded.source_of(folder, secrets=secrets) as source:
            yield source
        return
    if secrets:
        raise CliError(
            "--with-secrets is for the data folder of `perdure up`; elsewhere secrets are in the environment"
        )
    yield Source(url, temporal_urls=temporal)


def configured_database() -> str | None:
    """The database that the environment names, as its owner if it names that one too."""
    names = ("PERDURE_DATABASE_ADMIN_URL", "PERDURE_DATABASE_URL", "DATABASE_URL")
    return next((url for name in names if (url := os.environ.get(name))), None)


@contextlib.contextmanager
def _beside(file: Path) -> Iterator[Path]:
    """A private folder on the same disk, since what goes there is as large as the backup."""
    try:
        with tempfile.TemporaryDirectory(prefix=".perdure-backup-", dir=file.absolute().parent) as folder:
            yield Path(folder)
    except FileNotFoundError as missing:
        raise CliError(f"{file} cannot be written: {missing.strerror}") from missing


def _say_what_is_missing(manifest: Manifest) -> None:
    if not manifest.secrets and manifest.key_ids:
        say(
            f"[yellow]The encryption keys are not in it[/] ({plain(', '.join(manifest.key_ids))}): without them the "
            "stored credentials and waiting runs are lost. Keep a copy of them elsewhere."
        )
    if manifest.temporal == "none":
        say("[yellow]Temporal's own data is not in it[/]; back it up right before (docs/backup.md).")
