"""Members who answer requests in tests."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import select

from db.approvals.opening import open_approval
from db.approvals.principals import Voter
from db.approvals.voting import KEEP, Answer, Verdict, vote
from db.audit import Actor
from db.tables import Approval, ApprovalAssignee, ApprovalEntry, Group, GroupMember, Notification, OutboxRow
from schemas.approvals import RequestSettings
from schemas.roles import Role
from schemas.service_calls import OpenApproval
from tests.support.people import Member, new_member
from tests.support.run_log import LoggedRun


@dataclass(frozen=True)
class Person:
    """A member as somebody who answers."""

    member: Member
    role: Role
    workspace_id: UUID

    @property
    def id(self) -> UUID:
        return self.member.id

    @property
    def email(self) -> str:
        return self.member.email

    @property
    def voter(self) -> Voter:
        return Voter(kind="user", id=self.id, name=self.email, role=self.role)

    @property
    def actor(self) -> Actor:
        return Actor(workspace_id=self.workspace_id, kind="user", id=self.id, name=self.email)


class Inbox:
    """A run that asks, and members who answer."""

    def __init__(self, run: LoggedRun) -> None:
        self.run = run
        self.database = run.database

    async def person(self, role: Role = Role.OPERATOR) -> Person:
        member = await new_member(self.database, self.run.workspace_id, role)
        return Person(member, role, self.run.workspace_id)

    async def people(self, count: int, role: Role = Role.OPERATOR) -> list[Person]:
        return [await self.person(role) for _ in range(count)]

    async def group(self, *people: Person) -> str:
        """A group of them; its name."""
        identity = uuid4()
        async with self.database.tenant(self.run.workspace_id) as session:
            session.add(Group(id=identity, workspace_id=self.run.workspace_id, name=f"g-{identity.hex[:8]}"))
            await session.flush()
            for person in people:
                session.add(GroupMember(workspace_id=self.run.workspace_id, group_id=identity, user_id=person.id))
        return f"g-{identity.hex[:8]}"

    async def ask(self, *, request: dict[str, Any] | None = None, **settings: Any) -> UUID:
        """Open a request with these settings."""
        message = {
            "path": "ask",
            "iteration": 0,
            "node_name": "Ask",
            "workflow_id": f"run-{self.run.id}",
            "title": "Pay?",
            "payload": {"amount": 900, "to": {"name": "Ada"}},
            "decisions": (("approved", "Pay"), ("rejected", "No"), ("later", "Later")),
            "settings": RequestSettings.model_validate(settings),
        } | (request or {})
        async with self.database.tenant(self.run.workspace_id) as session:
            opened = await open_approval(session, OpenApproval.model_validate(self.run.message(**message)))
            return opened.id

    async def look(self, approval_id: UUID) -> Approval:
        async with self.database.tenant(self.run.workspace_id) as session:
            return (await session.scalars(select(Approval).where(Approval.id == approval_id))).one()

    async def vote(
        self,
        approval_id: UUID,
        person: Person,
        decision: str = "approved",
        payload: Any = KEEP,
        digest: str | None = None,
    ) -> Verdict:
        """Answer as a person who has just looked, or who saw what had this digest."""
        shown = digest or (await self.look(approval_id)).digest
        answer = Answer(decision=decision, digest=shown, payload=payload)
        async with self.database.tenant(self.run.workspace_id) as session:
            return await vote(session, approval_id, answer, person.voter, person.actor)

    async def asked(self, approval_id: UUID, *, open_only: bool = True) -> set[str]:
        """Principals in the queues."""
        query = select(ApprovalAssignee.principal).where(ApprovalAssignee.approval_id == approval_id)
        async with self.database.tenant(self.run.workspace_id) as session:
            return set(await session.scalars(query.where(ApprovalAssignee.open) if open_only else query))

    async def history(self, approval_id: UUID) -> list[str]:
        query = select(ApprovalEntry.kind).where(ApprovalEntry.approval_id == approval_id)
        async with self.database.tenant(self.run.workspace_id) as session:
            return list(await session.scalars(query.order_by(ApprovalEntry.id)))

    async def told(self, approval_id: UUID) -> list[tuple[str, list[str]]]:
        """What people are to hear of, and who."""
        query = select(Notification.event, Notification.principals).where(Notification.approval_id == approval_id)
        async with self.database.tenant(self.run.workspace_id) as session:
            return [(row[0], sorted(row[1])) for row in await session.execute(query.order_by(Notification.id))]

    async def signals(self) -> list[OutboxRow]:
        query = select(OutboxRow).where(OutboxRow.run_id == self.run.id).order_by(OutboxRow.id)
        async with self.database.tenant(self.run.workspace_id) as session:
            return list(await session.scalars(query))
