"""Which entries of the audit log are asked for."""

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query
from pydantic import AwareDatetime
from sqlalchemy import ColumnElement

from api.audit.models import ActorKind
from db.tables import AuditEntry


@dataclass(frozen=True)
class AuditFilter:
    """Conditions on entries; those that are left out hold for every entry."""

    actor: str | None = None
    actor_id: UUID | None = None
    actor_kind: ActorKind | None = None
    actions: tuple[str, ...] = ()
    subject_kind: str | None = None
    subject_id: str | None = None
    since: AwareDatetime | None = None
    until: AwareDatetime | None = None

    def conditions(self) -> list[ColumnElement[bool]]:
        """The same in SQL."""
        equal = (
            (AuditEntry.actor_name, self.actor),
            (AuditEntry.actor_id, self.actor_id),
            (AuditEntry.actor_kind, self.actor_kind),
            (AuditEntry.subject_kind, self.subject_kind),
            (AuditEntry.subject_id, self.subject_id),
        )
        found: list[ColumnElement[bool]] = [column == value for column, value in equal if value is not None]
        if self.actions:
            found.append(AuditEntry.action.in_(self.actions))
        if self.since is not None:
            found.append(AuditEntry.at >= self.since)
        if self.until is not None:
            found.append(AuditEntry.at < self.until)
        return found


async def _filter(
    actor: Annotated[str | None, Query(max_length=300, description="Name of who did it, as the log shows it.")] = None,
    actor_id: Annotated[UUID | None, Query(description="Id of the user or key.")] = None,
    actor_kind: Annotated[ActorKind | None, Query(description="What proved who it was.")] = None,
    action: Annotated[
        list[Annotated[str, Query(max_length=100)]] | None,
        Query(max_length=50, description="Only these, such as `workflow.published`; repeatable."),
    ] = None,
    subject_kind: Annotated[str | None, Query(max_length=100, description="Kind of what was changed.")] = None,
    subject_id: Annotated[str | None, Query(max_length=300, description="Its id; for workflows the slug.")] = None,
    since: Annotated[AwareDatetime | None, Query(description="From this time on.")] = None,
    until: Annotated[AwareDatetime | None, Query(description="Before this time.")] = None,
) -> AuditFilter:
    return AuditFilter(actor, actor_id, actor_kind, tuple(action or ()), subject_kind, subject_id, since, until)


CurrentFilter = Annotated[AuditFilter, Depends(_filter)]
"""Parameter type of a route that reads the audit log."""
