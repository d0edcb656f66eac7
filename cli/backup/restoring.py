"""Restoring a backup: checked as a whole first, then brought into what is empty, then told what remains to be done."""

import asyncio
import os
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

from alembic.script import ScriptDirectory

from cli.backup import dumps, embedded
from cli.backup.archive import Manifest, read_archive
from cli.backup.contents import DATABASE, SECRETS, SQLITE, TEMPORAL, VISIBILITY, described
from cli.backup.taking import configured_database
from cli.console import plain, say
from cli.data_folder import DataFolder
from cli.errors import CliError
from db.backups import is_empty, make_roles, mark_restored
from db.migrate import config
from engine.secrets.encryption import parse_keys


def bring_back(folder: DataFolder, file: Path, temporal: tuple[str, str] | None, *, without_keys: bool = False) -> None:
    """Restore a backup.

    Args:
        folder: To be filled, if no database is configured.
        file: The backup.
        temporal: URLs of two empty databases for Temporal's data.
        without_keys: Whether to do so although encryption keys are missing that it needs.

    Raises:
        CliError: The backup is damaged, what it would fill is not empty, or keys are missing; nothing was touched then.
    """
    with tempfile.TemporaryDirectory(prefix="perdure-restore-") as place:
        parts = Path(place)
        manifest = read_archive(file, parts)
        _check_revision(manifest)
        missing = _missing_keys(manifest, folder, parts)
        if missing and not without_keys:
            raise CliError(_about_keys(missing, folder))
        if url := configured_database():
            _restore_database(url, temporal, manifest, parts)
        else:
            _restore_folder(folder, manifest, parts)
    say(f"[green]restored[/] what {plain(file)} holds, as of {described(manifest.taken_at)}")
    if missing:
        say(f"[yellow]{plain(_about_keys(missing, folder))}[/]")
    if manifest.temporal == "none":
        say("Runs that Temporal does not know are started again; their finished steps are not repeated.")


def _missing_keys(manifest: Manifest, folder: DataFolder, parts: Path) -> list[str]:
    """Ids of keys that are neither in the backup nor where Perdure would look for them."""
    named = os.environ.get("PERDURE_ENCRYPTION_KEYS_FILE")
    files = [parts / SECRETS[0], Path(named) if named else folder.path / SECRETS[0]]
    texts = [os.environ.get("PERDURE_ENCRYPTION_KEYS") or "", *(one.read_text() for one in files if one.exists())]
    try:
        known = {name for text in texts if text.strip() for name in parse_keys(text)}
    except ValueError as wrong:
        raise CliError(str(wrong)) from wrong
    return [name for name in manifest.key_ids if name not in known]


def _about_keys(missing: Sequence[str], folder: DataFolder) -> str:
    where = "PERDURE_ENCRYPTION_KEYS" if configured_database() else str(folder.path / SECRETS[0])
    return (
        f"the backup needs the encryption keys {', '.join(missing)}: bring them into {where}. Stored credentials and "
        "runs that wait cannot be read without them (--without-keys restores all the same)"
    )


def _check_revision(manifest: Manifest) -> None:
    known = {script.revision for script in ScriptDirectory.from_config(config()).walk_revisions()}
    if manifest.revision not in known:
        raise CliError(
            f"the backup was taken by a later version of Perdure ({manifest.perdure}); restore it with that one"
        )


def _restore_folder(folder: DataFolder, manifest: Manifest, parts: Path) -> None:
    if manifest.temporal == "postgresql":
        raise CliError("the backup is of an installation with servers of its own; name them in PERDURE_DATABASE_URL")
    with embedded.fresh_folder(folder, parts) as (url, sqlite):
        _load_database(url, manifest, parts)
        if manifest.temporal == "sqlite":
            shutil.copyfile(parts / SQLITE, sqlite)


def _restore_database(url: str, temporal: tuple[str, str] | None, manifest: Manifest, parts: Path) -> None:
    if (manifest.temporal == "postgresql") != (temporal is not None):
        held = "holds" if manifest.temporal == "postgresql" else "does not hold"
        raise CliError(
            f"the backup {held} Temporal's databases, so give their URLs with --temporal-url or leave them out"
        )
    targets = {DATABASE: url, **dict(zip((TEMPORAL, VISIBILITY), temporal or (), strict=False))}
    for target in targets.values():
        _check_empty(target)
    for name in (TEMPORAL, VISIBILITY):
        if name in targets:
            dumps.load(targets[name], parts / name)
    _load_database(url, manifest, parts)


def _check_empty(url: str) -> None:
    try:
        empty = asyncio.run(is_empty(url))
    except (OSError, ValueError) as failed:
        raise CliError(f"the database cannot be reached: {failed}") from failed
    if not empty:
        raise CliError("the database is not empty; restore into a new one. Nothing was touched")


def _load_database(url: str, manifest: Manifest, parts: Path) -> None:
    asyncio.run(make_roles(url))
    dumps.load(url, parts / DATABASE)
    asyncio.run(mark_restored(url, manifest.taken_at, manifest.temporal_taken_at))
