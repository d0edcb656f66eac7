"""Requests and answers about the caller's own account."""

from uuid import UUID

from pydantic import BaseModel, Field

from api.access.caller import CallerKind
from api.access.emails import NewEmail
from api.access.permissions import Permission
from api.identity.models import Body, Password, PersonName, UserSummary, WorkspaceSummary


class Me(BaseModel):
    """Who calls."""

    kind: CallerKind = Field(description="What proved it.")
    name: str = Field(description="As decisions and the audit log show it.")
    user: UserSummary | None = Field(description="Null for a key and for the operator's token.")
    has_password: bool = Field(description="Whether the account can sign in with a password.")
    second_factor: bool = Field(description="Whether a second factor is asked for.")
    by_sign_on: bool = Field(
        description="Whether the session began at the company's provider; the account itself then cannot be changed."
    )
    session_id: UUID | None
    workspace: WorkspaceSummary = Field(description="Where the caller acts.")
    workspaces: list[WorkspaceSummary] = Field(description="Where the caller is a member.")
    permissions: list[Permission] = Field(description="What the caller may do in the workspace.")


class UpdateMe(Body):
    """Body of a change of the own account; what is left out stays."""

    name: PersonName | None = None
    email: NewEmail | None = Field(
        default=None, description="Only for the account that a login link has made, which has no address yet."
    )


class ChangePassword(Body):
    """Body of a change of the own password."""

    old_password: Password | None = Field(default=None, description="Left out by an account that has none yet.")
    new_password: Password
