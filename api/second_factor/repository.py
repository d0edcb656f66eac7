"""Queries on second factors; those on recovery codes and steps need a session of `Database.identity()`."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from db.tables import Membership, RecoveryCode, User, Workspace


async def use_step(session: AsyncSession, user_id: UUID, step: int) -> bool:
    """Use up the code of a step and of all before it; of several who try, one succeeds."""
    fresh = or_(User.totp_last_step.is_(None), User.totp_last_step < step)
    used = update(User).where(User.id == user_id, fresh).values(totp_last_step=step)
    unsynchronized = {"synchronize_session": False}
    return (await session.execute(used.returning(User.id), execution_options=unsynchronized)).one_or_none() is not None


async def use_recovery_code(session: AsyncSession, user_id: UUID, code_hash: bytes) -> bool:
    """Use up a recovery code; of several who try, one succeeds."""
    used = (
        update(RecoveryCode)
        .where(RecoveryCode.user_id == user_id, RecoveryCode.code_hash == code_hash, RecoveryCode.used_at.is_(None))
        .values(used_at=func.clock_timestamp())
    )
    return (await session.execute(used.returning(RecoveryCode.user_id))).one_or_none() is not None


async def replace_recovery_codes(session: AsyncSession, user_id: UUID, hashes: Iterable[bytes]) -> None:
    """Forget the recovery codes of a person, and keep others."""
    await session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user_id))
    session.add_all(RecoveryCode(user_id=user_id, code_hash=one) for one in hashes)
    await session.flush()


async def recovery_codes_left(session: AsyncSession, user_id: UUID) -> int:
    """How many recovery codes of a person were not used."""
    left = select(func.count()).where(RecoveryCode.user_id == user_id, RecoveryCode.used_at.is_(None))
    return int((await session.scalar(left)) or 0)


async def is_required(session: AsyncSession, workspace_id: UUID) -> bool:
    """Whether a workspace asks its members for a second factor."""
    return bool(await session.scalar(select(Workspace.second_factor_required).where(Workspace.id == workspace_id)))


async def members_without(session: AsyncSession, workspace_id: UUID) -> int:
    """How many members of a workspace have no second factor."""
    query = (
        select(func.count())
        .select_from(Membership)
        .join(User, User.id == Membership.user_id)
        .where(Membership.workspace_id == workspace_id, User.totp_confirmed_at.is_(None), User.disabled_at.is_(None))
    )
    return int((await session.scalar(query)) or 0)


async def now(session: AsyncSession) -> datetime:
    """The time of the database, which all processes share."""
    moment: datetime = (await session.execute(select(func.clock_timestamp()))).scalar_one()
    return moment
