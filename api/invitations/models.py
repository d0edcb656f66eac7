"""Requests and answers about invitations."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, Field

from api.access.emails import NewEmail
from api.identity.models import Body, Password, PersonName
from schemas.roles import Role

TokenText = Annotated[str, Field(min_length=1, max_length=1_000, description="From the link of the invitation.")]


class InvitationState(StrEnum):
    """What became of an invitation."""

    OPEN = "open"
    EXPIRED = "expired"
    ACCEPTED = "accepted"
    REVOKED = "revoked"


class CreateInvitation(Body):
    """Body of an invitation."""

    email: NewEmail = Field(description="Of who is invited; nobody else can accept it.")
    role: Role


class Invitation(BaseModel):
    """An invitation without its token."""

    id: UUID
    email: str
    role: Role
    state: InvitationState
    invited_by: str = Field(description="Name of who made it, or sent it again.", examples=["ada@example.com"])
    created_at: datetime
    expires_at: datetime
    accepted_at: datetime | None
    revoked_at: datetime | None


class SentInvitation(Invitation):
    """An invitation that was mailed, or the link that accepts it."""

    mailed: bool = Field(description="Whether the link is in a mail to who is invited, and only there.")
    token: str | None = Field(description="Works once. Shown only here; null if it was mailed.")
    path: str | None = Field(
        description="Page of the web app that accepts it; null if it was mailed. To open it accepts nothing yet."
    )


class InvitationPage(BaseModel):
    """Invitations, the newest first."""

    items: list[Invitation]
    next_cursor: str | None = Field(description="`cursor` of the next page; null on the last.")


class InspectInvitation(Body):
    """Body of a look at an invitation."""

    token: TokenText


class InspectedInvitation(BaseModel):
    """What whoever holds the link is told."""

    workspace: str = Field(description="Name of the workspace.", examples=["Analytical Engines"])
    email: str = Field(description="Who is invited.")
    role: Role
    invited_by: str = Field(examples=["ada@example.com"])
    expires_at: datetime
    account_exists: bool = Field(description="Then accept as this person; else choose name and password.")


class AcceptInvitation(Body):
    """Body of an acceptance."""

    token: TokenText
    name: PersonName | None = Field(default=None, description="Of a new account; left out if there is one.")
    password: Password | None = Field(
        default=None, description="Of a new account, or of the one there is; left out by who is signed in as it."
    )
    code: str | None = Field(
        default=None, min_length=1, max_length=64, description="Of the second factor, with the password of an account."
    )
