"""The installation of `perdure up`: its servers for a moment if they do not run, and a data folder made anew."""

import contextlib
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from cli.backup import contents
from cli.backup.contents import SECRETS, Source
from cli.data_folder import DataFolder
from cli.embedded import postgres
from cli.embedded.processes import EmbeddedServerError
from cli.errors import CliError

OWNED: Final = ("temporal", "postgres")
"""What a restored backup brings; in this order it moves to its place."""


@contextlib.contextmanager
def source_of(folder: DataFolder, *, secrets: bool) -> Iterator[Source]:
    """What to back up of a data folder, whether `perdure up` runs on it or not.

    Raises:
        CliError: There is nothing.
    """
    if not (folder.path / "postgres" / "PG_VERSION").exists():
        raise CliError(
            f"there is nothing to back up in {folder.path}: name another folder with --data-dir, or the database of an "
            "installation elsewhere with PERDURE_DATABASE_URL"
        )
    with _database(folder) as url:
        sqlite = folder.path / "temporal" / "temporal.db"
        yield Source(url, sqlite=sqlite if sqlite.exists() else None, secrets=folder if secrets else None)


@contextlib.contextmanager
def _database(folder: DataFolder) -> Iterator[str]:
    running = postgres.running(folder.path)
    if running is not None:
        yield running.url
        return
    with folder.held():
        server = _start(folder.path)
        try:
            yield server.url
        finally:
            server.stop()


@contextlib.contextmanager
def fresh_folder(folder: DataFolder, parts: Path) -> Iterator[tuple[str, Path]]:
    """A new database beside the data folder's place, and where Temporal's file goes; both move there at the end.

    Args:
        folder: To be filled.
        parts: Folder with the parts of the backup; secrets among them come along.

    Yields:
        URL of the database, and the path of the file.

    Raises:
        CliError: The folder holds data already, or is in use.
    """
    folder.create()
    with folder.held():
        staging = folder.restoring
        if staging.exists():  # an earlier restore was broken off
            _clear(folder, staging)
        taken = [name for name in OWNED if (folder.path / name).exists()]
        taken += [name for name in SECRETS if _differs(folder.path / name, parts / name)]
        if taken:
            raise CliError(f"{folder.path} holds data already ({', '.join(taken)}); nothing was touched")
        staging.mkdir(mode=0o700)
        (staging / "temporal").mkdir()
        try:
            yield from _fill(staging)
            _move(folder, staging, parts)
        except BaseException:
            _clear(folder, staging)
            raise


def _fill(staging: Path) -> Iterator[tuple[str, Path]]:
    server = _start(staging)
    try:
        yield server.url, staging / "temporal" / contents.SQLITE
    finally:
        server.stop()


def _differs(kept: Path, brought: Path) -> bool:
    """Whether a secret would take the place of another one."""
    return kept.exists() and brought.exists() and kept.read_bytes() != brought.read_bytes()


def _move(folder: DataFolder, staging: Path, parts: Path) -> None:
    """Nothing starts on the folder while `staging` is there, so a half-moved one is noticed."""
    for name in SECRETS:
        if (parts / name).exists():
            shutil.copyfile(parts / name, staging / name)
            (staging / name).chmod(0o600)
            (staging / name).replace(folder.path / name)
    for name in OWNED:
        (staging / name).rename(folder.path / name)
    shutil.rmtree(staging)


def _clear(folder: DataFolder, staging: Path) -> None:
    """Remove what a broken restore has left; it began only because there was nothing. Secrets stay."""
    for name in OWNED:
        shutil.rmtree(folder.path / name, ignore_errors=True)
    shutil.rmtree(staging, ignore_errors=True)


def _start(path: Path) -> postgres.EmbeddedPostgres:
    try:
        return postgres.start(path)
    except (EmbeddedServerError, OSError) as failed:
        raise CliError(str(failed)) from failed
