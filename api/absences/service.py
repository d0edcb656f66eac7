"""Writing down who is away, and who answers in their place."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid4

from sqlalchemy.ext.asyncio import AsyncSession

from api.absences import models, repository
from api.access.permissions import GRANTS, Permission
from api.errors import RequestError, not_found
from api.requests import decode_moment_cursor, encode_cursor
from db import audit
from db.audit import Actor
from db.tables import Absence
from schemas.errors import ErrorCode

_LONGEST: Final = timedelta(days=366)


async def list_absences(
    session: AsyncSession, *, user_id: UUID | None, ended: bool, cursor: str | None, limit: int
) -> models.AbsencePage:
    """A page of absences."""
    after = None if cursor is None else decode_moment_cursor(cursor)
    rows = await repository.list_absences(session, user_id=user_id, ended=ended, after=after, limit=limit + 1)
    items = [_described(row) for row in rows[:limit]]
    more = encode_cursor(items[-1].starts_at.isoformat(), str(items[-1].id)) if len(rows) > limit else None
    return models.AbsencePage(items=items, next_cursor=more)


async def get_absence(session: AsyncSession, absence_id: UUID, user_id: UUID | None = None) -> models.Absence:
    """An absence.

    Raises:
        RequestError: `not_found`, also if it is not one of the member's, if one is given.
    """
    found = await repository.find_absence(session, absence_id, user_id)
    if found is None:
        raise not_found("absence", absence_id)
    return _described(found)


async def create_absence(
    session: AsyncSession, actor: Actor, user_id: UUID, body: models.AbsenceContent
) -> models.Absence:
    """Write down that a member is away.

    Raises:
        RequestError: `not_found` for the member; `invalid_request` for the substitute or the times; `conflict` if
            they are away at that time already.
    """
    if not await repository.lock_member(session, user_id):
        raise not_found("member", user_id)
    await _check(session, user_id, body)
    absence = Absence(id=uuid4(), workspace_id=actor.workspace_id, user_id=user_id, **_columns(body))
    session.add(absence)
    await session.flush()
    made = await get_absence(session, absence.id)
    audit.record(session, actor, "absence.created", ("absence", absence.id), after=_audited(made))
    return made


async def update_absence(
    session: AsyncSession, actor: Actor, absence_id: UUID, body: models.AbsenceContent, user_id: UUID | None = None
) -> models.Absence:
    """Change when somebody is away, or who answers.

    Raises:
        RequestError: as `create_absence`, and `not_found`.
    """
    before = await get_absence(session, absence_id, user_id)
    await repository.lock_member(session, before.user_id)
    found = await repository.find_absence(session, absence_id, user_id)
    if found is None:
        raise not_found("absence", absence_id)
    await _check(session, before.user_id, body, but=absence_id)
    for name, value in _columns(body).items():
        setattr(found.absence, name, value)
    await session.flush()
    after = await get_absence(session, absence_id)
    subject = ("absence", absence_id)
    audit.record(session, actor, "absence.updated", subject, before=_audited(before), after=_audited(after))
    return after


async def delete_absence(session: AsyncSession, actor: Actor, absence_id: UUID, user_id: UUID | None = None) -> None:
    """Let somebody be there again.

    Raises:
        RequestError: `not_found`.
    """
    found = await repository.find_absence(session, absence_id, user_id)
    if found is None:
        raise not_found("absence", absence_id)
    await session.delete(found.absence)
    before = _audited(_described(found))
    audit.record(session, actor, "absence.deleted", ("absence", absence_id), before=before)


async def _check(session: AsyncSession, user_id: UUID, body: models.AbsenceContent, but: UUID | None = None) -> None:
    if body.ends_at <= datetime.now(UTC) or body.ends_at - body.starts_at > _LONGEST:
        message = f"`ends_at` must be in the future, and at most {_LONGEST.days} days after `starts_at`."
        raise RequestError(ErrorCode.INVALID_REQUEST, message)
    if body.substitute_id == user_id:
        raise RequestError(ErrorCode.INVALID_REQUEST, "`substitute_id`: nobody is their own substitute.")
    role = await repository.role_of(session, body.substitute_id)
    if role is None:
        raise RequestError(ErrorCode.INVALID_REQUEST, "`substitute_id` is not a member of this workspace.")
    if Permission.APPROVALS_DECIDE not in GRANTS[role]:
        raise RequestError(ErrorCode.INVALID_REQUEST, f"`substitute_id`: the role {role} does not decide.")
    clash = await repository.overlapping(session, user_id, body.starts_at, body.ends_at, but)
    if clash is not None:
        message = f"They are away from {clash.starts_at:%Y-%m-%d %H:%M} to {clash.ends_at:%Y-%m-%d %H:%M} UTC already."
        raise RequestError(ErrorCode.CONFLICT, message, details={"absence_id": str(clash.id)})


def _columns(body: models.AbsenceContent) -> dict[str, Any]:
    return {"substitute_id": body.substitute_id, "starts_at": body.starts_at, "ends_at": body.ends_at}


def _described(found: repository.Found) -> models.Absence:
    row = found.absence
    return models.Absence(
        id=row.id,
        user_id=row.user_id,
        user=found.user,
        substitute_id=row.substitute_id,
        substitute=found.substitute,
        substitute_away=found.substitute_away,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        created_at=row.created_at,
    )


def _audited(absence: models.Absence) -> dict[str, Any]:
    return absence.model_dump(mode="json", exclude={"id", "created_at", "substitute_away"})
