"""Locks: everybody takes the run first and its request second, so nobody waits in a circle."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from db.tables import Approval, Run
from schemas.errors import ErrorCode, PerdureError


async def lock_approval(session: AsyncSession, approval_id: UUID) -> Approval:
    """A request as it stands, which nobody else changes until the transaction ends.

    Raises:
        PerdureError: `not_found`.
    """
    await session.execute(
        select(Run.id)
        .join(Approval, Approval.run_id == Run.id)
        .where(Approval.id == approval_id)
        .with_for_update(of=Run, key_share=True)
    )
    approval = await session.scalar(
        select(Approval).where(Approval.id == approval_id).with_for_update(),
        execution_options={"populate_existing": True},
    )
    if approval is None:
        raise PerdureError(ErrorCode.NOT_FOUND, "There is no such approval.")
    return approval
