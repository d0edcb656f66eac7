"""Lists of requests: what a list shows, in which order, and where a page of it ends."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Final
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.ext.asyncio import AsyncSession

from api.access.caller import Caller
from api.access.permissions import Permission
from api.approvals.describing import voter_of
from api.approvals.models import ApprovalStatus, Purpose
from api.requests import bad_cursor, decode_cursor, encode_cursor, parse_moment
from db.approvals.principals import absent_for, principals_of_user, principals_of_voter
from db.tables import Approval
from schemas.approvals import Priority, PriorityName


class ApprovalListName(StrEnum):
    """Lists that everybody has."""

    MINE = "mine"
    """Open, asked of the caller or of somebody they stand in for, not answered by them, and nobody else's claim."""
    UNCLAIMED = "unclaimed"
    """Those of `mine` which nobody has claimed."""
    CLAIMED_BY_ME = "claimed_by_me"
    OPEN = "open"
    OVERDUE = "overdue"
    DUE_SOON = "due_soon"
    INTERVENTIONS = "interventions"
    """Steps that cannot go on by themselves, also those of which nobody knows whether they were carried out."""
    VERIFICATIONS = "verifications"
    DECIDED_BY_ME = "decided_by_me"
    CLOSED = "closed"
    ALL = "all"


class ApprovalSort(StrEnum):
    """Orders of a list."""

    CREATED = "created"
    NEWEST = "newest"
    PRIORITY = "priority"
    DUE = "due"
    DECIDED = "decided"


Aware = Annotated[datetime, Field(description="With a time zone; without one it is UTC.")]
Words = Annotated[str, Field(min_length=1, max_length=200)]


class ApprovalFilter(BaseModel):
    """What a list shows; all of it must fit."""

    model_config = ConfigDict(extra="forbid")

    status: ApprovalStatus | None = None
    view: ApprovalListName = Field(
        default=ApprovalListName.ALL,
        description="`mine`: asked of the caller, or of somebody they stand in for, and not yet answered by them; "
        "`unclaimed`: those of them that nobody has claimed; `due_soon`: open for at most another day.",
    )
    q: Words | None = Field(
        default=None, description="Words in title, text, data or tags; the last may be a beginning."
    )
    workflow: Words | None = Field(default=None, description="Slug.")
    node: Words | None = Field(default=None, description="Path or name of the node that asks.")
    purpose: Purpose | None = None
    priority: PriorityName | None = None
    tag: Words | None = None
    run: UUID | None = None
    created_after: Aware | None = None
    created_before: Aware | None = None
    due_after: Aware | None = None
    due_before: Aware | None = None
    sort: ApprovalSort = Field(
        default=ApprovalSort.CREATED,
        description="`created`: the oldest first; `priority`: the most urgent first; `due`: by deadline, those without "
        "one last; `decided`: the latest decision first, only what is decided.",
    )


QUEUES: Final = (ApprovalListName.MINE, ApprovalListName.UNCLAIMED)
_SAME: Final = ("status", "q", "workflow", "node", "purpose", "tag", "run")
_MOMENTS: Final = ("created_after", "created_before", "due_after", "due_before")
_OPEN: Final[dict[ApprovalListName, tuple[str, ...]]] = {
    ApprovalListName.OPEN: (),
    ApprovalListName.OVERDUE: ("overdue",),
    ApprovalListName.DUE_SOON: ("due_soon",),
    ApprovalListName.INTERVENTIONS: ("stuck",),
    ApprovalListName.VERIFICATIONS: ("stuck", "unknown"),
}
"""Views of what is open, and what else must be so there."""

Queue = list[dict[str, str | None]]
"""Principals whose queue is the caller's, each with the person who must not be kept out of the request."""


def wanted_by(caller: Caller, chosen: ApprovalFilter, queue: Queue) -> dict[str, Any]:
    """The filter as `perdure_list_approvals` takes it; `queue` is read by views of `QUEUES` only."""
    given = chosen.model_dump(mode="json", exclude_none=True)
    wanted: dict[str, Any] = {name: given[name] for name in (*_SAME, *_MOMENTS) if name in given}
    if chosen.priority is not None:
        wanted["priority"] = int(Priority[chosen.priority.upper()])
    return wanted | _of_view(caller, chosen.view, queue)


def sort_of(chosen: ApprovalFilter) -> ApprovalSort:
    """The order; what is open has no decision to be ordered by."""
    if chosen.view in QUEUES and chosen.sort is ApprovalSort.DECIDED:
        return ApprovalSort.CREATED
    return chosen.sort


def _of_view(caller: Caller, view: ApprovalListName, queue: Queue) -> dict[str, Any]:
    """What a view is, under other names than what anybody may choose beside it: all of it must fit."""
    me = {"me": None if caller.id is None else str(caller.id), "kind": caller.kind.value}
    if view in QUEUES:
        free = {"unclaimed": True} if view is ApprovalListName.UNCLAIMED else {"free_for": me["me"]}
        return me | free | {"asked": queue}
    if view is ApprovalListName.DECIDED_BY_ME:
        return me | {"voted_by": me["me"]}
    if view is ApprovalListName.CLOSED:
        return {"closed": True}
    if view is ApprovalListName.ALL:
        return {}
    if view is ApprovalListName.CLAIMED_BY_ME:
        return {"open": True, "claimed_by": me["me"]}
    return dict.fromkeys(("open", *_OPEN[view]), True)


async def queue_of(session: AsyncSession, caller: Caller) -> Queue:
    """The caller's own queue and those of whom they stand in for."""
    if not caller.may(Permission.APPROVALS_DECIDE):
        return []
    voter = voter_of(caller)
    me = str(voter.id) if voter.kind == "user" and voter.id is not None else None
    found: dict[str, str | None] = dict.fromkeys(await principals_of_voter(session, voter), me)
    if voter.kind == "user" and voter.id is not None:
        for absent, role in await absent_for(session, voter.id):
            for principal in await principals_of_user(session, absent, role):
                found.setdefault(principal, str(absent))
    return [{"principal": principal, "person": person} for principal, person in found.items()]


def cursor_after(approval: Approval, sort: ApprovalSort) -> str:
    """Where a page ends."""
    return encode_cursor(sort.value, *_keys(approval, sort), str(approval.id))


def _keys(approval: Approval, sort: ApprovalSort) -> list[str]:
    if sort is ApprovalSort.PRIORITY:
        return [str(-approval.priority), approval.created_at.isoformat()]
    if sort is ApprovalSort.DUE:
        return ["infinity" if approval.due_at is None else approval.due_at.isoformat()]
    if sort is ApprovalSort.DECIDED and approval.decided_at is not None:
        return [approval.decided_at.isoformat()]
    return [approval.created_at.isoformat()]


def read_cursor(cursor: str, sort: ApprovalSort) -> list[str]:
    """The keys after which a page begins.

    Raises:
        RequestError: if it is none of this order.
    """
    name, *keys = decode_cursor(cursor, 4 if sort is ApprovalSort.PRIORITY else 3)
    if name != sort.value:
        raise bad_cursor()
    try:
        UUID(keys[-1])
        if sort is ApprovalSort.PRIORITY and not -10 <= int(keys[0]) <= 10:
            raise bad_cursor()
    except ValueError:
        raise bad_cursor() from None
    if keys[-2] != "infinity" or sort is not ApprovalSort.DUE:
        parse_moment(keys[-2])
    return keys
