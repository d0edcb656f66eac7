"""Requests and answers about members."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, Field

from api.identity.models import Body
from schemas.roles import Role


class GroupOfMember(BaseModel):
    """A group that a member is in."""

    id: UUID
    name: str


class Member(BaseModel):
    """A person in the workspace."""

    user_id: UUID
    email: str
    email_verified: bool = Field(description="Whether it is known that the mailbox is theirs.")
    name: str
    role: Role
    groups: list[GroupOfMember] = Field(description="By name.")
    second_factor: bool = Field(description="Whether they sign in with a second factor.")
    disabled: bool = Field(description="Whether the account is closed.")
    joined_at: datetime
    last_seen_at: datetime | None = Field(description="When they last used the workspace, to within ten minutes.")


class MemberPage(BaseModel):
    """Members, in the order in which they joined."""

    items: list[Member]
    next_cursor: str | None = Field(description="`cursor` of the next page; null on the last.")


class ChangeRole(Body):
    """Body of a change of a role."""

    role: Role
