"""Lists of requests, how many each holds, and filters that people keep."""

from typing import Any, Final
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.ext.asyncio import AsyncSession

from api.access.caller import Caller
from api.approvals import models, repository
from api.approvals.describing import describe
from api.approvals.lists import (
    QUEUES,
    ApprovalFilter,
    ApprovalListName,
    cursor_after,
    queue_of,
    read_cursor,
    sort_of,
    wanted_by,
)
from api.saved_views import service as views
from api.saved_views.service import ViewKind, ViewName
from db.tables import Approval, ListView

MOST_COUNTED: Final = 1_000

_COUNTED: Final = [name for name in ApprovalListName if name not in (ApprovalListName.ALL, ApprovalListName.CLOSED)]


class ListCount(BaseModel):
    """How many requests a list holds."""

    count: int
    more: bool = Field(description="There are more; they were not counted.")


class ApprovalCounts(BaseModel):
    """How many requests each list holds."""

    views: dict[ApprovalListName, ListCount]
    saved: dict[UUID, ListCount] = Field(description="The caller's saved views, by id.")


class SaveView(BaseModel):
    """Body of a view that is kept."""

    model_config = ConfigDict(extra="forbid")

    name: ViewName
    filter: ApprovalFilter


class SavedView(BaseModel):
    """Filters under a name."""

    id: UUID
    name: str
    filter: ApprovalFilter


class SavedViews(BaseModel):
    """The caller's views, by name."""

    items: list[SavedView]


async def list_approvals(
    session: AsyncSession, caller: Caller, chosen: ApprovalFilter, cursor: str | None, limit: int
) -> models.ApprovalPage:
    """A page of a list."""
    rows, following = await read_page(session, caller, chosen, cursor, limit)
    return models.ApprovalPage(items=[describe(row) for row in rows], next_cursor=following)


async def read_page(
    session: AsyncSession, caller: Caller, chosen: ApprovalFilter, cursor: str | None, limit: int
) -> tuple[list[Approval], str | None]:
    """Rows of a page, and the cursor of the next one."""
    sort = sort_of(chosen)
    after = None if cursor is None else read_cursor(cursor, sort)
    wanted = wanted_by(caller, chosen, await queue_of(session, caller) if chosen.view in QUEUES else [])
    rows = await repository.list_approvals(session, wanted, sort=sort, after=after, limit=limit + 1)
    more = cursor_after(rows[limit - 1], sort) if len(rows) > limit else None
    return rows[:limit], more


async def count_lists(session: AsyncSession, caller: Caller) -> ApprovalCounts:
    """How many requests every list of the caller holds, up to `MOST_COUNTED`."""
    filters = {name.value: ApprovalFilter(view=name) for name in _COUNTED}
    own = await views.own_views(session, caller, ViewKind.APPROVALS)
    filters |= {str(view.id): ApprovalFilter.model_validate(view.filter) for view in own}
    queue = await queue_of(session, caller)
    lists = {name: wanted_by(caller, chosen, queue) for name, chosen in filters.items()}
    found = await repository.count_approvals(session, lists, MOST_COUNTED + 1)
    counts = {name: ListCount(count=min(n, MOST_COUNTED), more=n > MOST_COUNTED) for name, n in found.items()}
    names = {name.value for name in _COUNTED}
    return ApprovalCounts(
        views={ApprovalListName(name): count for name, count in counts.items() if name in names},
        saved={UUID(name): count for name, count in counts.items() if name not in names},
    )


async def list_views(session: AsyncSession, caller: Caller) -> SavedViews:
    """The caller's saved views."""
    return SavedViews(items=[_saved(view) for view in await views.own_views(session, caller, ViewKind.APPROVALS)])


async def save_view(session: AsyncSession, caller: Caller, body: SaveView) -> SavedView:
    """Keep filters under a name.

    Raises:
        RequestError: `conflict` if the caller has a view of this name, or as many as there may be.
    """
    return _saved(await views.add_view(session, caller, ViewKind.APPROVALS, body.name, _stored(body.filter)))


async def change_view(session: AsyncSession, caller: Caller, view_id: UUID, body: SaveView) -> SavedView:
    """Give a saved view another name or other filters.

    Raises:
        RequestError: `not_found`, `conflict`.
    """
    chosen = _stored(body.filter)
    return _saved(await views.change_view(session, caller, ViewKind.APPROVALS, view_id, body.name, chosen))


async def delete_view(session: AsyncSession, caller: Caller, view_id: UUID) -> None:
    """Forget a saved view.

    Raises:
        RequestError: `not_found`.
    """
    await views.delete_view(session, caller, ViewKind.APPROVALS, view_id)


def _stored(chosen: ApprovalFilter) -> dict[str, Any]:
    return chosen.model_dump(mode="json", exclude_defaults=True)


def _saved(view: ListView) -> SavedView:
    return SavedView(id=view.id, name=view.name, filter=ApprovalFilter.model_validate(view.filter))
