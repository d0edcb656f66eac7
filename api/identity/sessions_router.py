"""Routes of sessions: where one is signed in, and signing out."""

from typing import Annotated

from fastapi import Path, Request, Response, status

from api.access.caller import Caller
from api.access.person import CurrentPerson
from api.identity import own_sessions
from api.identity.answers import switched
from api.identity.client import CurrentClient
from api.identity.models import AccessGrant, Logout, LogoutEverywhere, SessionList, SwitchWorkspace
from api.requests import parse_id
from api.requests import router as feature_router
from api.services import CurrentServices

router = feature_router("sign-in")


@router.post("/v1/auth/logout", operation_id="logout", status_code=status.HTTP_204_NO_CONTENT)
async def logout(
    services: CurrentServices, client: CurrentClient, request: Request, response: Response, body: Logout | None = None
) -> None:
    """Sign out: end the session of the refresh token, of the access token, or of both. Never fails for being late."""
    caller = request.scope.get("caller")
    text = client.refresh_token(body.refresh_token if body is not None else None)
    await own_sessions.sign_out(services, client, text, caller if isinstance(caller, Caller) else None)
    client.drop(response)


@router.post("/v1/auth/logout-everywhere", operation_id="logout_everywhere", status_code=status.HTTP_204_NO_CONTENT)
async def logout_everywhere(
    services: CurrentServices,
    client: CurrentClient,
    person: CurrentPerson,
    response: Response,
    body: LogoutEverywhere | None = None,
) -> None:
    """End all sessions of the account, this one included unless it is to be kept."""
    keep_this = body is not None and body.keep_this
    await own_sessions.sign_out_everywhere(services, person, keep_this=keep_this)
    if not keep_this:
        client.drop(response)


@router.get("/v1/auth/sessions", operation_id="list_sessions")
async def list_sessions(services: CurrentServices, person: CurrentPerson) -> SessionList:
    """Where the account is signed in. At most 50."""
    return await own_sessions.list_sessions(services, person)


@router.delete("/v1/auth/sessions/{session_id}", operation_id="end_session", status_code=status.HTTP_204_NO_CONTENT)
async def end_session(
    services: CurrentServices, person: CurrentPerson, session_id: Annotated[str, Path(max_length=100)]
) -> None:
    """End one session of the account."""
    await own_sessions.end_session(services, person, parse_id("session", session_id))


@router.post("/v1/auth/workspace", operation_id="switch_workspace")
async def switch_workspace(services: CurrentServices, person: CurrentPerson, body: SwitchWorkspace) -> AccessGrant:
    """Act in another workspace of the account: a new access token; the session goes on there."""
    workspace, role = await own_sessions.switch_workspace(services, person, body.workspace_id)
    return switched(services, person, workspace, role)
