"""Whether a workspace asks its members for a second factor."""

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from api.access.caller import Caller, CallerKind
from api.errors import RequestError
from api.second_factor import repository
from api.second_factor.models import SecondFactorPolicy
from db import audit
from db.tables import User, Workspace
from schemas.errors import ErrorCode


async def get_policy(session: AsyncSession, caller: Caller) -> SecondFactorPolicy:
    """What the workspace asks for."""
    return SecondFactorPolicy(
        required=await repository.is_required(session, caller.workspace_id),
        members_without=await repository.members_without(session, caller.workspace_id),
    )


async def change_policy(session: AsyncSession, caller: Caller, *, required: bool) -> SecondFactorPolicy:
    """Ask the members for a second factor from now on, or no longer.

    Raises:
        RequestError: `conflict` if the caller has none: they would shut themselves out.
    """
    if required and caller.kind is CallerKind.USER:
        confirmed_at = await session.scalar(select(User.totp_confirmed_at).where(User.id == caller.id))
        if confirmed_at is None:
            raise RequestError(ErrorCode.CONFLICT, "Set up your own second factor first; you would be shut out.")
    other = (Workspace.id == caller.workspace_id, Workspace.second_factor_required.is_not(required))
    changed = update(Workspace).where(*other).values(second_factor_required=required).returning(Workspace.id)
    if (await session.execute(changed)).one_or_none() is not None:
        before, after = {"second_factor_required": not required}, {"second_factor_required": required}
        subject = ("workspace", caller.workspace_id)
        audit.record(session, caller.actor, "workspace.updated", subject, before=before, after=after)
    return await get_policy(session, caller)
