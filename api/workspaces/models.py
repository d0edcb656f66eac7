"""Requests and answers about workspaces."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, Field

from api.identity.models import Body, WorkspaceName


class CreateWorkspace(Body):
    """Body of the creation of a workspace."""

    name: WorkspaceName
    slug: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$", examples=["analytical-engines"])] | None = Field(
        default=None, description="Short name, the same for nobody else; made from the name by default."
    )


class UpdateWorkspace(Body):
    """Body of a change of a workspace."""

    name: WorkspaceName


class Workspace(BaseModel):
    """A workspace."""

    id: UUID
    slug: str
    name: str
    created_at: datetime
