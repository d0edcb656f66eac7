"""From an open session to the answer that the client gets."""

from uuid import UUID

from fastapi import Response

from api.access.person import Person
from api.access.tokens import ACCESS_SECONDS, CHALLENGE_SECONDS, AccessToken
from api.identity.client import Client
from api.identity.models import AccessGrant, SecondFactorRequired, SignedIn, UserSummary, WorkspaceSummary
from api.identity.sessions import OpenSession
from api.services import Services
from db.tables import User, Workspace
from schemas.roles import Role


def signed_in(services: Services, client: Client, response: Response, opened: OpenSession) -> SignedIn:
    """Access token and refresh token; the latter as a cookie for the web app."""
    access = services.tokens.issue_access(AccessToken(opened.user.id, opened.id, opened.workspace.id))
    return SignedIn(
        second_factor_required=False,
        access_token=access,
        token_type="Bearer",  # noqa: S106 - the name of the scheme
        expires_in=ACCESS_SECONDS,
        refresh_token=client.keep(response, opened.refresh.text, opened.lasts),
        refresh_expires_at=opened.expires_at,
        session_id=opened.id,
        user=user_summary(opened.user),
        workspace=workspace_summary(opened.workspace, opened.role),
    )


def second_factor_required(services: Services, user_id: UUID) -> SecondFactorRequired:
    """The challenge of the second step."""
    challenge = services.tokens.issue_challenge(user_id)
    return SecondFactorRequired(second_factor_required=True, challenge=challenge, expires_in=CHALLENGE_SECONDS)


def user_summary(user: User) -> UserSummary:
    """A person."""
    return UserSummary(id=user.id, email=user.email, name=user.name)


def workspace_summary(workspace: Workspace, role: Role) -> WorkspaceSummary:
    """A workspace of a person."""
    return WorkspaceSummary(id=workspace.id, slug=workspace.slug, name=workspace.name, role=role)


def switched(services: Services, person: Person, workspace: Workspace, role: Role) -> AccessGrant:
    """An access token for another workspace."""
    access = services.tokens.issue_access(AccessToken(person.user_id, person.session_id, workspace.id))
    return AccessGrant(
        access_token=access,
        token_type="Bearer",  # noqa: S106 - the name of the scheme
        expires_in=ACCESS_SECONDS,
        workspace=workspace_summary(workspace, role),
    )
