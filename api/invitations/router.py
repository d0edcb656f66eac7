"""Routes of invitations."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Path, Query, Request, Response, status

from api.access.caller import Caller, CurrentCaller, CurrentWorkspace
from api.identity.answers import signed_in, switched
from api.identity.client import CurrentClient
from api.identity.models import AccessGrant, SignedIn
from api.invitations import acceptance, mailing, service
from api.invitations.acceptance import Joined
from api.invitations.models import (
    AcceptInvitation,
    CreateInvitation,
    InspectedInvitation,
    InspectInvitation,
    Invitation,
    InvitationPage,
    InvitationState,
    SentInvitation,
)
from api.requests import Cursor, Limit, parse_id
from api.requests import router as feature_router
from api.services import CurrentServices

router = feature_router("invitations")


async def _invitation_id(
    invitation_id: Annotated[str, Path(max_length=100, description="Id of the invitation.")],
) -> UUID:
    return parse_id("invitation", invitation_id)


InvitationId = Annotated[UUID, Depends(_invitation_id)]


@router.post("/v1/invitations", operation_id="create_invitation", status_code=status.HTTP_201_CREATED)
async def create_invitation(
    services: CurrentServices, caller: CurrentCaller, body: CreateInvitation, response: Response
) -> SentInvitation:
    """Invite somebody for seven days.

    With a mail server of the installation the link is mailed, and nobody else is shown it; else this answer has it.
    """
    async with services.database.tenant(caller.workspace_id) as session:
        sent = await mailing.send(session, services, caller, await service.create(session, caller, body))
    response.headers["Location"] = f"/v1/invitations/{sent.id}"
    return sent


@router.get("/v1/invitations", operation_id="list_invitations")
async def list_invitations(
    services: CurrentServices,
    workspace: CurrentWorkspace,
    state: Annotated[InvitationState | None, Query(description="Only those in this state.")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> InvitationPage:
    """Invitations, the newest first."""
    async with services.database.tenant(workspace) as session:
        return await service.list_invitations(session, state, cursor, limit)


@router.get("/v1/invitations/{invitation_id}", operation_id="get_invitation")
async def get_invitation(
    services: CurrentServices, workspace: CurrentWorkspace, invitation_id: InvitationId
) -> Invitation:
    """An invitation, without its link."""
    async with services.database.tenant(workspace) as session:
        return await service.get(session, invitation_id)


@router.post("/v1/invitations/{invitation_id}/resend", operation_id="resend_invitation")
async def resend_invitation(
    services: CurrentServices, caller: CurrentCaller, invitation_id: InvitationId
) -> SentInvitation:
    """Make another link that works for seven days from now, and mail or show it; the one before stops working."""
    async with services.database.tenant(caller.workspace_id) as session:
        return await mailing.send(session, services, caller, await service.resend(session, caller, invitation_id))


@router.delete(
    "/v1/invitations/{invitation_id}", operation_id="revoke_invitation", status_code=status.HTTP_204_NO_CONTENT
)
async def revoke_invitation(services: CurrentServices, caller: CurrentCaller, invitation_id: InvitationId) -> None:
    """Take an invitation back."""
    async with services.database.tenant(caller.workspace_id) as session:
        await service.revoke(session, caller, invitation_id)
        await mailing.withdraw_mail(session, invitation_id)


@router.post("/v1/invitations/inspect", operation_id="inspect_invitation")
async def inspect_invitation(services: CurrentServices, body: InspectInvitation) -> InspectedInvitation:
    """What the link of an invitation is about. Changes nothing."""
    return await acceptance.inspect(services, body.token)


@router.post("/v1/invitations/accept", operation_id="accept_invitation")
async def accept_invitation(
    services: CurrentServices, client: CurrentClient, request: Request, body: AcceptInvitation, response: Response
) -> SignedIn | AccessGrant:
    """Become a member.

    Without an account, with a name and a password for one. With an account, signed in as the person who was invited,
    or with password and code of that account; one that has no password gets its first one by the link in the mail.
    """
    caller = request.scope.get("caller")
    joined = await acceptance.accept(services, client, caller if isinstance(caller, Caller) else None, body)
    services.directory.forget()
    if isinstance(joined, Joined):
        return switched(services, joined.person, joined.workspace, joined.role)
    return signed_in(services, client, response, joined)
