"""The files of a workspace: written once, read, listed."""

import hashlib
import mimetypes
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import undefer

from db.tables import File
from schemas.errors import ErrorCode, PerdureError

MAX_FILE_BYTES: Final = 20 * 1024 * 1024
"""Of one file."""


_MEDIA_TYPE: Final = re.compile(r"[a-z]+/[A-Za-z0-9.+-]+")
_NOT_IN_NAMES: Final = re.compile(r"[\x00-\x1f\x7f/\\]+")
_DEFAULT_TYPE: Final = "application/octet-stream"


@dataclass(frozen=True)
class NewFile:
    """What is written."""

    folder: str
    name: str
    data: bytes
    created_by: str
    media_type: str | None = None
    """By the name, if it is not given."""
    key: str | None = None
    """Of the step that writes it: the second time, the first file is given back."""
    run_id: str | None = None


async def write_file(session: AsyncSession, workspace_id: UUID | str, new: NewFile) -> File:
    """Adds a file, in the caller's transaction.

    Raises:
        PerdureError: RESULT_TOO_LARGE, or INVALID_INPUT for a name that is none.
    """
    if len(new.data) > MAX_FILE_BYTES:
        message = f"A file may have {MAX_FILE_BYTES:,} bytes; this one has {len(new.data):,}."
        raise PerdureError(ErrorCode.RESULT_TOO_LARGE, message)
    row = {
        "workspace_id": UUID(str(workspace_id)),
        "folder": new.folder,
        "name": safe_name(new.name),
        "media_type": media_type_of(new.name, new.media_type),
        "size": len(new.data),
        "sha256": hashlib.sha256(new.data).hexdigest(),
        "data": new.data,
        "key": new.key,
        "run_id": None if new.run_id is None else UUID(new.run_id),
        "created_by": new.created_by,
    }
    written = await session.scalar(insert(File).values(row).on_conflict_do_nothing().returning(File))
    if written is None:
        written = (await session.scalars(select(File).where(File.key == new.key))).one()
    return written


async def read_file(session: AsyncSession, file_id: str, folder: str | None = None) -> File:
    """A file with its content.

    Raises:
        PerdureError: NOT_FOUND.
    """
    known = _uuid(file_id)
    query = select(File).options(undefer(File.data)).where(File.id == known)
    found = (
        None if known is None else await session.scalar(query if folder is None else query.where(File.folder == folder))
    )
    if found is None:
        raise PerdureError(ErrorCode.NOT_FOUND, f"There is no file {file_id[:100]!r}.")
    return found


async def files_in(session: AsyncSession, folder: str, limit: int) -> Sequence[File]:
    """The newest files of a folder, without their content."""
    newest = select(File).where(File.folder == folder).order_by(File.created_at.desc(), File.id).limit(limit)
    return (await session.scalars(newest)).all()


def safe_name(name: str) -> str:
    """A name without folders and control characters.

    Raises:
        PerdureError: INVALID_INPUT if nothing is left of it.
    """
    found = _NOT_IN_NAMES.sub("_", name).strip(" .")[:200]
    if not found:
        raise PerdureError(ErrorCode.INVALID_INPUT, "The file needs a name.")
    return found


def media_type_of(name: str, told: str | None) -> str:
    """What a file holds: as it is told, or by its name."""
    plain = (told or "").partition(";")[0].strip().lower()
    if plain and _MEDIA_TYPE.fullmatch(plain):
        return plain
    return mimetypes.guess_type(name, strict=False)[0] or _DEFAULT_TYPE


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
