"""Making and naming workspaces."""

import re
import secrets
import unicodedata
from typing import Final
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from api.access.person import Person
from api.errors import RequestError, not_found
from api.services import Services
from api.workspaces import models
from db import audit
from db.audit import Actor
from db.tables import Membership, Workspace
from schemas.errors import ErrorCode
from schemas.roles import Role

_MAX_SLUG: Final = 50


async def create_workspace(services: Services, person: Person, body: models.CreateWorkspace) -> models.Workspace:
    """Make a workspace; who makes it owns it.

    Raises:
        RequestError: `conflict` if the slug that was asked for is taken.
    """
    async with services.database.identity() as session:
        workspace_id = await _insert(session, body)
        session.add(Membership(workspace_id=workspace_id, user_id=person.user_id, role=Role.OWNER.value))
        workspace = await session.get_one(Workspace, workspace_id)
        caller = person.caller
        actor = Actor(workspace_id, caller.kind, caller.id, caller.name, caller.address, caller.request_id)
        after = {"name": workspace.name, "slug": workspace.slug}
        audit.record(session, actor, "workspace.created", ("workspace", workspace_id), after=after)
        return _described(workspace)


async def get_workspace(session: AsyncSession, workspace_id: UUID) -> models.Workspace:
    """The workspace in which the caller acts."""
    return _described(await session.get_one(Workspace, workspace_id))


async def update_workspace(session: AsyncSession, actor: Actor, body: models.UpdateWorkspace) -> models.Workspace:
    """Give the workspace another name.

    Raises:
        RequestError: `not_found`.
    """
    query = select(Workspace).where(Workspace.id == actor.workspace_id).with_for_update(key_share=True)
    workspace = (await session.scalars(query)).one_or_none()
    if workspace is None:
        raise not_found("workspace", actor.workspace_id)
    before, workspace.name = {"name": workspace.name}, body.name
    if before["name"] != body.name:
        after = {"name": body.name}
        audit.record(session, actor, "workspace.updated", ("workspace", workspace.id), before=before, after=after)
    return _described(workspace)


async def _insert(session: AsyncSession, body: models.CreateWorkspace) -> UUID:
    """Insert under the slug that was asked for, or under a free one."""
    made = slug_of(body.name)
    for slug in [body.slug] if body.slug else [made, f"{made}-{secrets.token_hex(4)}"]:
        row = insert(Workspace).values(id=uuid4(), slug=slug, name=body.name)
        inserted: UUID | None = await session.scalar(row.on_conflict_do_nothing().returning(Workspace.id))
        if inserted is not None:
            return inserted
    raise RequestError(ErrorCode.CONFLICT, f"The slug {body.slug or made!r} is taken; choose another one.")


def slug_of(name: str) -> str:
    """A slug from a name: small Latin letters, digits and hyphens."""
    plain = unicodedata.normalize("NFKD", name.casefold()).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:_MAX_SLUG].rstrip("-") or "workspace"


def _described(workspace: Workspace) -> models.Workspace:
    return models.Workspace(id=workspace.id, slug=workspace.slug, name=workspace.name, created_at=workspace.created_at)
