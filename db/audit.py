"""The audit log: who changed what, from where, and how it was before; written in the transaction of the change."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from db.tables import AuditEntry


@dataclass(frozen=True)
class Actor:
    """Who does something."""

    workspace_id: UUID
    kind: str
    """`user`, `key`, `operator` or `system`."""
    id: UUID | None
    name: str
    address: str = ""
    """Network address of the caller."""
    request_id: str = ""

    def described(self) -> dict[str, Any]:
        """The actor without the workspace, as JSON for the row of what was started."""
        return {
            "kind": self.kind,
            "id": None if self.id is None else str(self.id),
            "name": self.name,
            "address": self.address,
            "request_id": self.request_id,
        }

    @classmethod
    def of(cls, workspace_id: UUID, described: Mapping[str, Any]) -> "Actor":
        """The actor from that."""
        identity = described["id"]
        return cls(
            workspace_id=workspace_id,
            kind=described["kind"],
            id=None if identity is None else UUID(identity),
            name=described["name"],
            address=described["address"],
            request_id=described["request_id"],
        )


def record(
    session: AsyncSession,
    actor: Actor,
    action: str,
    subject: tuple[str, object],
    *,
    before: Any = None,
    after: Any = None,
) -> None:
    """Write down a change; it is stored if and only if the transaction of `session` commits.

    Args:
        session: The transaction that makes the change.
        actor: Who makes it.
        action: `<subject>.<verb in the past>`, such as `workflow.published`.
        subject: Kind and id of what is changed.
        before: What it was, as JSON without secrets; nothing if it is new.
        after: What it is now; nothing if it is gone.
    """
    session.add(
        AuditEntry(
            workspace_id=actor.workspace_id,
            actor_kind=actor.kind,
            actor_id=actor.id,
            actor_name=actor.name,
            address=actor.address,
            request_id=actor.request_id,
            action=action,
            subject_kind=subject[0],
            subject_id=str(subject[1]),
            before=before,
            after=after,
        )
    )
