"""Queries on approvals."""

import json
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from db.tables import Approval

_LIST = text("SELECT perdure_list_approvals(CAST(:wanted AS jsonb), :sort, CAST(:after AS text[]), :most)")
_COUNT = text("SELECT list, found FROM perdure_count_approvals(CAST(:lists AS jsonb), :most)")


async def find_approval(session: AsyncSession, approval_id: UUID) -> Approval | None:
    """An approval."""
    return (await session.scalars(select(Approval).where(Approval.id == approval_id))).one_or_none()


async def list_approvals(
    session: AsyncSession, wanted: Mapping[str, Any], *, sort: str, after: Sequence[str] | None, limit: int
) -> list[Approval]:
    """Approvals in order.

    Args:
        session: Sees one workspace.
        wanted: As `perdure_list_approvals` takes it.
        sort: The order.
        after: Keys of the last row of the page before.
        limit: How many.
    """
    place = None if after is None else list(after)
    given = {"wanted": json.dumps(wanted), "sort": sort, "after": place, "most": limit}
    ids = (await session.scalars(_LIST, given)).all()
    # The function gives ids only; the rows are read under row-level security.
    rows = await session.scalars(select(Approval).where(Approval.id.in_(ids)))
    found = {row.id: row for row in rows}
    return [found[each] for each in ids if each in found]


async def count_approvals(session: AsyncSession, lists: Mapping[str, Mapping[str, Any]], most: int) -> dict[str, int]:
    """How many approvals each of several lists holds, up to `most`."""
    rows = await session.execute(_COUNT, {"lists": json.dumps(lists), "most": most})
    return {row.list: row.found for row in rows}
