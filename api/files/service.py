"""Keeping, listing and deleting files."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from api.errors import RequestError, not_found
from api.files import models
from api.requests import bad_cursor, decode_cursor, encode_cursor
from db import audit, files
from db.audit import Actor
from db.files import NewFile
from db.tables import File
from schemas.errors import ErrorCode, PerdureError


async def upload(session: AsyncSession, actor: Actor, body: models.UploadFile) -> models.File:
    """Keep a file.

    Raises:
        RequestError: `invalid_request` for a name that is none.
    """
    new = NewFile(body.folder, body.name, body.data, created_by=actor.name, media_type=body.media_type)
    try:
        file = described(await files.write_file(session, actor.workspace_id, new))
    except PerdureError as error:
        raise RequestError(ErrorCode.INVALID_REQUEST, f"`name`: {error.info.message}") from None
    audit.record(session, actor, "file.uploaded", ("file", file.id), after=_audited(file))
    return file


async def list_files(session: AsyncSession, folder: str | None, cursor: str | None, limit: int) -> models.FilePage:
    """A page of files."""
    query = select(File).order_by(File.created_at.desc(), File.id.desc()).limit(limit + 1)
    if folder is not None:
        query = query.where(File.folder == folder)
    if cursor is not None:
        query = query.where(tuple_(File.created_at, File.id) < tuple_(*_place(cursor)))
    rows = list(await session.scalars(query))
    items = [described(row) for row in rows[:limit]]
    more = encode_cursor(items[-1].created_at.isoformat(), str(items[-1].id)) if len(rows) > limit else None
    return models.FilePage(items=items, next_cursor=more)


async def get_file(session: AsyncSession, file_id: UUID) -> models.File:
    """A file.

    Raises:
        RequestError: `not_found`.
    """
    return described(await _found(session, file_id))


async def content_of(session: AsyncSession, file_id: UUID) -> File:
    """A file with its content.

    Raises:
        RequestError: `not_found`.
    """
    try:
        return await files.read_file(session, str(file_id))
    except PerdureError:
        raise not_found("file", file_id) from None


async def delete_file(session: AsyncSession, actor: Actor, file_id: UUID) -> None:
    """Delete a file for good.

    Raises:
        RequestError: `not_found`.
    """
    file = await _found(session, file_id)
    before = _audited(described(file))
    await session.delete(file)
    audit.record(session, actor, "file.deleted", ("file", file_id), before=before)


def described(file: File) -> models.File:
    """A file as it is answered."""
    return models.File.model_validate(file, from_attributes=True)


def _audited(file: models.File) -> dict[str, object]:
    return file.model_dump(mode="json", include={"folder", "name", "media_type", "size", "sha256"})


async def _found(session: AsyncSession, file_id: UUID) -> File:
    file = await session.get(File, file_id)
    if file is None:
        raise not_found("file", file_id)
    return file


def _place(cursor: str) -> tuple[datetime, UUID]:
    moment, identity = decode_cursor(cursor, 2)
    try:
        return datetime.fromisoformat(moment), UUID(identity)
    except ValueError as error:
        raise bad_cursor() from error
