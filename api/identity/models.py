"""Requests and answers about signing in."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from api.access import emails, passwords
from api.access.emails import NewEmail
from schemas.roles import Role

PersonName = Annotated[str, Field(min_length=1, max_length=200, pattern=r"\S", examples=["Ada Lovelace"])]
WorkspaceName = Annotated[str, Field(min_length=1, max_length=200, pattern=r"\S", examples=["Analytical Engines"])]
Password = Annotated[SecretStr, Field(max_length=passwords.MAX_CHARS)]
RefreshText = Annotated[str, Field(max_length=300)]
TicketText = Annotated[str, Field(min_length=1, max_length=200)]


class Body(BaseModel):
    """Base of the requests: what is not known is refused."""

    model_config = ConfigDict(extra="forbid")


class Login(Body):
    """Body of a sign-in."""

    email: str = Field(max_length=emails.MAX_CHARS)
    password: Password


class SecondFactor(Body):
    """Body of the second step of a sign-in."""

    challenge: str = Field(max_length=2_048, description="From the answer to the first step.")
    code: str = Field(min_length=1, max_length=64, description="Of the authenticator, or a recovery code.")


class UseTicket(Body):
    """Body of a sign-in by a link."""

    ticket: TicketText


class Refresh(Body):
    """Body of a refresh."""

    refresh_token: RefreshText | None = Field(default=None, description="Left out by the web app, which has a cookie.")
    workspace_id: UUID | None = Field(default=None, description="Where to act; where one was last by default.")


class Logout(Body):
    """Body of a sign-out."""

    refresh_token: RefreshText | None = Field(default=None, description="Left out by the web app, which has a cookie.")


class LogoutEverywhere(Body):
    """Body of signing out everywhere."""

    keep_this: bool = Field(default=False, description="Stay signed in here.")


class SwitchWorkspace(Body):
    """Body of a switch to another workspace."""

    workspace_id: UUID


class SetUp(Body):
    """Body of the set-up of a fresh installation."""

    email: NewEmail
    name: PersonName
    password: Password
    workspace_name: WorkspaceName
    ticket: TicketText | None = Field(
        default=None, description="From the log of the API; not needed on the machine itself."
    )


class CreateTicket(Body):
    """Body of the creation of a link that works once."""

    purpose: Literal["login", "setup"]
    email: str | None = Field(
        default=None, max_length=emails.MAX_CHARS, description="Account to sign in to; the first owner by default."
    )
    forget_password: bool = Field(default=False, description="Its use ends all sessions and lets choose a password.")


class SetupState(BaseModel):
    """Whether the installation belongs to somebody."""

    done: bool = Field(description="There is an owner; nothing is to be set up.")
    ticket_required: bool = Field(description="Whether a set-up from here needs the ticket from the log.")


class UserSummary(BaseModel):
    """A person."""

    id: UUID
    email: str
    name: str


class WorkspaceSummary(BaseModel):
    """A workspace of the caller."""

    id: UUID
    slug: str
    name: str
    role: Role = Field(description="Role of the caller there.")


class AccessGrant(BaseModel):
    """A fresh access token."""

    access_token: str = Field(description="Send it as `Authorization: Bearer …`.")
    token_type: Literal["Bearer"]
    expires_in: int = Field(description="Seconds until it must be refreshed.")
    workspace: WorkspaceSummary = Field(description="Where it acts.")


class SignedIn(AccessGrant):
    """Somebody is signed in."""

    second_factor_required: Literal[False]
    refresh_token: str | None = Field(
        description="Good for one refresh, which gives the next one. Null for the web app, which has it as a cookie."
    )
    refresh_expires_at: datetime
    session_id: UUID
    user: UserSummary


class SecondFactorRequired(BaseModel):
    """The password was right; now the second factor is asked for."""

    second_factor_required: Literal[True]
    challenge: str = Field(description="Send it back with the code.")
    expires_in: int = Field(description="Seconds.")


class Ticket(BaseModel):
    """A link that works once."""

    ticket: str = Field(description="Shown only here.")
    path: str = Field(description="Page of the web app that uses it.")
    expires_at: datetime


class SessionSummary(BaseModel):
    """A sign-in on one device."""

    id: UUID
    current: bool = Field(description="This very session.")
    created_at: datetime
    last_used_at: datetime = Field(description="To within ten minutes.")
    expires_at: datetime = Field(description="If it is not used until then.")
    address: str = Field(description="Network address of the last use.")
    user_agent: str


class SessionList(BaseModel):
    """Where one is signed in, the latest first."""

    items: list[SessionSummary]
