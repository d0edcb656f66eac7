"""Requests and answers about groups."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, Field, StringConstraints

from api.identity.models import Body

GroupName = Annotated[
    str,
    StringConstraints(strip_whitespace=True),
    Field(min_length=1, max_length=100, pattern=r"\S", examples=["refund approvers"]),
]


class CreateGroup(Body):
    """Body of the creation of a group."""

    name: GroupName = Field(description="The same for no other group, whatever the case of its letters.")
    description: str = Field(default="", max_length=1_000)


class UpdateGroup(Body):
    """Body of a change of a group; what is left out stays."""

    name: GroupName | None = None
    description: str | None = Field(default=None, max_length=1_000)


class Group(BaseModel):
    """Members under one name."""

    id: UUID
    name: str
    description: str
    members: int = Field(description="How many are in it; `GET /v1/members?group=…` lists them.")
    created_at: datetime


class GroupPage(BaseModel):
    """Groups by name."""

    items: list[Group]
    next_cursor: str | None = Field(description="`cursor` of the next page; null on the last.")
