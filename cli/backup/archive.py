"""The file of a backup: a tar of its parts behind a manifest that has the checksum of each, and one of its own."""

import hashlib
import io
import os
import tarfile
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import IO, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from cli.errors import CliError

FORMAT: Final = 1
MANIFEST: Final = "manifest.json"
_CHUNK: Final = 1 << 20

TemporalKind = Literal["sqlite", "postgresql", "none"]


class Part(BaseModel):
    """One file of a backup."""

    model_config = ConfigDict(frozen=True)

    name: str
    size: int
    sha256: str


class Manifest(BaseModel):
    """What a backup is and holds."""

    model_config = ConfigDict(frozen=True)

    format: int = FORMAT
    perdure: str
    """Version of Perdure that took it."""
    revision: str
    """Of the database's schema."""
    temporal: TemporalKind
    """How Temporal's data is in it, if it is."""
    temporal_taken_at: datetime | None
    taken_at: datetime
    """Both moments by the clock of the database; Temporal's data is never newer than the rest."""
    key_ids: tuple[str, ...]
    """Encryption keys without which the secrets in it are lost."""
    secrets: tuple[str, ...]
    """Names of the secret files that it holds."""
    parts: tuple[Part, ...]
    digest: str = ""
    """SHA-256 of all of the above."""

    def sealed(self) -> "Manifest":
        """The same with its digest."""
        return self.model_copy(update={"digest": self._digest()})

    @property
    def intact(self) -> bool:
        """Whether nobody has changed it since."""
        return self.digest == self._digest()

    def _digest(self) -> str:
        return hashlib.sha256(self.model_copy(update={"digest": ""}).model_dump_json().encode()).hexdigest()


def part_of(path: Path) -> Part:
    """Name, size and checksum of a file."""
    with path.open("rb") as file:
        return Part(name=path.name, size=path.stat().st_size, sha256=hashlib.file_digest(file, "sha256").hexdigest())


def write_archive(target: Path, folder: Path, manifest: Manifest) -> None:
    """Write the backup: all of it under its name, or nothing.

    Args:
        target: The file to be made.
        folder: Holds the parts.
        manifest: Names them.
    """
    fresh = target.with_name(f"{target.name}.part")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        with tarfile.open(fileobj=file, mode="w") as tar:
            _add(tar, MANIFEST, manifest.sealed().model_dump_json(indent=2).encode())
            for part in manifest.parts:
                tar.add(folder / part.name, arcname=part.name, recursive=False)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(target)


def _add(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = len(content), 0o600
    tar.addfile(entry, io.BytesIO(content))


def read_archive(source: Path, folder: Path) -> Manifest:
    """Take a backup apart into an empty folder; nothing of it is used unless all of it is as it was written.

    Raises:
        CliError: It is no backup, it is damaged, or it is of a later kind.
    """
    try:
        with tarfile.open(source, mode="r:") as tar:
            manifest = _manifest(source, tar.extractfile(tar.next() or MANIFEST))
            wanted = {part.name: part for part in manifest.parts}
            for entry in tar:
                if entry.name != MANIFEST:
                    _extract(source, tar.extractfile(entry), wanted.pop(entry.name, None), folder)
    except (tarfile.TarError, KeyError, EOFError) as broken:
        raise CliError(f"{source} is no backup, or it is damaged: {broken}") from broken
    except OSError as failed:
        raise CliError(f"{source} cannot be read: {failed.strerror or failed}") from failed
    if wanted:
        raise CliError(f"{source} is damaged: {', '.join(sorted(wanted))} is missing")
    return manifest


def _manifest(source: Path, file: IO[bytes] | None) -> Manifest:
    try:
        manifest = Manifest.model_validate_json(file.read() if file else b"")
    except ValidationError as wrong:
        raise CliError(f"{source} is no backup of Perdure, or its manifest is damaged") from wrong
    if manifest.format > FORMAT:
        raise CliError(f"{source} was written by a later version of Perdure ({manifest.perdure}); restore it with that")
    if not manifest.intact:
        raise CliError(f"{source} is damaged: the manifest is not as it was written")
    return manifest


def _extract(source: Path, file: IO[bytes] | None, part: Part | None, folder: Path) -> None:
    if part is None or file is None or "/" in part.name:
        raise CliError(f"{source} is damaged: it holds something that its manifest does not name")
    digest = hashlib.sha256()
    with os.fdopen(os.open(folder / part.name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as target:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
            target.write(chunk)
        size = target.tell()
    if (size, digest.hexdigest()) != (part.size, part.sha256):
        raise CliError(f"{source} is damaged: {part.name} is not as it was written")


def total(parts: Sequence[Part]) -> str:
    """Size of all parts, for a person."""
    size: Any = sum(part.size for part in parts)
    return f"{size / 1_000_000:.1f} MB"
