"""What a person keeps of the lists that they look through: reading it, adding to it, changing it."""

from enum import StrEnum
from typing import Annotated, Any, Final
from uuid import UUID

from pydantic import StringConstraints
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from api.access.caller import Caller, CallerKind
from api.errors import RequestError, not_found
from db import audit
from db.tables import ListView
from schemas.errors import ErrorCode

MOST_VIEWS: Final = 50
"""Saved views of one person and list."""

ViewName = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]


class ViewKind(StrEnum):
    """The list that is looked through."""

    APPROVALS = "approvals"
    RUNS = "runs"

    @property
    def subject(self) -> str:
        """What the audit log calls a view of it."""
        return f"{self.value.removesuffix('s')}_view"


async def own_views(session: AsyncSession, caller: Caller, kind: ViewKind) -> list[ListView]:
    """The caller's saved views of a list, by name."""
    query = select(ListView).where(ListView.kind == kind, ListView.user_id.is_not_distinct_from(_owner(caller)))
    return list(await session.scalars(query.order_by(func.lower(ListView.name), ListView.id)))


async def add_view(
    session: AsyncSession, caller: Caller, kind: ViewKind, name: str, chosen: dict[str, Any]
) -> ListView:
    """Keep filters under a name.

    Raises:
        RequestError: `conflict` if the caller has a view of this name, or as many as there may be.
    """
    own = await own_views(session, caller, kind)
    if len(own) >= MOST_VIEWS:
        message = f"You have {MOST_VIEWS} saved views already; delete one first."
        raise RequestError(ErrorCode.CONFLICT, message)
    _refuse_taken(own, name)
    view = ListView(workspace_id=caller.workspace_id, user_id=_owner(caller), kind=kind.value, name=name, filter=chosen)
    session.add(view)
    await session.flush()
    audit.record(session, caller.actor, "list_view.created", (kind.subject, view.id), after={"name": name})
    return view


async def change_view(
    session: AsyncSession, caller: Caller, kind: ViewKind, view_id: UUID, name: str, chosen: dict[str, Any]
) -> ListView:
    """Give a saved view another name or other filters.

    Raises:
        RequestError: `not_found`, `conflict`.
    """
    own = await own_views(session, caller, kind)
    view = _one(own, view_id)
    _refuse_taken([other for other in own if other is not view], name)
    before = {"name": view.name}
    view.name, view.filter = name, chosen
    subject = (kind.subject, view_id)
    audit.record(session, caller.actor, "list_view.updated", subject, before=before, after={"name": name})
    return view


async def delete_view(session: AsyncSession, caller: Caller, kind: ViewKind, view_id: UUID) -> None:
    """Forget a saved view.

    Raises:
        RequestError: `not_found`.
    """
    view = _one(await own_views(session, caller, kind), view_id)
    await session.delete(view)
    subject = (kind.subject, view_id)
    audit.record(session, caller.actor, "list_view.deleted", subject, before={"name": view.name})


def _owner(caller: Caller) -> UUID | None:
    return caller.id if caller.kind is CallerKind.USER else None


def _one(own: list[ListView], view_id: UUID) -> ListView:
    for view in own:
        if view.id == view_id:
            return view
    raise not_found("view", view_id)


def _refuse_taken(others: list[ListView], name: str) -> None:
    if any(other.name.lower() == name.lower() for other in others):
        raise RequestError(ErrorCode.CONFLICT, f"You have a view named {name!r} already; choose another name.")
