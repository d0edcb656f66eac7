"""Routes of signing in and staying signed in."""

from uuid import UUID

from fastapi import Response, status

from api.access.caller import CallerKind, CurrentCaller
from api.errors import RequestError
from api.identity import sign_in, tickets
from api.identity.answers import second_factor_required, signed_in
from api.identity.client import CurrentClient
from api.identity.models import (
    CreateTicket,
    Login,
    Refresh,
    SecondFactor,
    SecondFactorRequired,
    SignedIn,
    Ticket,
    UseTicket,
)
from api.requests import router as feature_router
from api.services import CurrentServices
from schemas.errors import ErrorCode

router = feature_router("sign-in")


@router.post("/v1/auth/login", operation_id="login")
async def login(
    services: CurrentServices, client: CurrentClient, body: Login, response: Response
) -> SignedIn | SecondFactorRequired:
    """Sign in with e-mail address and password. Who has a second factor is asked for it next."""
    found = await sign_in.sign_in(services, client, body)
    if isinstance(found, UUID):
        return second_factor_required(services, found)
    return signed_in(services, client, response, found)


@router.post("/v1/auth/login/second-factor", operation_id="confirm_login")
async def confirm_login(
    services: CurrentServices, client: CurrentClient, body: SecondFactor, response: Response
) -> SignedIn:
    """The second step of a sign-in: a code of the authenticator, or a recovery code."""
    return signed_in(services, client, response, await sign_in.confirm(services, client, body))


@router.post("/v1/auth/ticket", operation_id="use_ticket")
async def use_ticket(services: CurrentServices, client: CurrentClient, body: UseTicket, response: Response) -> SignedIn:
    """Sign in by the link that `perdure up` or `perdure login-link` prints; it works once."""
    return signed_in(services, client, response, await tickets.use_login_ticket(services, client, body.ticket))


@router.post("/v1/auth/tickets", operation_id="create_ticket", status_code=status.HTTP_201_CREATED)
async def create_ticket(services: CurrentServices, caller: CurrentCaller, body: CreateTicket) -> Ticket:
    """Make a link that signs the owner in, or a ticket for the set-up. Only with the operator's token."""
    if caller.kind is not CallerKind.OPERATOR:
        raise RequestError(ErrorCode.FORBIDDEN, "Only the operator's token (PERDURE_API_TOKEN) can make tickets.")
    return await tickets.make_ticket(services, caller.actor, body)


@router.post("/v1/auth/refresh", operation_id="refresh_session")
async def refresh_session(
    services: CurrentServices, client: CurrentClient, response: Response, body: Refresh | None = None
) -> SignedIn:
    """A new access token, and the next refresh token. An old one that is used again ends the session."""
    asked = body or Refresh()
    text = client.refresh_token(asked.refresh_token)
    return signed_in(services, client, response, await sign_in.refresh(services, client, text, asked.workspace_id))
